"""Reads of prizes: those of a call, who has them, and which are still to give."""

from __future__ import annotations

from decimal import Decimal

from fondsinnovation.kit.money import ZERO
from funding.models import Agreement, Award, Prize, PrizeAward
from projects.enums import Modality
from projects.models import Application, Call


def gives_prizes(call: Call) -> bool:
    return call.terms.modality == Modality.PRIZE


def pays_a_prize(agreement: Agreement) -> bool:
    return agreement.project.modality == Modality.PRIZE


def prizes_of(call: Call) -> list[tuple[Prize, Award | None]]:
    """The prizes of a call by rank, each with the award that gives it. Two queries; none when the call gives no prize."""
    if not gives_prizes(call):
        return []
    given = PrizeAward.objects.filter(call=call).select_related("award").order_by("pk")
    holders = {row.prize_id: row.award for row in given}
    return [(prize, holders.get(prize.pk)) for prize in Prize.objects.filter(terms=call.terms_id).order_by("rank", "pk")]


def prizes_to_give(application: Application) -> list[Prize]:
    """The prizes of the call that nobody has yet, beside the one that this application was recommended for."""
    return [prize for prize, award in prizes_of(application.call) if award is None or award.application_id == application.pk]


def total_of_prizes(call: Call) -> Decimal:
    """What the prizes of a call come to, in dollars."""
    return sum((prize.amount for prize, _award in prizes_of(call)), ZERO)


def prize_of(award: Award) -> Prize | None:
    """The prize that an award gives."""
    return next((row.prize for row in PrizeAward.objects.filter(award=award).select_related("prize").order_by("pk")), None)
