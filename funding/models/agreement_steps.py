"""What happens to an agreement beside its signatures: review, return, cancellation, suspension, end."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from funding.enums import AgreementStepKind, TerminationCause

_WITH_REASON = [
    AgreementStepKind.RETURNED,
    AgreementStepKind.CANCELLED,
    AgreementStepKind.SUSPENDED,
    AgreementStepKind.TERMINATED,
    AgreementStepKind.FAILED,
]


class AgreementStep(models.Model):
    """One step of an agreement, by a person, with its reason where one is due. Append-only."""

    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, related_name="steps")
    kind = models.CharField(_("étape"), max_length=12, choices=AgreementStepKind)
    version = models.PositiveSmallIntegerField(_("version du projet"))
    cause = models.CharField(_("cause"), max_length=16, choices=TerminationCause, blank=True)
    reason = models.TextField(_("motif"), max_length=2000, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="agreement_step_has_a_reason",
                condition=~Q(kind__in=_WITH_REASON) | ~Q(reason=""),
                violation_error_message=_("Cette étape doit être motivée."),
            ),
            models.CheckConstraint(
                name="agreement_step_cause_ends_it",
                condition=Q(kind=AgreementStepKind.TERMINATED, cause__in=TerminationCause.values)
                | (~Q(kind=AgreementStepKind.TERMINATED) & Q(cause="")),
                violation_error_message=_("Une résiliation a une cause, et elle seule."),
            ),
        ]
        indexes = [models.Index(fields=["agreement", "at", "id"])]
