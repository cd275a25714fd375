"""Reads of the register of organisations: its list and search, the history of one, and those that look like another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, CharField, OuterRef, Q, QuerySet, Value, When
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from fondsinnovation.templatetags.typography import number
from projects.enums import ChangeKind, FiscalCalendar, OrganisationKind
from projects.models import Organisation, OrganisationChange, Region
from projects.models.organisations import OrganisationQuerySet, sort_key


@cache
def region_names() -> dict[str, str]:
    """The regions by their code. They are facts of the first migration: read once for the life of a process."""
    return dict(Region.objects.order_by("code").values_list("code", "name"))


def register() -> OrganisationQuerySet:
    """Every organisation, ended ones included: public facts, by name. `former_names` are those that it had, the last one first."""
    renamed = OrganisationChange.objects.filter(organisation=OuterRef("pk"), kind=ChangeKind.RENAMED).order_by("-version")
    nothing = Value([], output_field=ArrayField(CharField()))
    former = Case(When(former_keys="", then=nothing), default=ArraySubquery(renamed.values("name_before")))
    return Organisation.objects.defer("search_text", "former_keys").annotate(former_names=former).order_by("sort_key", "pk")


def found_by(rows: OrganisationQuerySet, words: str) -> OrganisationQuerySet:
    """Those whose name, former names, code or NEQ hold each of these words, whatever their case, accents, dashes and apostrophes."""
    for word in sort_key(words).split():
        rows = rows.filter(search_text__contains=word)
    return rows


def lookalikes_of(name: str, day: date, *, besides: int | None = None) -> QuerySet[Organisation]:
    """The organisations not ended on a day that have, or had, a name of the same normalised key."""
    key = sort_key(name)
    alike = Organisation.objects.filter(Q(sort_key=key) | Q(search_text__contains=f"\n{key}\n"))
    if besides is not None:
        alike = alike.exclude(pk=besides)
    return alike.exclude(valid_to__lt=day).order_by("sort_key", "pk")


def named(text: str, day: date) -> QuerySet[Organisation]:
    """The organisations not ended on a day that have this code, or else this name."""
    living = Organisation.objects.exclude(valid_to__lt=day)
    by_code = living.filter(code__iexact=text.strip())
    return by_code if by_code.exists() else living.filter(sort_key=sort_key(text)).order_by("code")


def chain_from(organisation: Organisation) -> list[Organisation]:
    """Who succeeded the organisation, then who succeeded that one, to the last. A ring, which no act makes, ends where it closes."""
    found: list[Organisation] = []
    after = organisation.successor
    while after is not None and after not in found:
        found.append(after)
        after = after.successor
    return found


def predecessors_of(organisation: Organisation) -> QuerySet[Organisation]:
    """Those that this one succeeded, the last one first."""
    return Organisation.objects.filter(successor=organisation).order_by("-valid_to", "sort_key", "pk")


@dataclass(frozen=True, slots=True)
class Difference:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PastChange:
    """A change as its reader sees it; `by` is empty for who may not know the members of the Secretariat."""

    change: OrganisationChange
    by: str
    differences: list[Difference]


def history_of(organisation: Organisation, *, since: int = 0, is_signed: bool = True) -> list[PastChange]:
    """What happened to an organisation after the version `since`, the latest first; with who recorded it when `is_signed`."""
    changes = OrganisationChange.objects.filter(organisation=organisation, version__gt=since).select_related("recorded_by", "successor")
    return [
        PastChange(change, change.recorded_by.name if change.recorded_by and is_signed else "", _differences(change))
        for change in changes.order_by("-version")
    ]


def _differences(change: OrganisationChange) -> list[Difference]:
    fields = {field.name: field for field in Organisation._meta.concrete_fields}
    return [
        Difference(capfirst(str(fields[name].verbose_name)), shown_value(name, before), shown_value(name, after))
        for name, before, after in change.differences
    ]


def shown_value(name: str, value: str) -> str:
    """The value of a field of the history, as a reader understands it."""
    if value == "":
        return _("rien")
    if name == "region":
        return region_names().get(value, value)
    if name == "population":
        return number(int(value))
    labels = {"kind": dict(OrganisationKind.choices), "fiscal_calendar": dict(FiscalCalendar.choices)}.get(name, {})
    return str(labels.get(value, value))
