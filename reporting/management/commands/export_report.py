"""`manage.py export_report CODE`: the report as of a pair of dates, in a file."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.commands import PortalCommand
from fondsinnovation.kit.errors import Invalid
from reporting.analysis.gains import NET
from reporting.catalogue import REPORTS
from reporting.columns import Report
from reporting.exports import FORMATS, Source, write_file
from reporting.forms.reports import ReportForm
from reporting.management.dates import effective_day, knowledge_date
from reporting.rules import TOTAL
from reporting.services.compute import rows_of
from reporting.services.snapshots import fix_knowledge, one_moment

#: values of rows that a report adds to those of the database
COMPUTED = (NET, TOTAL)


class Command(PortalCommand):
    help = "Écrit un rapport dans un fichier, à une date d’effet et une date de connaissance. Les mêmes dates donnent les mêmes octets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", choices=sorted(REPORTS), help="code du rapport")
        parser.add_argument("--effective", type=effective_day, help="date d’effet, un jour ISO (par défaut : aujourd’hui)")
        parser.add_argument(
            "--known", type=knowledge_date, help="date de connaissance, un jour ou un instant ISO (par défaut : maintenant)"
        )
        parser.add_argument("--format", required=True, choices=("csv", "xlsx", "json"), help="format du fichier")
        parser.add_argument("--output", type=Path, required=True, help="fichier à écrire")
        parser.add_argument("--filter", action="append", default=[], metavar="k=v", help="filtre; peut être répété")
        parser.add_argument("--locale", choices=("fr-CA",), help="fr-CA : la forme de bureau du CSV")
        parser.add_argument("--json", action="store_true", help="résultat en JSON")

    def run(self, *, code: str, output: Path, effective: date | None = None, known: datetime | None = None, **options: Any) -> int:
        now, report = timezone.now(), REPORTS[code]
        filters = _filters(report, options["filter"])
        effective, known = effective or timezone.localdate(now), known or now
        form = FORMATS["csv-fr" if options["format"] == "csv" and options["locale"] else options["format"]]
        fix_knowledge(known, now=now)
        if output.is_dir() or not output.parent.is_dir():
            raise Invalid(_("--output %(path)s : un fichier dans un dossier qui existe est attendu") % {"path": output})
        part = output.with_name(f".{output.name}.part")
        try:
            with part.open("w+b") as file, one_moment():
                rows = rows_of(report, effective=effective, known=known, filters=filters)
                made = write_file(Source(report, rows, effective, known, filters), form, file)
            part.replace(output)
        finally:
            part.unlink(missing_ok=True)
        facts = {"output": str(output), "rows": made.rows, "size": made.size, "sha256": made.sha256, "known": known.isoformat()}
        if options["json"]:
            self.stdout.write(json.dumps(facts))
        else:
            self.stdout.write(_("%(output)s : %(rows)d lignes, SHA-256 %(sha256)s") % facts)
        return 0


def _filters(report: Report, pairs: list[str]) -> dict[str, str]:
    """The filters as a dict. Raises Invalid, naming what was not understood and what the report takes."""
    found = dict(pair.partition("=")[::2] for pair in pairs)
    bad = [pair for pair in pairs if pair.partition("=")[0] not in report.filters or not pair.partition("=")[2]]
    expected = ", ".join(report.filters)
    sentence = _("--filter %(pair)s : un filtre k=v est attendu, parmi %(expected)s")
    problems = [sentence % {"pair": pair, "expected": expected} for pair in bad]
    asked = {name: value for name, value in found.items() if value not in COMPUTED}
    for name, messages in ReportForm(asked, report=report).errors.items():
        problems += [f"--filter {name}={found[name]} : {message}" for message in messages]
    if problems:
        raise Invalid("\n".join(problems))
    return found
