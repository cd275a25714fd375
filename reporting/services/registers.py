"""The register of gains as snapshots keep it: one sheet for each project, written again only when its rows change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from projects.models import Project
from reporting.models import GainPart, GainSheet
from reporting.queries.increments import MOST
from reporting.services.compute import Content


class KeptSheet(NamedTuple):
    """What is read of a sheet that is there."""

    pk: int
    rows: int
    sha256: str
    cents: int


@dataclass
class Sheets:
    """The register at two dates: `kept` are the sheets that are there, by reference; `new` those to write, with what writes them."""

    content: Content
    kept: dict[str, KeptSheet]
    new: dict[str, tuple[GainSheet, int]]
    register: Any

    def in_order(self) -> list[tuple[str, KeptSheet | GainSheet]]:
        found: dict[str, KeptSheet | GainSheet] = {reference: sheet for reference, (sheet, _place) in self.new.items()} | self.kept
        return sorted(found.items())


def sheets_of(content: Content, frames: Any, *, effective: date, known: datetime, others: Iterable[tuple[str, KeptSheet]] = ()) -> Sheets:
    """The register of the projects of `frames`, beside the sheets of `others`, which are as they were. Writes nothing."""
    from reporting.analysis.register import Register

    register = Register(frames, effective, known)
    references = [register.references[project] for project in register.projects.tolist()]
    ids, held = _held(references)
    found = Sheets(content, dict(others), {}, register)
    for place, (reference, fingerprint) in enumerate(zip(references, register.fingerprints(), strict=True)):
        if sheet := held.get((ids[reference], fingerprint)):
            found.kept[reference] = sheet
        else:
            text = register.lines(place).encode()
            made = GainSheet(
                project_id=ids[reference], fingerprint=fingerprint, sha256=hashlib.sha256(text).hexdigest(),
                rows=int(register.count[place]), cents=register.cents(place),
            )  # fmt: skip
            found.new[reference] = (made, place)
    for reference, one in found.in_order():
        content.add_key(reference, rows=one.rows, sha256=one.sha256, cents={"amount": one.cents})
    return found


def _held(references: Sequence[str]) -> tuple[dict[str, int], dict[tuple[int, str], KeptSheet]]:
    """The key of each project by its reference, and their sheets by project and fingerprint; of all of them when they are many."""
    projects, sheets = Project.objects.all(), GainSheet.objects.all()
    if len(references) <= MOST:
        projects, sheets = projects.filter(reference__in=references), sheets.filter(project__reference__in=references)
    rows = sheets.order_by("pk").values_list("project_id", "fingerprint", *KeptSheet._fields)
    found = {(project, fingerprint): KeptSheet(*sheet) for project, fingerprint, *sheet in rows}
    return dict(projects.order_by("pk").values_list("reference", "pk")), found


def write_sheets(sheets: Sheets) -> None:
    """Write those that are new, whole. A step: it runs with the snapshots that show them."""
    if not sheets.new:
        return
    made, places = zip(*sheets.new.values(), strict=True)
    GainSheet.objects.bulk_create(made)
    table = connection.ops.quote_name(GainPart._meta.db_table)
    from reporting.analysis.register import PART

    columns = ", ".join(("sheet_id", *(name for name, _width in PART)))
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        for block in sheets.register.binary(places, [sheet.pk for sheet in made]):
            copy.write(block)


def forget_sheets() -> None:
    """Remove the sheets that no snapshot shows any more, with their rows."""
    gone = list(GainSheet.objects.filter(shown__isnull=True).order_by("pk").values_list("pk", flat=True))
    if gone:
        GainPart.objects.filter(sheet__in=gone).delete()
        GainSheet.objects.filter(pk__in=gone).delete()
