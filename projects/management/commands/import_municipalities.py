"""`manage.py import_municipalities FILE`: the official municipal register, keyed on the 5-digit code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.commands import PortalCommand
from projects.queries.organisations import shown_value
from projects.services.organisations import Tally, import_municipalities, read_register


class Command(PortalCommand):
    help = "Importe le répertoire officiel des municipalités (CSV en UTF-8) et dit ce qui a changé. Le relancer ne change rien."

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
            absent = [{"code": code, "name": name} for code, name in tally.absent]
            changes = [asdict(novelty) for novelty in tally.novelties]
            self.stdout.write(json.dumps({**counts, "changes": changes, "absent": absent}, ensure_ascii=False))
            return 0
        self.stdout.write(
            _("Créées : %(created)d · Modifiées : %(updated)d · Inchangées : %(unchanged)d · Rejetées : %(rejected)d") % counts
        )
        for line in _report(tally):
            self.stdout.write(line)
        return 0


def _report(tally: Tally) -> Iterator[str]:
    """One line for each change, then one for each municipality that the file does not have."""
    labels = {"name": _("nom"), "region": _("région"), "mrc": _("MRC"), "population": _("population")}
    for novelty in tally.novelties:
        said = {
            "code": novelty.code,
            "name": novelty.name,
            "what": labels.get(novelty.what, novelty.what),
            "before": shown_value(novelty.what, novelty.before),
            "after": shown_value(novelty.what, novelty.after),
        }
        if novelty.what == "created":
            yield _("%(code)s %(name)s : nouvelle") % said
        else:
            yield _("%(code)s %(name)s : %(what)s, « %(before)s » → « %(after)s »") % said
    for code, name in tally.absent:
        yield _("%(code)s %(name)s : absente du fichier, laissée telle quelle") % {"code": code, "name": name}
