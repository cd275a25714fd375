"""Reads of amendments: those that a person may see, what they change, the levels that approve them, and what they conflict with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fondsinnovation.kit.money import ZERO, round_cents
from fondsinnovation.templatetags.typography import fiscal_year, long_date, money_cents
from funding.enums import DEAD_PAYMENTS, AmendmentKind, AmendmentState, ClaimState, InstalmentKind, MilestoneState, OutcomeState
from funding.models import (
    Agreement,
    Amendment,
    AmendmentForecast,
    AmendmentInstalment,
    AmendmentMilestone,
    AmendmentPart,
    Claim,
    Instalment,
    Milestone,
    OutcomeDeclaration,
    Payment,
)
from funding.queries.agreement_conditions import engaged_by_year
from funding.queries.agreements import agreements_for, expected_gains
from funding.schedule import PlannedInstalment, by_weights
from projects.policies.staff import read_files

#: what the beneficiary reads of an amendment: once it is approved
_TOLD = (AmendmentState.APPROVED, AmendmentState.IN_FORCE)
_UNDER_WAY = (AmendmentState.PROPOSED, AmendmentState.PARTLY_APPROVED, AmendmentState.APPROVED)


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the comparison: what it is about, before and after, as words."""

    label: str
    before: str
    after: str

    @property
    def changes(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of the comparison that belong together."""

    title: str
    lines: list[Difference]


def amendments_for(person: Any, agreement: Agreement, now: datetime) -> QuerySet[Amendment]:
    """The amendments of an agreement that this person may see: all of them for the staff, those that are approved for the beneficiary."""
    rows = Amendment.objects.filter(agreement__in=agreements_for(person, now).filter(pk=agreement.pk)).select_related("agreement")
    return rows if read_files(person, now, agreement.project.call_id) else rows.filter(state__in=_TOLD)


def in_force_of(agreement: Agreement) -> QuerySet[Amendment]:
    """The amendments that changed an agreement, the first one first; both parties read them."""
    return with_content(Amendment.objects.filter(agreement=agreement, state=AmendmentState.IN_FORCE)).order_by("base_revision", "pk")


def kept(agreement: Agreement) -> QuerySet[Instalment]:
    """The instalments that no amendment replaces: paid or on their way, or claimed; a prize, which is paid whole; a result declared."""
    paid = Payment.objects.filter(instalment__agreement=agreement).exclude(state__in=DEAD_PAYMENTS)
    claimed = Claim.objects.filter(instalment__agreement=agreement).exclude(state=ClaimState.REFUSED)
    measured = OutcomeDeclaration.objects.filter(milestone__agreement=agreement).exclude(state=OutcomeState.REFUSED)
    held = Q(pk__in=paid.values("instalment")) | Q(pk__in=claimed.values("instalment")) | Q(kind=InstalmentKind.PRIZE)
    return live(agreement).filter(held | Q(milestone__in=measured.values("milestone")))


def open_instalments(agreement: Agreement) -> QuerySet[Instalment]:
    """Those that an amendment of the schedule replaces: nothing was asked of them."""
    return live(agreement).exclude(pk__in=kept(agreement).values("pk"))


def live(agreement: Agreement) -> QuerySet[Instalment]:
    """The instalments of an agreement as it stands, in the order of their positions."""
    return Instalment.objects.filter(agreement=agreement, replaced_by=None).select_related("milestone").order_by("position", "pk")


def planned(rows: Iterable[Instalment | AmendmentInstalment]) -> list[PlannedInstalment]:
    """Instalments as an amendment writes them."""
    return [
        PlannedInstalment(InstalmentKind(row.kind), row.milestone.position if row.milestone else None, row.fiscal_year, row.amount)
        for row in rows
    ]


def proposed_instalments(agreement: Agreement, amount: Decimal) -> list[PlannedInstalment]:
    """What is not paid yet, stretched or shrunk in proportion so that the aid makes `amount` dollars.

    Advances stop at the limit of the terms; what they leave goes to the last instalment that waits for a milestone.
    """
    held, rows = list(kept(agreement)), planned(open_instalments(agreement))
    left = amount - sum((one.amount for one in held), ZERO)
    if left <= 0:
        return []
    parts = by_weights(left, [Fraction(one.amount) for one in rows]) if rows else []
    room = round_cents(amount * agreement.project.call.terms.advance_rate) - _advances(held)
    found, over = [], left - sum(parts, ZERO)
    for one, part in zip(rows, parts, strict=True):
        cut = max(part - max(room, ZERO), ZERO) if one.kind == InstalmentKind.ADVANCE else ZERO
        room -= part - cut if one.kind == InstalmentKind.ADVANCE else ZERO
        found.append(replace(one, amount=part - cut))
        over += cut
    last = next((index for index in reversed(range(len(found))) if found[index].kind != InstalmentKind.ADVANCE), None)
    if last is not None:
        found[last] = replace(found[last], amount=found[last].amount + over)
    elif over:
        found += _of_the_last_milestone(agreement, over)
    return [one for one in found if one.amount > 0]


def _advances(rows: Iterable[Instalment]) -> Decimal:
    return sum((one.amount for one in rows if one.kind == InstalmentKind.ADVANCE), ZERO)


def _of_the_last_milestone(agreement: Agreement, amount: Decimal) -> list[PlannedInstalment]:
    """One instalment that waits for the last milestone that is not cancelled, in the last fiscal year of the schedule."""
    waiting = Milestone.objects.filter(agreement=agreement).exclude(state=MilestoneState.CANCELLED).order_by("-position", "-pk")
    year = max(live(agreement).values_list("fiscal_year", flat=True))
    positions = waiting.values_list("position", flat=True)[:1]
    return [PlannedInstalment(InstalmentKind.MILESTONE, position, year, amount) for position in positions]


def by_year(rows: Sequence[Instalment | PlannedInstalment]) -> dict[int, Decimal]:
    """Dollars by fiscal year."""
    sums: dict[int, Decimal] = {}
    for row in rows:
        sums[row.fiscal_year] = sums.get(row.fiscal_year, ZERO) + row.amount
    return sums


def kept_by_year(rows: Sequence[Instalment], engaged: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Dollars of the instalments that stay, in the fiscal years that the ledger commits them in: a year-end moves them to a later one."""
    asked, found, over = by_year(rows), {}, ZERO
    years = sorted({*asked, *engaged})
    for year in years:
        wanted = asked.get(year, ZERO) + over
        found[year] = min(wanted, max(engaged.get(year, ZERO), ZERO))
        over = wanted - found[year]
    if over:
        found[years[-1]] += over
    return {year: amount for year, amount in found.items() if amount}


def forecasts_of(agreement: Agreement) -> dict[tuple[int, date, date], Decimal]:
    """(line, first day, last day) → dollars forecast, as known last."""
    gains = expected_gains(agreement.project.application) if agreement.project.application else []
    return {(one.line_id, one.period_start, one.period_end): one.amount for gain in gains for one in gain.forecasts}


def scope_of(agreement: Agreement) -> str:
    """What the last amendment in force says of the scope; nothing, when it is still that of the signed document."""
    rows = Amendment.objects.filter(agreement=agreement, state=AmendmentState.IN_FORCE).order_by("-base_revision", "-pk")
    return next(iter(rows.values_list("scope_after", flat=True)[:1]), "")


def initial_amount(agreement: Agreement) -> Decimal:
    """The aid as it was signed, in dollars."""
    rows = Amendment.objects.filter(agreement=agreement, state=AmendmentState.IN_FORCE).order_by("base_revision", "pk")
    return next(iter(rows.values_list("amount_before", flat=True)[:1]), agreement.amount)


def raises_a_year(amendment: Amendment) -> bool:
    """Whether it commits more in some fiscal year: the controller certifies that the money is there."""
    return any(part.after > part.before for part in amendment.parts.all())


def kinds_of(amendment: Amendment) -> list[AmendmentKind]:
    """What it changes, in the order of the form."""
    dates = (amendment.starts_on_before, amendment.ends_on_before) != (amendment.starts_on_after, amendment.ends_on_after)
    found = {
        AmendmentKind.AMOUNT: amendment.amount_before != amendment.amount_after,
        AmendmentKind.SCHEDULE: bool(amendment.parts.all()),
        AmendmentKind.DATES: dates or bool(amendment.milestones.all()),
        AmendmentKind.SCOPE: amendment.scope_before != amendment.scope_after,
        AmendmentKind.FORECAST: bool(amendment.forecasts.all()),
    }
    return [kind for kind, changed in found.items() if changed]


def with_content(rows: QuerySet[Amendment]) -> QuerySet[Amendment]:
    """Amendments with all that they change, for a list: a handful of queries, however many there are."""
    return rows.select_related("proposed_by").prefetch_related("parts", "planned", "milestones", "forecasts")


def parts_of(amendment: Amendment) -> QuerySet[AmendmentPart]:
    return amendment.parts.order_by("fiscal_year", "pk")


def planned_of(amendment: Amendment) -> QuerySet[AmendmentInstalment]:
    return amendment.planned.select_related("milestone").order_by("position", "pk")


def milestones_of(amendment: Amendment) -> QuerySet[AmendmentMilestone]:
    return amendment.milestones.select_related("milestone").order_by("milestone__position", "pk")


def new_forecasts_of(amendment: Amendment) -> QuerySet[AmendmentForecast]:
    return amendment.forecasts.select_related("line").order_by("line__code", "period_start", "pk")


# ── Side by side ─────────────────────────────────────────────────────────────────────────────────────────────────────
def comparison(amendment: Amendment) -> list[Section]:
    """What was and what is proposed, section by section; a section that has nothing to say is left out."""
    sections = [
        Section(_("Convention"), list(_facts(amendment))),
        Section(_("Engagement par exercice"), [_year(part.fiscal_year, part.before, part.after) for part in parts_of(amendment)]),
        Section(
            _("Échéances des jalons"),
            [Difference(one.milestone.title, long_date(one.before), long_date(one.after)) for one in milestones_of(amendment)],
        ),
        Section(
            _("Prévision des gains"),
            [
                Difference(
                    f"{one.line.code} · {long_date(one.period_start)} – {long_date(one.period_end)}",
                    money_cents(one.before),
                    money_cents(one.after),
                )
                for one in new_forecasts_of(amendment)
            ],
        ),
    ]
    return [section for section in sections if section.lines]


def _facts(amendment: Amendment) -> Iterator[Difference]:
    yield Difference(_("Aide"), money_cents(amendment.amount_before), money_cents(amendment.amount_after))
    yield Difference(_("Début"), long_date(amendment.starts_on_before), long_date(amendment.starts_on_after))
    yield Difference(_("Fin"), long_date(amendment.ends_on_before), long_date(amendment.ends_on_after))
    if amendment.scope_before != amendment.scope_after:
        yield Difference(_("Portée"), amendment.scope_before or _("Celle de la convention signée"), amendment.scope_after)


def _year(year: int, before: Decimal, after: Decimal) -> Difference:
    return Difference(fiscal_year(year), money_cents(before), money_cents(after))


def replaced_by(amendment: Amendment) -> list[Instalment]:
    """The instalments that it takes out, or would."""
    if amendment.state == AmendmentState.IN_FORCE:
        return list(amendment.replaced.select_related("milestone").order_by("position", "pk"))
    return list(open_instalments(amendment.agreement))


# ── Conflicts ────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Conflict:
    """What an amendment started from, what is true today, and what it proposes, as words."""

    label: str
    started_from: str
    today: str
    proposed: str


def conflicts_of(amendment: Amendment) -> list[Conflict]:
    """What changed since the amendment was written; empty when it may still be finished as it is."""
    if amendment.state not in _UNDER_WAY:
        return []
    agreement = amendment.agreement
    found = list(_of_the_agreement(amendment, agreement))
    found.extend(_of_the_schedule(amendment, agreement))
    found.extend(_of_the_milestones(amendment))
    forecasts = list(new_forecasts_of(amendment))
    known = forecasts_of(agreement) if forecasts else {}
    for one in forecasts:
        today = known.get((one.line_id, one.period_start, one.period_end), ZERO)
        if today != one.before:
            found.append(Conflict(one.line.code, money_cents(one.before), money_cents(today), money_cents(one.after)))
    return found


def _of_the_agreement(amendment: Amendment, agreement: Agreement) -> Iterator[Conflict]:
    if amendment.base_revision != agreement.revision:
        passed = Amendment.objects.filter(
            agreement=agreement, state=AmendmentState.IN_FORCE, base_revision__gte=amendment.base_revision
        ).order_by("base_revision", "pk")
        numbers = ", ".join(str(number) for number in passed.values_list("number", flat=True))
        yield Conflict(
            _("Version de la convention"),
            str(amendment.base_revision + 1),  # the agreement as signed is its first version
            _("%(revision)s (avenant %(numbers)s)") % {"revision": agreement.revision + 1, "numbers": numbers},
            str(amendment.base_revision + 2),
        )
    fields: Mapping[str, tuple[str, Any]] = {
        "amount": (_("Aide"), money_cents), "starts_on": (_("Début"), long_date), "ends_on": (_("Fin"), long_date)
    }  # fmt: skip
    for name, (label, say) in fields.items():
        before, today = getattr(amendment, f"{name}_before"), getattr(agreement, name)
        if before != today:
            yield Conflict(label, say(before), say(today), say(getattr(amendment, f"{name}_after")))


def _of_the_schedule(amendment: Amendment, agreement: Agreement) -> Iterator[Conflict]:
    """The commitment of a year that moved, and instalments asked for since: what is kept and what is new no longer make the aid."""
    parts = list(parts_of(amendment))
    if not parts:
        return
    committed = engaged_by_year(agreement)
    for part in parts:
        today = committed.get(part.fiscal_year, ZERO)
        if today != part.before:
            yield Conflict(fiscal_year(part.fiscal_year), money_cents(part.before), money_cents(today), money_cents(part.after))
    after = {part.fiscal_year: part.after for part in parts if part.after}
    held = kept_by_year(list(kept(agreement)), committed)
    new = by_year([PlannedInstalment(InstalmentKind(one.kind), None, one.fiscal_year, one.amount) for one in planned_of(amendment)])
    for year in sorted({*after, *held, *new}):
        total = held.get(year, ZERO) + new.get(year, ZERO)
        if total != after.get(year, ZERO):
            yield Conflict(
                _("Versements demandés ou payés, %(year)s") % {"year": fiscal_year(year)},
                money_cents(after.get(year, ZERO) - new.get(year, ZERO)),
                money_cents(held.get(year, ZERO)),
                money_cents(after.get(year, ZERO)),
            )


def _of_the_milestones(amendment: Amendment) -> Iterator[Conflict]:
    for one in milestones_of(amendment):
        if one.milestone.due_on != one.before:
            yield Conflict(one.milestone.title, long_date(one.before), long_date(one.milestone.due_on), long_date(one.after))
