"""`manage.py import_municipalities FILE`: the official municipal register, keyed on the 5-digit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.commands import PortalCommand
from projects.services.organisations import import_municipalities, read_register


class Command(PortalCommand):
    help = "Importe le répertoire officiel des municipalités (CSV en UTF-8). Le relancer ne change rien."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="résultat en JSON")

    def run(self, **options: Any) -> int:
        path: Path = options["file"]
        rows = read_register(path.read_bytes(), str(path))
        tally = import_municipalities(rows=rows, actor=None, now=timezone.now())
        counts = {
            "created": tally.created,
            "updated": tally.updated,
            "unchanged": tally.unchanged,
            "rejected": tally.rejected,
        }
        if options["json"]:
            self.stdout.write(json.dumps(counts))
        else:
            self.stdout.write(
                _("Créées : %(created)d · Modifiées : %(updated)d · Inchangées : %(unchanged)d · Rejetées : %(rejected)d") % counts
            )
        return 0
