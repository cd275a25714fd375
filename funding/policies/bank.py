"""Who enters, confirms and reads bank details, and why it is never who pays in the same days (SD-6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import NotAllowed, WrongState
from fondsinnovation.kit.verdict import YES, Verdict, check, first_no, possible
from funding.enums import BankState
from funding.models import BankDetail
from funding.policies.payment_rules import took_part_in_payments, touched_bank_details
from funding.refusals import say
from projects.enums import Role
from projects.models import Organisation
from projects.policies.rules import Subject, rule

#: who may act for the organisation on where it is paid
INSIDE = (Role.FINANCE_RESPONDENT, Role.SIGNATORY)


@rule(
    Role.OFFICER,
    Role.DIRECTOR,
    Role.HEAD,
    Role.MINISTER_DELEGATE,
    Role.CONTROLLER,
    Role.PAYMENT_REQUESTER,
    Role.PAYMENT_AUTHORISER,
    Role.AUDITOR,
    inside=(Role.WRITER, *INSIDE),
    of=lambda organisation: organisation.pk,
    says=gettext_lazy("Les coordonnées bancaires, masquées, sont lues par les membres de l’organisme et par qui lit les paiements."),
    subject=Subject.PAYMENTS,
    acts=(),
)
def read_bank_details(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """Masked bank details are read by the members of the organisation and by whoever reads payments."""
    return YES


@rule(
    Role.PAYMENT_REQUESTER,
    inside=INSIDE,
    of=lambda organisation: organisation.pk,
    says=gettext_lazy(
        "La répondance financière ou un signataire de l’organisme, ou la demande de paiement, inscrit des coordonnées bancaires, "
        "sauf qui prend part à un paiement de l’organisme dans les mêmes jours."
    ),
    subject=Subject.PAYMENTS,
)
def enter_bank_details(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """The organisation's finance respondent or signatory, or a payment officer who pays it nothing in those days."""
    return _pays_nothing(actor, organisation.pk, now)


@rule(
    Role.PAYMENT_REQUESTER,
    Role.CONTROLLER,
    inside=INSIDE,
    of=lambda detail: detail.organisation_id,
    says=gettext_lazy(
        "Une autre personne confirme les coordonnées bancaires en les inscrivant de nouveau, ou les refuse; jamais qui prend part à un "
        "paiement de l’organisme dans les mêmes jours."
    ),
    subject=Subject.PAYMENTS,
    acts=("confirm_bank_details", "refuse_bank_details"),
)
def decide_bank_details(actor: Any, detail: BankDetail, now: datetime) -> Verdict:
    """Another person confirms them by typing them again, or refuses them."""
    return first_no(
        possible(detail.state == BankState.ENTERED, _("Ces coordonnées n’attendent plus de confirmation.")),
        check(detail.entered_by_id != actor.pk, _("Vous avez inscrit ces coordonnées; une autre personne doit les confirmer.")),
        _pays_nothing(actor, detail.organisation_id, now),
    )


def apart_from_bank_details(actor: Any, organisation_id: int, now: datetime) -> Verdict:
    """Whoever changed where an organisation is paid takes no step of its payments in the days that follow (SD-6)."""
    return check(not touched_bank_details(actor, organisation_id, now), SAID["payment_is_apart_from_bank_details"])


def _pays_nothing(actor: Any, organisation_id: int, now: datetime) -> Verdict:
    return check(not took_part_in_payments(actor, organisation_id, now), SAID["bank_details_are_apart_from_payments"])


#: constraint of a trigger → what it says to a person
SAID: dict[str, str | Promise] = {
    "payment_is_apart_from_bank_details": gettext_lazy(
        "Vous avez inscrit ou confirmé les coordonnées bancaires de cet organisme dans les derniers jours; une autre personne doit agir."
    ),
    "bank_details_are_apart_from_payments": gettext_lazy(
        "Vous avez pris part à un paiement de cet organisme dans les derniers jours; une autre personne doit agir sur ses coordonnées."
    ),
}
WRONG: dict[str, str | Promise] = {
    "bank_details_are_never_rewritten": gettext_lazy("Ces coordonnées sont décidées : inscrivez-en une nouvelle version."),
    "payment_is_never_rewritten": gettext_lazy("Ce qu’un paiement paie ne change jamais."),
    "payment_moves_in_order": gettext_lazy("Ce paiement a changé d’état entre-temps."),
    "payment_is_in_a_batch": gettext_lazy("Cet ordre est dans un lot : annulez d’abord le lot."),
    "payment_leaves_in_a_batch": gettext_lazy("Un ordre part dans un lot transmis, jamais autrement."),
    "batch_order_is_authorised": gettext_lazy("Un ordre de ce lot n’est plus à transmettre."),
    "batch_order_has_its_account": gettext_lazy("Un organisme de ce lot n’a pas de coordonnées bancaires confirmées."),
    "batch_order_is_kept": gettext_lazy("Un ordre reste dans son lot jusqu’à ce que le lot soit annulé."),
    "batch_moves_in_order": gettext_lazy("Ce lot est déjà transmis ou annulé."),
}


say(SAID, NotAllowed)
say(WRONG, WrongState)
