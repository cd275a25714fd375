"""Contested lines: since when the gains of a line in a fiscal year, or in all, count in no total, why, and until when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reporting.enums import ContestCause


class LineContest(models.Model):
    """A line becomes contested for a cause in a fiscal year, or no longer is. Append-only: the latest known event of the three says.

    An overlap is of one fiscal year; 0 is all of them. Of two events recorded together, the later row counts.
    """

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="contests")
    line = models.ForeignKey("projects.GainLine", models.PROTECT, related_name="contests")
    cause = models.CharField(_("cause"), max_length=10, choices=ContestCause)
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"), default=0)
    contested = models.BooleanField(_("contestée"))
    reason = models.TextField(_("motif"), max_length=4000)
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "line_contest"
        constraints = [
            models.CheckConstraint(name="line_contest_cause", condition=Q(cause__in=ContestCause.values)),
            models.CheckConstraint(name="line_contest_overlap_has_a_year", condition=~Q(cause=ContestCause.OVERLAP) | Q(fiscal_year__gt=0)),
            models.CheckConstraint(
                name="line_contest_has_a_reason",
                condition=Q(reason__regex=r"\S"),
                violation_error_message=_("Inscrivez pourquoi la ligne est contestée, ou ne l’est plus."),
            ),
        ]
        indexes = [
            models.Index(fields=["project", "id"]),
            models.Index(fields=["line", "cause", "fiscal_year", "-recorded_at", "-id"]),
        ]
