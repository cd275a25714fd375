"""`manage.py check_invariants`: each invariant, one line: its code, OK or what breaks it."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from fondsinnovation.commands import PortalCommand
from reporting.queries.invariants import check
from reporting.services.snapshots import one_moment


class Command(PortalCommand):
    help = "Vérifie chaque invariant dans la base de données. Code de sortie 1 si l’un d’eux est rompu."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="résultat en JSON")

    def run(self, **options: Any) -> int:
        with one_moment():
            findings = list(check())
        if options["json"]:
            self.stdout.write(json.dumps({found.invariant.code: found.broken for found in findings}, ensure_ascii=False))
        else:
            for found in findings:
                state = "; ".join(found.broken) or "OK"
                self.stdout.write(f"{found.invariant.code} {state} – {found.invariant.title}")
        return 1 if any(found.broken for found in findings) else 0
