"""Why the verified gain of a project departs from its reference forecast in a fiscal year, in the words of its organisation."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reporting.enums import VarianceCause


class VarianceExplanation(models.Model):
    """The cause, the explanation and the action for one fiscal year (its first calendar year). Append-only: the latest known counts."""

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="variance_explanations")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    cause = models.CharField(_("cause"), max_length=8, choices=VarianceCause)
    explanation = models.TextField(_("explication"), max_length=2000)
    action = models.TextField(_("action"), max_length=2000)
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="variance_explanation_says_something",
                condition=Q(cause__in=VarianceCause.values) & ~Q(explanation="") & ~Q(action=""),
                violation_error_message=_("Un écart s’explique par une cause, une explication et une action."),
            ),
        ]
        indexes = [models.Index(fields=["recorded_at", "id"]), models.Index(fields=["project", "fiscal_year"])]
