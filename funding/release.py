"""What an instalment waits for, as a checklist (docs/rules/payments.md). Pure: the rows come from `queries/release.py`.

The same checklist shows the page what is missing, and refuses the request of a payment with the same words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from django.utils.translation import gettext as _

from fondsinnovation.kit.money import CENT, ZERO, round_cents
from fondsinnovation.kit.verdict import Verdict, possible
from fondsinnovation.templatetags.typography import money_cents, percent
from funding.enums import CLAIM_ADMITTED, SETTLED, AgreementState, InstalmentKind, MilestoneState
from funding.models import Agreement, Claim, Instalment, Milestone
from funding.outcome import shares

#: what an accepted milestone is
ACCEPTED = frozenset({MilestoneState.VERIFIED, MilestoneState.PARTIAL})


@dataclass(frozen=True, slots=True)
class Condition:
    """A sentence that must be true before the payment; `met` says whether it is."""

    sentence: str
    met: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    """The conditions of one instalment, and what may be paid of it today, in dollars."""

    conditions: tuple[Condition, ...]
    payable: Decimal

    @property
    def ready(self) -> bool:
        return all(one.met for one in self.conditions)

    @property
    def unmet(self) -> list[str]:
        return [one.sentence for one in self.conditions if not one.met]

    @property
    def verdict(self) -> Verdict:
        """Whether the payment may be requested; if not, the conditions that are not met, by name."""
        return possible(self.ready, _("Conditions du versement non remplies : %(unmet)s.") % {"unmet": "; ".join(self.unmet)})


@dataclass(frozen=True, slots=True)
class Facts:
    """What an agreement's instalments are judged on. `asked`: the instalments with a live payment, each with its amount."""

    agreement: Agreement
    instalments: Sequence[Instalment]
    milestones: Sequence[Milestone]
    advance_rate: Decimal
    asked: dict[int, Decimal] = field(default_factory=dict)
    #: the claim of an instalment that is submitted and not refused
    claims: dict[int, Claim] = field(default_factory=dict)
    is_held: bool = False
    #: whether the final report of the calendar is verified; None: the agreement has no calendar of reports
    final_report: bool | None = None
    #: of an agreement that pays results: dollars due for each milestone whose quantity is verified
    dues: Mapping[int, Decimal] | None = None


def checklist(instalment: Instalment, facts: Facts) -> Checklist:
    """The conditions of an instalment, the general ones first."""
    conditions = [
        Condition(_("la convention est en vigueur"), facts.agreement.state == AgreementState.IN_FORCE),
        *_own(instalment, facts),
        *_before(instalment, facts),
        Condition(_("aucune retenue n’arrête les paiements de la convention"), not facts.is_held),
    ]
    return Checklist(tuple(conditions), _payable(instalment, facts))


def _payable(instalment: Instalment, facts: Facts) -> Decimal:
    """What may be paid of an instalment today, in dollars; by results, its part of what its milestone's quantity makes due."""
    if facts.dues is None:
        return payable(instalment, facts.claims.get(instalment.pk))
    same = [one for one in facts.instalments if one.milestone_id == instalment.milestone_id]
    parts = shares(facts.dues.get(instalment.milestone_id or 0, ZERO), [one.amount for one in same])
    return next(part for one, part in zip(same, parts, strict=True) if one.pk == instalment.pk)


def payable(instalment: Instalment, claim: Claim | None = None) -> Decimal:
    """What may be paid of an instalment, in dollars: what its claim admits, or the accepted share of it rounded down, or all of it."""
    milestone = instalment.milestone
    if claim is not None and claim.aid is not None:
        return min(claim.aid, instalment.amount)
    if instalment.kind == InstalmentKind.MILESTONE and milestone and milestone.accepted_share is not None:
        return (instalment.amount * milestone.accepted_share).quantize(CENT, ROUND_DOWN)
    return instalment.amount


def _own(instalment: Instalment, facts: Facts) -> Iterator[Condition]:
    """What the kind of the instalment asks."""
    if facts.dues is not None:
        yield from _result(instalment, facts, facts.dues)
    elif instalment.kind == InstalmentKind.ADVANCE:
        yield _advance(instalment, facts)
    elif instalment.kind == InstalmentKind.HOLDBACK:
        yield from _holdback(instalment, facts)
    elif instalment.kind == InstalmentKind.PRIZE:
        return  # what it rewards is done
    elif claim := facts.claims.get(instalment.pk):
        yield Condition(_("la réclamation %(number)s est admise") % {"number": claim.number}, claim.state in CLAIM_ADMITTED)
    elif instalment.milestone:
        yield Condition(
            _("le jalon « %(title)s » est vérifié") % {"title": instalment.milestone.title}, instalment.milestone.state in ACCEPTED
        )


def _result(instalment: Instalment, facts: Facts, dues: Mapping[int, Decimal]) -> Iterator[Condition]:
    """Nothing is paid but a verified quantity: there is neither advance nor holdback."""
    title = instalment.milestone.title if instalment.milestone else ""
    is_verified = instalment.milestone_id in dues
    yield Condition(_("la quantité déclarée pour « %(title)s » est vérifiée") % {"title": title}, is_verified)
    if is_verified:
        yield Condition(_("la quantité vérifiée donne un montant à verser"), _payable(instalment, facts) > 0)


def _advance(instalment: Instalment, facts: Facts) -> Condition:
    most = round_cents(facts.agreement.amount * facts.advance_rate)
    others = sum((facts.asked.get(one.pk, ZERO) for one in facts.instalments if _is_another_advance(one, instalment)), ZERO)
    sentence = _("l’avance ne dépasse pas %(rate)s de l’aide, soit %(most)s") % {
        "rate": percent(facts.advance_rate),
        "most": money_cents(most),
    }
    return Condition(sentence, others + instalment.amount <= most)


def _is_another_advance(one: Instalment, instalment: Instalment) -> bool:
    return one.kind == InstalmentKind.ADVANCE and one.pk != instalment.pk


def _holdback(instalment: Instalment, facts: Facts) -> Iterator[Condition]:
    """The final report, which is the milestone of the holdback, is verified; nothing is expected of the others any more (INV-09)."""
    report = instalment.milestone
    if report is None:
        return
    yield Condition(_("le rapport final, « %(title)s », est vérifié") % {"title": report.title}, report.state == MilestoneState.VERIFIED)
    if facts.final_report is not None:
        yield Condition(_("le rapport de clôture du calendrier de suivi est vérifié"), facts.final_report)
    open_ones = [one.title for one in facts.milestones if one.pk != report.pk and one.state not in SETTLED]
    if open_ones:
        yield Condition(_("les autres jalons sont réglés (il reste %(titles)s)") % {"titles": ", ".join(open_ones)}, False)
    elif len(facts.milestones) > 1:
        yield Condition(_("les autres jalons sont réglés"), True)


def _before(instalment: Instalment, facts: Facts) -> Iterator[Condition]:
    """The instalments that come first are asked for: money leaves in the order of the schedule."""
    first = [one for one in facts.instalments if one.position < instalment.position]
    left = [str(one.position) for one in first if one.pk not in facts.asked and not _owes_nothing(one, facts)]
    if left:
        yield Condition(_("les versements qui précèdent sont demandés (il reste %(numbers)s)") % {"numbers": ", ".join(left)}, False)
    elif first:
        yield Condition(_("les versements qui précèdent sont demandés"), True)


def _owes_nothing(instalment: Instalment, facts: Facts) -> bool:
    """Whether results were verified that make nothing due of an instalment: it is never asked for, and stops no other."""
    return facts.dues is not None and instalment.milestone_id in facts.dues and _payable(instalment, facts) == ZERO
