"""The register of gains as snapshots keep it: one sheet for each project, written again only when its rows change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from projects.models import Project
from reporting.models import GainPart, GainSheet
from reporting.services.compute import Content


@dataclass
class Sheets:
    """The register at two dates: `kept` are the sheets that are there, by reference; `new` those to write, with what writes them."""

    content: Content
    kept: dict[str, GainSheet]
    new: dict[str, tuple[GainSheet, int]]
    register: Any

    def in_order(self) -> list[tuple[str, GainSheet]]:
        found = {reference: sheet for reference, (sheet, _place) in self.new.items()} | self.kept
        return sorted(found.items())


def sheets_of(content: Content, frames: Any, *, effective: date, known: datetime, others: Iterable[tuple[str, GainSheet]] = ()) -> Sheets:
    """The register of the projects of `frames`, beside the sheets of `others`, which are as they were. Writes nothing."""
    from reporting.analysis.register import Register

    register = Register(frames, effective, known)
    references = [register.references[project] for project in register.projects.tolist()]
    ids = dict(Project.objects.filter(reference__in=references).order_by("pk").values_list("reference", "pk"))
    held = {(sheet.project_id, sheet.fingerprint): sheet for sheet in GainSheet.objects.filter(project__in=ids.values()).order_by("pk")}
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
    for reference, sheet in found.in_order():
        content.add_key(reference, rows=sheet.rows, sha256=sheet.sha256, cents={"amount": sheet.cents})
    return found


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
