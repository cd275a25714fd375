"""What the database already holds of the things that a package names, and what the package adds to it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Coalesce

from funding.models import Envelope
from funding.queries.calls import fund_years
from projects.models import Call, GainLine, Organisation, Project, Region, User
from reporting.enums import SnapshotKind
from reporting.importing.reading import Package
from reporting.importing.tables import Name
from reporting.models import Snapshot
from reporting.queries.snapshots import hidden_projects

LineKey = tuple[str, str]


@dataclass(slots=True)
class Known:
    """By the code that a package writes. Rows of the package join those of the database, unsaved, as they are checked."""

    regions: set[str]
    years: list[int]
    envelopes: dict[str, Envelope]
    organisations: dict[str, Organisation]
    calls: dict[str, Call]
    projects: dict[str, Project]
    lines: dict[LineKey, GainLine]
    #: the latest report that is kept as it is: nothing may be said to have been known by then
    kept: Snapshot | None
    #: the instant of the import, which an empty `recorded_at` means
    now: datetime
    #: projects of the package that the database had before
    held: set[str] = field(default_factory=set)
    #: projects that a recusal hides from the person who imports: to them, there are none
    hidden: set[str] = field(default_factory=set)
    #: rows of the package that are refused: what refers to them is not refused for that
    refused: set[Name] = field(default_factory=set)

    def has(self, noun: str, code: str) -> bool:
        """Whether something is in the database or in the package."""
        return code in self._held(noun)

    def is_unknown(self, noun: str, code: str) -> bool:
        """Whether a code names nothing, not even a row that is refused."""
        return not self.has(noun, code) and (noun, code) not in self.refused

    def _held(self, noun: str) -> Container[str]:
        held: dict[str, Container[str]] = {
            "regions": self.regions, "organisations": self.organisations, "calls": self.calls, "projects": self.projects,
        }  # fmt: skip
        return held[noun]


def known_of(package: Package, now: datetime, person: User | None = None) -> Known:
    """Read, in a few queries, what the rows of a package can refer to. `person`: who imports, for what a recusal hides from them."""
    projects = _named(package, "project", ("commitments", "payments", "cofunding", "gain_lines", "gains"))
    projects |= _named(package, "reference", ("projects",))
    organisations = _named(package, "organisation", ("projects", "gain_lines")) | _named(package, "code", ("organisations",))
    hidden = set(hidden_projects(person).filter(reference__in=projects).values_list("reference", flat=True)) if person else set()
    found = {row.reference: row for row in _projects(projects - hidden)}
    return Known(
        regions=set(Region.objects.values_list("code", flat=True)),
        years=fund_years(),
        envelopes={row.code: row for row in Envelope.objects.order_by("pk")},
        organisations={row.code: row for row in Organisation.objects.filter(code__in=organisations).order_by("pk")},
        calls={row.reference: row for row in Call.objects.order_by("pk")},
        projects=found,
        lines={(row.owner, row.code): row for row in _lines(found)},
        kept=Snapshot.objects.filter(kind=SnapshotKind.EDITION).order_by("known", "pk").last(),
        now=now,
        held=set(found),
        hidden=hidden,
        refused={name for table in package.values() for name in table.refused},
    )


def _named(package: Package, column: str, nouns: Iterable[str]) -> set[str]:
    return {value for noun in nouns if noun in package for value in package[noun].columns[column]}


def _projects(references: set[str]) -> Iterable[Project]:
    return Project.objects.filter(reference__in=references).select_related("call", "organisation").order_by("pk")


def _lines(projects: Iterable[str]) -> Iterable[GainLine]:
    owner = Coalesce(F("plan__project__reference"), F("plan__application__project__reference"))
    lines = GainLine.objects.annotate(owner=owner).filter(owner__in=list(projects))
    return lines.select_related("organisation").order_by("pk")
