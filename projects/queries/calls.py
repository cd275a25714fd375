"""Every read of calls. `calls_for` is the only way one reaches a page or the API."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.money import ZERO
from projects.enums import CALL_STATES_BY_CLOCK, PUBLIC_CALL_STATES, CallState
from projects.models import Call, CallBudget, JournalEntry, TermsProfile
from projects.policies.rights import STAFF_ROLES, rights_of
from projects.policies.staff import READERS
from projects.queries.activity import Event

#: what a reader looks for first: what is open, then what comes, then what is over
_ORDER = (CallState.OPEN, CallState.PUBLISHED, CallState.SUBMITTED, CallState.DRAFT, CallState.APPROVED)


def calls_for(person: Any, now: datetime) -> QuerySet[Call]:
    """The calls that this person may see: published ones for anybody, all of them for the staff, or those to which a role is limited.

    Each has `current`, its state by the clock of `now`, whatever beat has recorded, and `total`, its dollars over all years.
    """
    rights = rights_of(person, now)
    seen = Q() if rights.has(*STAFF_ROLES) else Q(state__in=PUBLIC_CALL_STATES) | Q(pk__in=rights.calls(*STAFF_ROLES))
    budgets = CallBudget.objects.filter(call=OuterRef("pk")).order_by().values("call").annotate(total=Sum("amount"))
    calls = Call.objects.filter(seen).annotate(current=_state_at(now), total=budgets.values("total"))
    return calls.select_related("terms", "created_by")


def staff_calls_for(person: Any, now: datetime) -> QuerySet[Call]:
    """Those that this person follows for the Fund: all that they may see, or the calls to which their role is limited."""
    rights = rights_of(person, now)
    return calls_for(person, now).filter(Q() if rights.has(*READERS) else Q(pk__in=rights.calls(*READERS)))


def _state_at(now: datetime) -> Case:
    by_clock = Q(state__in=CALL_STATES_BY_CLOCK)
    return Case(
        When(by_clock & Q(opens_at__gt=now), then=Value(CallState.PUBLISHED)),
        When(by_clock & Q(closes_at__lte=now), then=Value(CallState.CLOSED)),
        When(by_clock, then=Value(CallState.OPEN)),
        default=F("state"),
        output_field=CharField(),
    )


def in_reading_order(calls: QuerySet[Call]) -> QuerySet[Call]:
    """Open calls first, the one that closes soonest on top; then upcoming ones; then the others, the latest first."""
    rank = Case(*(When(current=state, then=Value(at)) for at, state in enumerate(_ORDER)), default=Value(len(_ORDER)))
    soonest = Case(When(current__in=(CallState.OPEN, CallState.PUBLISHED), then=F("closes_at")))
    return calls.annotate(rank=rank, soonest=soonest).order_by("rank", F("soonest").asc(nulls_last=True), "-closes_at", "pk")


def calls_to_apply(now: datetime) -> QuerySet[Call]:
    """The calls that are open or upcoming, for the home page."""
    return in_reading_order(calls_for(None, now).filter(Q(current=CallState.OPEN) | Q(current=CallState.PUBLISHED)))


def calls_to_move(now: datetime) -> QuerySet[Call]:
    """The calls whose recorded state is behind the clock."""
    due = Q(state=CallState.APPROVED) | Q(state=CallState.PUBLISHED, opens_at__lte=now) | Q(state=CallState.OPEN, closes_at__lte=now)
    return Call.objects.filter(due).order_by("pk")


def call_years() -> list[int]:
    """The fiscal years in which some call holds money."""
    return list(CallBudget.objects.order_by("fiscal_year").values_list("fiscal_year", flat=True).distinct())


def terms_in_force(day: date) -> QuerySet[TermsProfile]:
    """The terms profiles in force on a day."""
    return TermsProfile.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day), valid_from__lte=day).order_by("name", "pk")


def terms_to_choose(day: date) -> QuerySet[TermsProfile]:
    """The terms profiles in force on a day or later."""
    return TermsProfile.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day)).order_by("name", "valid_from", "pk")


@dataclass(frozen=True, slots=True)
class Content:
    """What a call consists of beside its own row, in order: two of its lists weigh 100 each."""

    budgets: list[CallBudget]
    objectives: list[Any]
    criteria: list[Any]

    @property
    def total(self) -> Decimal:
        return sum((budget.amount for budget in self.budgets), ZERO)


def content_of(call: Call) -> Content:
    return Content(
        list(call.budgets.order_by("fiscal_year")), list(call.objectives.order_by("position")), list(call.criteria.order_by("position"))
    )


def missing_from(call: Call, content: Content, years: Iterable[int], now: datetime) -> list[str]:
    """What keeps a call from being submitted or approved, one sentence each. `years`: those of its envelope."""
    return [*_missing_rows(content), *_wrong_dates(call, now), *_wrong_years(content, set(years))]


def _missing_rows(content: Content) -> Iterable[str]:
    no_objective, no_criterion = gettext("Ajoutez au moins un objectif."), gettext("Ajoutez au moins un critère.")
    objectives = gettext("Les poids des objectifs totalisent %(sum)s; ils doivent totaliser 100.")
    criteria = gettext("Les poids des critères totalisent %(sum)s; ils doivent totaliser 100.")
    for rows, none, unbalanced in ((content.objectives, no_objective, objectives), (content.criteria, no_criterion, criteria)):
        weights = sum(row.weight for row in rows)
        if not rows:
            yield none
        elif weights != 100:
            yield unbalanced % {"sum": weights}
    if not content.budgets:
        yield gettext("Inscrivez le montant réservé pour au moins un exercice.")


def _wrong_dates(call: Call, now: datetime) -> Iterable[str]:
    if call.closes_at <= now:
        yield gettext("La date de fermeture est passée : choisissez-en une à venir.")
    if not terms_in_force(timezone.localdate(call.opens_at)).filter(pk=call.terms_id).exists():
        yield gettext("Les modalités choisies ne sont pas en vigueur à l’ouverture de l’appel.")


def _wrong_years(content: Content, years: set[int]) -> Iterable[str]:
    for budget in content.budgets:
        if budget.fiscal_year not in years:
            yield gettext("L’enveloppe n’a pas de crédit en %(year)s.") % {"year": f"{budget.fiscal_year}-{budget.fiscal_year + 1}"}


#: act → what it did to a call, in words
STORY: dict[str, Promise | str] = {
    "create_call": _("Brouillon commencé"),
    "edit_call": _("Brouillon modifié"),
    "submit_call": _("Soumis à l’approbation"),
    "return_call": _("Retourné à la rédaction"),
    "approve_call": _("Approuvé; sommes réservées"),
    "move_call": _("État consigné"),
}


def story_of(call: Call) -> list[Event]:
    """The acts on a call, the oldest first."""
    return [Event(STORY[entry.act], entry.at, entry.actor.name if entry.actor else "") for entry in _entries(call, *STORY) if entry.at]


@dataclass(frozen=True, slots=True)
class Returned:
    reason: str
    by: str


def last_return(call: Call) -> Returned | None:
    """Why, and by whom, a call was last returned to its author; None when it never was."""
    for entry in _entries(call, "return_call").reverse()[:1]:
        return Returned(json.loads(entry.content)["reason"], entry.actor.name if entry.actor else "")
    return None


def _entries(call: Call, *acts: str) -> QuerySet[JournalEntry]:
    entries = JournalEntry.objects.filter(object_type="projects.call", object_id=call.pk, act__in=acts)
    return entries.select_related("actor").order_by("pk")
