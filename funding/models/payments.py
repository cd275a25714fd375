"""Payments: requested with three attestations, certified, authorised, confirmed by reference — three different people."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import DEAD_PAYMENTS, PaymentState

_PERSON = settings.AUTH_USER_MODEL
_LIVE = ~Q(state__in=DEAD_PAYMENTS)
#: the states of a sum that has left, with its reference
_PAID = [PaymentState.CONFIRMED, PaymentState.REVERSED]


class Payment(models.Model):
    """The payment of one instalment, in dollars. Its three attestations are those of A-6.001 art. 28.

    Its order (« agreement/instalment/attempt ») is written by the database when the row is, and identifies it in the accounting system.
    """

    number = models.CharField(_("numéro"), max_length=20, unique=True)
    order_number = models.CharField(_("ordre"), max_length=40, unique=True, db_default="", editable=False)
    attempt = models.PositiveSmallIntegerField(_("tentative"), db_default=0, editable=False)
    instalment = models.ForeignKey("funding.Instalment", models.PROTECT, related_name="payments")
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    state = models.CharField(_("état"), max_length=12, choices=PaymentState, default=PaymentState.REQUESTED)
    attests_legal_basis = models.BooleanField(_("L’octroi de la somme est autorisé par la loi"))
    attests_credit = models.BooleanField(_("La dépense est imputée régulièrement sur un crédit"))
    attests_due = models.BooleanField(_("La somme est due et les conditions sont remplies"))
    requested_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    certified_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    certified_at = models.DateTimeField(null=True, blank=True)
    authorised_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    authorised_at = models.DateTimeField(null=True, blank=True)
    transmitted_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    transmitted_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    paid_on = models.DateField(_("payé le"), null=True, blank=True)
    reference = models.CharField(_("référence du paiement"), max_length=60, null=True, blank=True, unique=True)
    rejection_reason = models.TextField(_("motif du rejet"), max_length=2000, blank=True)
    reversed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversal_reference = models.CharField(_("référence de l’annulation"), max_length=60, null=True, blank=True, unique=True)
    reversal_reason = models.TextField(_("motif de l’annulation"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="payment_is_attested",
                condition=Q(attests_legal_basis=True, attests_credit=True, attests_due=True),
                violation_error_message=_("Les trois attestations sont obligatoires."),
            ),
            models.CheckConstraint(
                name="payment_three_people",
                condition=(Q(certified_by__isnull=True) | ~Q(certified_by=F("requested_by")))
                & (Q(authorised_by__isnull=True) | (~Q(authorised_by=F("requested_by")) & ~Q(authorised_by=F("certified_by")))),
                violation_error_message=_("Demande, certification et autorisation exigent trois personnes différentes."),
            ),
            models.CheckConstraint(
                name="payment_steps_in_order",
                condition=Q(state__in=[PaymentState.REQUESTED, PaymentState.REJECTED])
                | Q(state=PaymentState.CERTIFIED, certified_by__isnull=False, certified_at__isnull=False)
                | Q(
                    state__in=[PaymentState.AUTHORISED, PaymentState.TRANSMITTED, *_PAID],
                    certified_by__isnull=False,
                    authorised_by__isnull=False,
                    authorised_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="payment_transmitted_is_dated",
                condition=(~Q(state=PaymentState.TRANSMITTED) | Q(transmitted_at__isnull=False))
                & (Q(transmitted_by=None, transmitted_at=None) | Q(transmitted_by__isnull=False, transmitted_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="payment_confirmed_has_a_reference",
                condition=Q(state__in=_PAID, reference__isnull=False, paid_on__isnull=False, confirmed_at__isnull=False)
                | (~Q(state__in=_PAID) & Q(reference__isnull=True, paid_on__isnull=True, confirmed_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="payment_reversed_says_why",
                condition=Q(
                    state=PaymentState.REVERSED, reversed_by__isnull=False, reversed_at__isnull=False, reversal_reference__isnull=False
                )
                & ~Q(reversal_reason="")
                | ~Q(state=PaymentState.REVERSED) & Q(reversed_by=None, reversed_at=None, reversal_reference=None, reversal_reason=""),
            ),
            models.CheckConstraint(
                name="payment_reversed_by_another",
                condition=Q(reversed_by=None) | ~Q(reversed_by=F("confirmed_by")),
                violation_error_message=_("Vous avez confirmé ce paiement; une autre personne doit l’annuler."),
            ),
            models.UniqueConstraint(
                name="payment_one_live_per_instalment",
                fields=["instalment"],
                condition=_LIVE,
                violation_error_message=_("Un paiement est déjà en cours pour ce versement."),
            ),
            models.CheckConstraint(name="payment_positive", condition=Q(amount__gt=0)),
        ]
        indexes = [models.Index(fields=["state", "id"]), models.Index(fields=["requested_at", "id"])]

    def __str__(self) -> str:
        return self.number


class Cofunding(models.Model):
    """What another source really put in a project, in dollars. Append-only; `reference` identifies the row."""

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="cofunding")
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)
    in_kind = models.BooleanField(_("en nature"), default=False)
    effective_on = models.DateField(_("date d’effet"))
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    reference = models.CharField(_("référence"), max_length=60, unique=True)
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "cofunding"
        constraints = [
            models.CheckConstraint(name="cofunding_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="cofunding_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]
