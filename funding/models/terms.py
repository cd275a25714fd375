"""Who approves what, at which amount, and how the terms of a call pay: dated data (domain.md 3.6), never code."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.enums import Role


@pghistory.track(append_only=True)
class DelegationRule(models.Model):
    """Amounts (dollars) over `above` and up to `up_to` (None: no limit) need each role of `approvals`, in order."""

    valid_from = models.DateField(_("en vigueur du"))
    valid_to = models.DateField(_("au"), null=True, blank=True)
    above = models.DecimalField(_("plus de"), max_digits=15, decimal_places=2)
    up_to = models.DecimalField(_("jusqu’à"), max_digits=15, decimal_places=2, null=True, blank=True)
    approvals = ArrayField(models.CharField(max_length=24), verbose_name=_("approbations"))
    instrument = models.CharField(_("instrument"), max_length=200)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="delegation_rule_unique", fields=["valid_from", "above"]),
            models.CheckConstraint(name="delegation_amounts_in_order", condition=Q(up_to=None) | Q(up_to__gt=F("above"))),
            models.CheckConstraint(name="delegation_names_an_approver", condition=Q(approvals__len__gte=1)),
            models.CheckConstraint(
                name="delegation_names_approvers_only",
                condition=Q(approvals__contained_by=[Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE]),
                violation_error_message=_("Une délégation nomme la direction, la tête ou la délégation ministérielle."),
            ),
        ]


@pghistory.track(append_only=True)
class PaymentTerms(models.Model):
    """What a terms profile says of its payments beside its rates: it is dated by the profile."""

    terms = models.OneToOneField("projects.TermsProfile", models.PROTECT, related_name="payment_terms")
    #: days, all put together, by which a milestone may be put off without amending the agreement
    milestone_delay_days = models.PositiveSmallIntegerField(_("report d’un jalon sans avenant, en jours"))
