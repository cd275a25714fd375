"""manage.py quality: every static check; all findings, then exit 1 when there is one."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Exécute toutes les vérifications statiques et affiche tout ce qu’elles trouvent."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", help="seulement ces vérifications, par exemple mypy")

    def handle(self, *args: Any, **options: Any) -> None:
        from fondsinnovation.quality.checks import CHECKS

        if unknown := set(options["names"]) - set(CHECKS):
            self.stderr.write(f"Vérifications inconnues : {', '.join(sorted(unknown))}. Connues : {', '.join(CHECKS)}.")
            sys.exit(2)
        total = 0
        for name in options["names"] or CHECKS:
            findings = CHECKS[name]()
            total += len(findings)
            self.stdout.write(f"{name} : {'rien à signaler' if not findings else ''}")
            for finding in findings:
                self.stdout.write(f"  {finding}")
        if total:
            sys.exit(1)
