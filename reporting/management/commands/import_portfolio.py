"""`manage.py import_portfolio PATH [--dry-run]`: a portfolio package, all of it or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.commands import PortalCommand
from reporting.importing.reading import read_package
from reporting.services.imports import bring_portfolio, rehearse_portfolio


class Command(PortalCommand):
    help = "Importe un portefeuille (dossier de CSV, ZIP de CSV ou classeur XLSX), en entier ou pas du tout. Le relancer ne change rien."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="dossier, ZIP ou XLSX")
        parser.add_argument("--dry-run", action="store_true", help="vérifie tout et dit ce qui serait écrit, sans rien écrire")
        parser.add_argument("--json", action="store_true", help="résultat en JSON")

    def run(self, **options: Any) -> int:
        package, now, dry_run = read_package(options["path"]), timezone.now(), options["dry_run"]
        plan = rehearse_portfolio(package=package, now=now) if dry_run else bring_portfolio(package=package, actor=None, now=now)
        files = [
            {name: getattr(tally, name) for name in ("file", "rows", "created", "updated", "unchanged", "sha256")} for tally in plan.tallies
        ]
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": dry_run, "files": files}, ensure_ascii=False))
            return 0
        for file in files:
            said = _("%(file)s – rangées : %(rows)d · nouvelles : %(created)d · modifiées : %(updated)d · déjà là : %(unchanged)d")
            self.stdout.write(said % file)
        self.stdout.write(
            _("Essai : rien n’a été écrit.") if dry_run else _("Importation terminée.") if plan.changes else _("Rien de nouveau.")
        )
        return 0
