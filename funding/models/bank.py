"""Bank details of organisations: entered by one person, confirmed by another, never rewritten. And the dated rules of payments."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import BankState, Recredit

_PERSON = settings.AUTH_USER_MODEL


class BankDetail(models.Model):
    """One version of where an organisation is paid. `account` is encrypted; what the pages show of it is its last three digits."""

    organisation = models.ForeignKey("projects.Organisation", models.PROTECT, related_name="bank_details")
    version = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(_("état"), max_length=10, choices=BankState, default=BankState.ENTERED)
    holder = models.CharField(_("titulaire du compte"), max_length=120)
    institution = models.CharField(_("institution"), max_length=3)
    transit = models.CharField(_("transit"), max_length=5)
    account = models.CharField(_("numéro de compte"), max_length=200)
    account_end = models.CharField(max_length=3)
    entered_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(_("inscrites le"))
    decided_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    refusal_reason = models.TextField(_("motif du refus"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="bank_version_unique", fields=["organisation", "version"]),
            models.UniqueConstraint(
                name="bank_one_waiting",
                fields=["organisation"],
                condition=Q(state=BankState.ENTERED),
                violation_error_message=_("Des coordonnées bancaires de cet organisme attendent déjà leur confirmation."),
            ),
            models.CheckConstraint(
                name="bank_two_people",
                condition=Q(decided_by=None) | ~Q(decided_by=F("entered_by")),
                violation_error_message=_("Vous avez inscrit ces coordonnées; une autre personne doit les confirmer."),
            ),
            models.CheckConstraint(
                name="bank_decision_is_whole",
                condition=Q(state=BankState.ENTERED, decided_by=None, decided_at=None, refusal_reason="")
                | Q(state=BankState.CONFIRMED, decided_by__isnull=False, decided_at__isnull=False, refusal_reason="")
                | Q(state=BankState.REFUSED, decided_by__isnull=False, decided_at__isnull=False) & ~Q(refusal_reason=""),
            ),
            models.CheckConstraint(
                name="bank_numbers_are_digits",
                condition=Q(institution__regex=r"^[0-9]{3}$", transit__regex=r"^[0-9]{5}$", account_end__regex=r"^[0-9]{3}$"),
                violation_error_message=_("L’institution a trois chiffres et le transit, cinq."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution}-{self.transit}-•••• {self.account_end}"


class PaymentRule(models.Model):
    """The rules of payments in force from a day on. Append-only; the latest one begun counts."""

    valid_from = models.DateField(_("en vigueur du"), unique=True)
    bank_days = models.PositiveSmallIntegerField(_("jours entre un changement de coordonnées et un paiement par la même personne"))
    recredit = models.CharField(_("retour d’un recouvrement à l’enveloppe"), max_length=10, choices=Recredit)
    source = models.CharField(_("source"), max_length=200)
