"""Organisations: the official municipal register, and the ministries and agencies of the project's own data file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act, current_entry
from projects.enums import ChangeKind, FiscalCalendar, OrganisationKind
from projects.models import Organisation, OrganisationChange, Region, User
from projects.models.organisations import sort_key
from projects.services.organisation_changes import differences_between, record, rename, said_of

BODIES = Path(__file__).resolve().parent.parent / "data" / "bodies.csv"
MRCS = BODIES.with_name("mrcs.csv")
MUNICIPALITIES = BODIES.with_name("municipalities.csv")
COLUMNS = ("mcode", "munnom", "regadm", "mrc", "mpopul")
LONGEST = {"munnom": 200, "mrc": 80}
_LABEL_AND_CODE = re.compile(r"(?P<label>.*?)\s*\((?P<code>\d+)\)")
_KEPT = ("region_id", "mrc", "population")
_WRITTEN = (*_KEPT, "name", "sort_key", "former_keys", "version")
#: why the history says that an import changed an organisation
REGISTER_REASON = "Répertoire des municipalités du Québec"
BODIES_REASON = "Liste des ministères et organismes du portail"


@dataclass(frozen=True, slots=True)
class Novelty:
    """One thing that an import changed: `what` is created, name, region, mrc or population; its values as text."""

    code: str
    name: str
    what: str
    before: str = ""
    after: str = ""


@dataclass
class Tally:
    """What an import did, in rows, and each change of it; `absent` are those in force that the file does not have, left as they are."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    novelties: list[Novelty] = field(default_factory=list)
    absent: list[tuple[str, str]] = field(default_factory=list)


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
    """Create or update municipalities by their code; nothing is deleted, and one that has ended is left as it is.

    A new name is written in the organisation's history. The journal keeps the counts.
    """
    tally = _upsert(rows, reason=REGISTER_REASON, actor=actor, now=now)
    living = Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY).exclude(valid_to__lt=timezone.localdate(now))
    tally.absent = list(living.exclude(code__in=[row.code for row in rows]).order_by("code").values_list("code", "name"))
    _note_counts(tally)
    return tally


@act
def import_bodies(*, actor: User | None, now: datetime, key: str | None = None) -> Tally:
    """Create or update the ministries, agencies, partners, units and MRC of the project's data files of facts."""
    lines = [line for path in (BODIES, MRCS) for line in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))]
    rows = [_body(line) for line in lines]
    tally = _upsert(rows, reason=BODIES_REASON, actor=actor, now=now)
    by_code = dict(Organisation.objects.filter(code__in=[line["code"] for line in lines]).values_list("code", "pk"))
    for line in lines:
        if line["parent"]:
            Organisation.objects.filter(code=line["code"]).update(parent=by_code[line["parent"]])
    _note_counts(tally)
    return tally


def _note_counts(tally: Tally) -> None:
    current_entry().facts.update(created=tally.created, updated=tally.updated, unchanged=tally.unchanged)


def _body(line: dict[str, str]) -> Organisation:
    is_local = line["kind"] == OrganisationKind.MRC
    return Organisation(
        code=line["code"],
        kind=line["kind"],
        name=line["name"],
        sort_key=sort_key(line["name"]),
        region_id=line["region"] or None,
        mrc="",
        population=None,
        fiscal_calendar=FiscalCalendar.CALENDAR if is_local else FiscalCalendar.STATE,
    )


def _upsert(rows: list[Organisation], *, reason: str, actor: User | None, now: datetime) -> Tally:
    codes, day = [row.code for row in rows], timezone.localdate(now)
    held = Organisation.objects.filter(code__in=codes).select_related("parent").select_for_update(of=("self",), no_key=True)
    known = {row.code: row for row in held.order_by("pk")}
    created = Organisation.objects.bulk_create([row for row in rows if row.code not in known])
    changes = [OrganisationChange(organisation=row, kind=ChangeKind.CREATED, name_after=row.name, version=1) for row in created]
    novelties = [Novelty(row.code, row.name, "created") for row in created]
    changed = []
    for row in rows:
        before = known.get(row.code)
        if before is None or before.has_ended(day) or not (made := _bring_up_to_date(before, row)):
            continue
        changed.append(before)
        changes += made
        novelties += _novelties(made)
    Organisation.objects.bulk_update(changed, _WRITTEN, batch_size=500)
    record(changes, effective_on=day, reason=reason, actor=actor, now=now)
    return Tally(len(created), len(changed), len(rows) - len(created) - len(changed), novelties=novelties)


def _bring_up_to_date(organisation: Organisation, row: Organisation) -> list[OrganisationChange]:
    """Give an organisation the facts of a row of a file, unsaved: what changed of it, its name apart."""
    made = []
    if organisation.name != row.name:
        name_before = organisation.name
        rename(organisation, row.name)
        made.append(
            OrganisationChange(
                organisation=organisation,
                kind=ChangeKind.RENAMED,
                version=organisation.version,
                name_before=name_before,
                name_after=row.name,
            )
        )
    before = said_of(organisation)
    for name in _KEPT:
        setattr(organisation, name, getattr(row, name))
    if differences := differences_between(before, said_of(organisation)):
        organisation.version += 1
        made.append(
            OrganisationChange(organisation=organisation, kind=ChangeKind.CORRECTED, version=organisation.version, differences=differences)
        )
    return made


def _novelties(changes: list[OrganisationChange]) -> list[Novelty]:
    found = []
    for change in changes:
        code, name = change.organisation.code, change.organisation.name
        if change.kind == ChangeKind.RENAMED:
            found.append(Novelty(code, name, "name", change.name_before, change.name_after))
        found += [Novelty(code, name, what, before, after) for what, before, after in change.differences]
    return found
