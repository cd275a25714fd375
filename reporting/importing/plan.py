"""What an import would do: the rows to write, checked, and how many of each file are already there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.templatetags.typography import iso_datetime
from funding.models import Allotment
from funding.services.envelopes import Posting
from projects.models import Call, GainLine, Organisation, Project
from reporting.importing.known import Known
from reporting.importing.tables import Problems, Table


@dataclass(slots=True)
class Tally:
    """Rows of one file: read, to be written, to be brought up to date; the others are already there."""

    file: str
    noun: str
    sha256: str
    rows: int
    created: int = 0
    updated: int = 0
    #: of those to be written, the ones that take the place of an amount known before under the same identity: both stay
    superseding: int = 0

    @property
    def unchanged(self) -> int:
        return self.rows - self.created - self.updated


@dataclass(frozen=True, slots=True)
class Movement:
    """A ledger row to come: what it posts (its agreement apart), whose project it is of, when it was known, and its row in its file."""

    posting: Posting
    project: str
    recorded_at: datetime
    table: Table
    index: int


@dataclass(slots=True)
class Plan:
    """Rows still unsaved, in the order of their files. Of the largest files, the places of the rows to write."""

    known: Known
    tallies: list[Tally] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    changed_projects: list[Project] = field(default_factory=list)
    lines: list[tuple[str, GainLine]] = field(default_factory=list)
    allotments: list[Allotment] = field(default_factory=list)
    authorisations: list[tuple[Posting, datetime]] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    fresh: dict[str, list[int]] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        return sum(tally.created + tally.updated for tally in self.tallies)


def tally(plan: Plan, table: Table, created: Sequence[object], updated: Sequence[object] = (), superseding: int = 0) -> None:
    plan.tallies.append(Tally(table.file, table.noun, table.sha256, len(table), len(created), len(updated), superseding))


def recorded(known: Known, table: Table, index: int) -> datetime:
    """When a row was known: what it says, or the moment of the import."""
    said: datetime | None = table.columns["recorded_at"][index]
    return known.now if said is None else said


def check_knowledge(known: Known, table: Table, fresh: Sequence[int], problems: Problems) -> None:
    """Refuse new rows that would have been known by the date of a report that is kept as it is."""
    if known.kept is None:
        return
    said = {
        "report": known.kept.report,
        "effective": known.kept.effective.isoformat(),
        "known": iso_datetime(known.kept.known),
    }
    for index in fresh:
        when = table.columns["recorded_at"][index]
        if when is not None and when <= known.kept.known:
            what = _(
                "le rapport « %(report)s » au %(effective)s, connu au %(known)s, est conservé; date de connaissance plus tard attendue"
            )
            problems.add(table.file, table.numbers[index], "recorded_at", what % said)


def unknown(value: str) -> str:
    """What to say of a code that names nothing."""
    return _("« %(value)s » est inconnu; code de la base ou du paquet attendu") % {"value": value}


def repeated(value: str, first: int) -> str:
    return _("« %(value)s » est déjà à la rangée %(row)d; identité unique attendue") % {"value": value, "row": first}


def different(value: object, held: object) -> str:
    return _("« %(value)s »; « %(held)s », déjà inscrit, attendu") % {"value": _written(value), "held": _written(held)}


def _written(value: object) -> str:
    """A value as a package writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
