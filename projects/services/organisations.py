"""Organisations: the official municipal register, and the ministries and agencies of the project's own data file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act, current_entry
from projects.enums import FiscalCalendar, OrganisationKind
from projects.models import Organisation, Region, User
from projects.models.organisations import sort_key

BODIES = Path(__file__).resolve().parent.parent / "data" / "bodies.csv"
MUNICIPALITIES = BODIES.with_name("municipalities.csv")
COLUMNS = ("mcode", "munnom", "regadm", "mrc", "mpopul")
LONGEST = {"munnom": 200, "mrc": 80}
_LABEL_AND_CODE = re.compile(r"(?P<label>.*?)\s*\((?P<code>\d+)\)")
_KEPT = ("name", "sort_key", "region_id", "mrc", "population")


@dataclass
class Tally:
    """What an import did, in rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0


def read_register(content: bytes, name: str) -> list[Organisation]:
    """The municipalities of the official register (UTF-8, comma, one row each), unsaved.

    Raises Invalid whose message is one line a problem, « file:row:column: what, and what was expected », all of them at once.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].split(b"\n")
        raise Invalid(
            _("%(file)s:%(row)d:%(column)d: encodage illisible; UTF-8 attendu")
            % {"file": name, "row": len(before), "column": len(before[-1]) + 1}
        ) from error
    if not text.strip():
        raise Invalid(_("%(file)s:1:1: fichier vide; répertoire des municipalités en CSV attendu") % {"file": name})
    if "\x00" in text:
        raise Invalid(_("%(file)s:1:1: ce fichier n’est pas du texte; CSV en UTF-8 attendu") % {"file": name})
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise Invalid("\n".join(_("%(file)s:1:%(column)s: colonne absente; attendue") % {"file": name, "column": c} for c in missing))
    try:
        return _read_rows(reader, name, set(Region.objects.values_list("code", flat=True)))
    except csv.Error as error:  # a quotation mark that is never closed swallows the rest of the file
        raise Invalid(_("%(file)s:%(row)d:1: ligne illisible; CSV attendu") % {"file": name, "row": reader.line_num + 1}) from error


def _read_rows(reader: csv.DictReader[str], name: str, regions: set[str]) -> list[Organisation]:
    problems: list[str] = []
    found: dict[str, Organisation] = {}
    for number, row in enumerate(reader, start=2):
        for column, what in _row_problems(row, regions, found):
            problems.append(f"{name}:{number}:{column}: {what}")
        found[(row["mcode"] or "").strip()] = _municipality(row)
    if not found:
        problems.append(_("%(file)s:2:mcode: aucune municipalité; au moins une ligne attendue") % {"file": name})
    if problems:
        raise Invalid("\n".join(problems))
    return list(found.values())


def _row_problems(row: dict[str, str], regions: set[str], seen: Iterable[str]) -> Iterable[tuple[str, str]]:
    if any(row[column] is None for column in COLUMNS):
        yield "mcode", _("ligne incomplète; toutes les colonnes attendues")
        return
    if None in row:  # what the reader of the standard library does with too many cells
        yield "mcode", _("cellules en trop; autant de cellules que de colonnes attendues")
        return
    code = row["mcode"].strip()
    if not re.fullmatch(r"[0-9]{5}", code):
        yield "mcode", _("« %(value)s »; code géographique de 5 chiffres attendu") % {"value": code}
    elif code in seen:
        yield "mcode", _("« %(value)s » en double; un code par municipalité attendu") % {"value": code}
    if not row["munnom"].strip():
        yield "munnom", _("vide; nom de la municipalité attendu")
    for column, limit in LONGEST.items():
        if len(row[column]) > limit:
            yield column, _("%(length)d caractères; au plus %(limit)d attendus") % {"length": len(row[column]), "limit": limit}
    region = _LABEL_AND_CODE.fullmatch(row["regadm"].strip())
    if region is None or region["code"] not in regions:
        yield "regadm", _("« %(value)s »; région et son code attendus, par exemple « Estrie (05) »") % {"value": row["regadm"]}
    if not re.fullmatch(r"[0-9]{1,8}", row["mpopul"].strip()):
        yield "mpopul", _("« %(value)s »; nombre entier attendu") % {"value": row["mpopul"]}


def _municipality(row: dict[str, str]) -> Organisation:
    name = " ".join((row["munnom"] or "").split()).replace("'", "’")
    region = _LABEL_AND_CODE.fullmatch((row["regadm"] or "").strip())
    mrc = _LABEL_AND_CODE.fullmatch((row["mrc"] or "").strip())
    population = (row["mpopul"] or "").strip()
    return Organisation(
        code=(row["mcode"] or "").strip(),
        kind=OrganisationKind.MUNICIPALITY,
        name=name,
        sort_key=sort_key(name),
        region_id=region["code"] if region else None,
        mrc=mrc["label"] if mrc else (row["mrc"] or "").strip(),
        population=int(population) if population.isdigit() else None,
        fiscal_calendar=FiscalCalendar.CALENDAR,
    )


@act
def import_municipalities(*, rows: list[Organisation], actor: User | None, now: datetime, key: str | None = None) -> Tally:
    """Create or update municipalities by their code; nothing is deleted. The journal keeps the counts."""
    tally = _upsert(rows)
    current_entry().facts.update(created=tally.created, updated=tally.updated, unchanged=tally.unchanged)
    return tally


@act
def import_bodies(*, actor: User | None, now: datetime, key: str | None = None) -> Tally:
    """Create or update the ministries, agencies, partners and units of the project's data file of facts."""
    with BODIES.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    rows = [
        Organisation(
            code=line["code"],
            kind=line["kind"],
            name=line["name"],
            sort_key=sort_key(line["name"]),
            region_id=line["region"] or None,
            mrc="",
            population=None,
            fiscal_calendar=FiscalCalendar.STATE,
        )
        for line in lines
    ]
    tally = _upsert(rows)
    by_code = dict(Organisation.objects.filter(code__in=[line["code"] for line in lines]).values_list("code", "pk"))
    for line in lines:
        if line["parent"]:
            Organisation.objects.filter(code=line["code"]).update(parent=by_code[line["parent"]])
    current_entry().facts.update(created=tally.created, updated=tally.updated, unchanged=tally.unchanged)
    return tally


def _upsert(rows: list[Organisation]) -> Tally:
    known = {row.code: row for row in Organisation.objects.filter(code__in=[row.code for row in rows])}
    created = [row for row in rows if row.code not in known]
    changed = []
    for row in rows:
        before = known.get(row.code)
        if before is not None and any(getattr(before, name) != getattr(row, name) for name in _KEPT):
            for name in _KEPT:
                setattr(before, name, getattr(row, name))
            changed.append(before)
    Organisation.objects.bulk_create(created)
    Organisation.objects.bulk_update(changed, _KEPT, batch_size=500)
    return Tally(len(created), len(changed), len(rows) - len(created) - len(changed))
