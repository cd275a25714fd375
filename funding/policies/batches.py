"""Who prepares, transmits and cancels batches of payment orders, and who takes what the accounting system answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, check, first_no, possible
from funding.enums import BatchState, PaymentState
from funding.models import Payment, PaymentBatch
from projects.enums import Role
from projects.models import Recusal
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule


@rule(
    Role.PAYMENT_REQUESTER,
    says=gettext_lazy("Qui demande les paiements réunit dans un lot les ordres autorisés que personne d’autre n’a déjà pris."),
    subject=Subject.PAYMENTS,
)
def prepare_batch(actor: Any, now: datetime) -> Verdict:
    """The payments unit puts authorised orders in a batch."""
    return YES


@rule(
    Role.PAYMENT_REQUESTER,
    says=gettext_lazy("Qui demande les paiements prend le fichier d’un lot s’il peut lire chacun de ses ordres."),
    subject=Subject.PAYMENTS,
)
def download_batch(actor: Any, batch: PaymentBatch, now: datetime) -> Verdict:
    """The file holds account numbers: only the payments unit takes it, and only whoever may read each order of it."""
    return _reads_all(actor, batch)


@rule(
    Role.PAYMENT_REQUESTER,
    says=gettext_lazy("La même unité inscrit qu’un lot est remis au système comptable, ou l’annule avant sa remise."),
    subject=Subject.PAYMENTS,
    acts=("transmit_batch", "cancel_batch"),
)
def settle_batch(actor: Any, batch: PaymentBatch, now: datetime) -> Verdict:
    """The same unit says that a batch left, or cancels it before it does."""
    return first_no(
        _reads_all(actor, batch),
        possible(batch.state == BatchState.PREPARED, _("Ce lot n’est plus à transmettre : il est déjà transmis ou annulé.")),
    )


@rule(
    Role.PAYMENT_REQUESTER,
    says=gettext_lazy("La même unité prend le fichier de retour du système comptable : des confirmations et des rejets, tous ou aucun."),
    subject=Subject.PAYMENTS,
)
def import_returns(actor: Any, now: datetime) -> Verdict:
    """The same unit takes the return file of the accounting system."""
    return YES


@rule(
    Role.CONTROLLER,
    says=gettext_lazy("Le contrôle financier annule par contre-écriture un paiement confirmé qui a échoué, s’il ne l’a pas confirmé."),
    subject=Subject.PAYMENTS,
)
def reverse_payment(actor: Any, payment: Payment, now: datetime) -> Verdict:
    """The controller reverses a confirmed payment that failed, unless they confirmed it."""
    return first_no(
        not_recused(actor, payment.instalment.agreement.project.application_id or 0),
        possible(payment.state == PaymentState.CONFIRMED, _("Seul un paiement confirmé s’annule par contre-écriture.")),
        check(payment.confirmed_by_id != actor.pk, _("Vous avez confirmé ce paiement; une autre personne doit l’annuler.")),
    )


def _reads_all(actor: Any, batch: PaymentBatch) -> Verdict:
    files = batch.orders.values("payment__instalment__agreement__project__application")
    hidden = Recusal.objects.filter(person=actor, application__in=files).exists()
    return check(not hidden, _("Ce lot contient des ordres de dossiers qui vous sont cachés; une autre personne doit agir."))
