"""The nouns of a package, in the order in which they are written: the columns of each, and how a cell of it is read."""

from __future__ import annotations

from dataclasses import dataclass

from projects.enums import EnvelopeCode, FiscalCalendar, Modality, Nature, OrganisationKind, ProjectState, Recurrence, Stage
from reporting.importing import cells

#: fiscal years in which a payment may be entered: those of the Fund, and the settling of its accounts
YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    read: cells.Read
    is_required: bool = True


def _may_be_empty(name: str, read: cells.Read) -> Column:
    return Column(name, read, is_required=False)


_KNOWN = _may_be_empty("recorded_at", cells.known_at)
_REFERENCE = Column("reference", cells.name(60))
_PROJECT = Column("project", cells.name(40))
_LINE = Column("line", cells.identifier(40))
_ORGANISATION = Column("organisation", cells.code(40))
_REGION = _may_be_empty("region", cells.code(2))
_EFFECTIVE = Column("effective_on", cells.day)
_YEAR = Column("fiscal_year", cells.fiscal_year(YEARS))
_KINDS = (OrganisationKind.MINISTRY, OrganisationKind.AGENCY, OrganisationKind.MUNICIPALITY)


def _one_of(name: str, values: object) -> Column:
    return Column(name, cells.choice(*(str(value) for value in values)))  # type: ignore[attr-defined]


NOUNS: dict[str, tuple[Column, ...]] = {
    "organisations": (
        Column("code", cells.code(40)),
        Column("name", cells.text(200)),
        _one_of("kind", _KINDS),
        _one_of("fiscal_calendar", FiscalCalendar.values),
        _REGION,
    ),
    "allotments": (_one_of("envelope", EnvelopeCode.values), _YEAR, Column("amount", cells.not_negative), _EFFECTIVE, _KNOWN),
    "calls": (
        Column("reference", cells.identifier(40)),
        Column("title", cells.text(160)),
        _one_of("envelope", EnvelopeCode.values),
        Column("opens_at", cells.opening),
        Column("closes_at", cells.closing),
    ),
    "projects": (
        Column("reference", cells.identifier(40)),
        Column("call", cells.name(40)),
        _ORGANISATION,
        Column("title", cells.text(200)),
        _one_of("modality", Modality.values),
        _REGION,
        Column("decided_on", cells.day),
        _may_be_empty("signed_on", cells.day),
        _may_be_empty("starts_on", cells.day),
        _may_be_empty("ends_on", cells.day),
        _one_of("status", ProjectState.values),
    ),
    "commitments": (_PROJECT, _YEAR, Column("amount", cells.not_zero), _EFFECTIVE, _KNOWN, _REFERENCE),
    "payments": (
        _PROJECT,
        _one_of("kind", ("payment", "recovery")),
        Column("amount", cells.positive),
        _YEAR,
        _EFFECTIVE,
        _KNOWN,
        _REFERENCE,
    ),
    "cofunding": (_PROJECT, Column("amount", cells.positive), Column("in_kind", cells.yes_no), _EFFECTIVE, _KNOWN, _REFERENCE),
    "gain_lines": (
        _PROJECT,
        _LINE,
        _one_of("nature", Nature.values),
        _one_of("recurrence", Recurrence.values),
        _ORGANISATION,
        Column("title", cells.text(200)),
    ),
    "gains": (
        _PROJECT,
        _LINE,
        _one_of("stage", Stage.values),
        Column("period_start", cells.day),
        Column("period_end", cells.day),
        Column("amount", cells.money),
        _KNOWN,
        _may_be_empty("evidence", cells.text(200)),
    ),
    "secretariat_costs": (Column("amount", cells.not_zero), _EFFECTIVE, _KNOWN, _REFERENCE),
}
