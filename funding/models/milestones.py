"""What happened to a milestone besides its reports (put off, cancelled), and what stops the payments of an agreement."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import MilestoneChangeKind

_PERSON = settings.AUTH_USER_MODEL


class MilestoneChange(models.Model):
    """A milestone put off, moved by an `amendment` (`due_on` goes from `before` to `after`) or cancelled, with the reason. Append-only."""

    milestone = models.ForeignKey("funding.Milestone", models.PROTECT, related_name="changes")
    kind = models.CharField(_("type"), max_length=10, choices=MilestoneChangeKind)
    before = models.DateField(_("échéance précédente"))
    after = models.DateField(_("nouvelle échéance"), null=True, blank=True)
    reason = models.TextField(_("motif"), max_length=4000)
    amendment = models.ForeignKey("funding.Amendment", models.PROTECT, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="milestone_change_says_its_day",
                condition=Q(kind=MilestoneChangeKind.POSTPONED, after__gt=F("before"), amendment=None)
                | Q(kind=MilestoneChangeKind.AMENDED, after__isnull=False, amendment__isnull=False) & ~Q(after=F("before"))
                | Q(kind=MilestoneChangeKind.CANCELLED, after__isnull=True, amendment=None),
                violation_error_message=_("La nouvelle échéance suit la précédente."),
            ),
            models.CheckConstraint(
                name="milestone_change_has_a_reason", condition=~Q(reason=""), violation_error_message=_("Inscrivez le motif.")
            ),
        ]


class PaymentHold(models.Model):
    """The payments of an agreement are stopped, for instance by a late report, until the hold is lifted; one at a time.

    `source`: the late report that the service itself held them for; nobody placed it, and the report coming in may lift it.
    """

    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, related_name="holds")
    reason = models.TextField(_("motif"), max_length=2000)
    source = models.CharField(_("rapport en retard"), max_length=40, blank=True, default="", db_default="")
    placed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_reason = models.TextField(_("motif de la levée"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="payment_hold_one_at_a_time",
                fields=["agreement"],
                condition=Q(lifted_at__isnull=True),
                violation_error_message=_("Les paiements de cette convention sont déjà retenus."),
            ),
            models.CheckConstraint(name="payment_hold_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="payment_hold_is_somebody_s",
                condition=Q(placed_by__isnull=False, source="") | Q(placed_by__isnull=True) & ~Q(source=""),
                violation_error_message=_("Une retenue est placée par une personne, ou par un rapport en retard."),
            ),
            models.CheckConstraint(
                name="payment_hold_lift_is_complete",
                condition=Q(lifted_by__isnull=True, lifted_at__isnull=True, lift_reason="")
                | (Q(lifted_by__isnull=False) | ~Q(source=""))
                & Q(lifted_at__isnull=False, lifted_at__gte=F("placed_at"))
                & ~Q(lift_reason=""),
            ),
        ]
