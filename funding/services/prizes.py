"""Prizes: given with the recommendation of a winner, freed when it is returned or refused, paid in one instalment."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import Invalid, WrongState
from funding.enums import InstalmentKind
from funding.models import Award, Prize, PrizeAward
from funding.queries.prizes import gives_prizes, prizes_to_give
from funding.refusals import say
from funding.schedule import PlannedInstalment
from projects.enums import Modality
from projects.models import Application
from projects.services.journal import note


def chosen_prize(application: Application, rank: int | None) -> Prize | None:
    """The prize of that rank, which the call gives and nobody has yet; None where the call gives no prize. Raises Invalid."""
    if not gives_prizes(application.call):
        if rank is not None:
            raise Invalid(errors={"prize": _("Cet appel ne donne pas de prix.")})
        return None
    found = next((prize for prize in prizes_to_give(application) if prize.rank == rank), None)
    if found is None:
        raise Invalid(errors={"prize": _("Choisissez un prix que personne n’a encore dans cet appel.")})
    return found


def give_prize(award: Award, prize: Prize | None) -> None:
    """Write which prize an award gives, in place of the one that it gave."""
    free_prize(award)
    if prize is not None:
        PrizeAward.objects.create(award=award, call_id=award.application.call_id, prize=prize)
        note(award, prize=prize.rank, prize_amount=prize.amount)


def free_prize(award: Award) -> None:
    """The prize of an award that is returned or refused may be given to another."""
    PrizeAward.objects.filter(award=award).delete()


def prize_faults(modality: str, schedule: Sequence[PlannedInstalment]) -> list[str]:
    """What is wrong with the instalments of a draft, in sentences: a prize is paid as a prize, and nothing else is."""
    odd = [one for one in schedule if (one.kind == InstalmentKind.PRIZE) != (modality == Modality.PRIZE)]
    if not odd:
        return []
    if modality == Modality.PRIZE:
        return [_("Un prix se verse en entier : ni avance, ni jalon, ni retenue.")]
    return [_("Seul un appel qui donne des prix verse un prix.")]


# ── What the database says when it refuses ───────────────────────────────────────────────────────────────────────────
SAID: dict[str, str | Promise] = {
    "award_is_one_of_the_prizes": gettext_lazy("Une décision de cet appel donne un de ses prix, à son montant."),
    "prize_is_of_its_call": gettext_lazy("Ce prix n’est pas de cet appel."),
    "prize_stays_with_its_winner": gettext_lazy("Le prix d’une décision approuvée ne change plus."),
    "prize_is_paid_as_a_prize": gettext_lazy("Un prix se verse en entier, et rien d’autre ne se verse comme un prix."),
    "payment_of_a_prize_is_whole": gettext_lazy(
        "Le prix est de %(room)s, versé une fois la convention en vigueur : %(asked)s sont demandés."
    ),
}


say(SAID, WrongState)
