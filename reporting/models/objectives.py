"""What became of the objectives of a call: a measured value for one project, dated twice, that nobody changes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ObjectiveResult(models.Model):
    """The value of one objective's indicator in one project, in the unit of the objective. Append-only.

    `measured_on` is the day that it speaks of, `recorded_at` when it was known. Of one project and objective the latest day counts, and
    of one day the latest known: a correction is a new row.
    """

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="objective_results")
    objective = models.ForeignKey("projects.Objective", models.PROTECT, related_name="results")
    actual = models.DecimalField(_("valeur mesurée"), max_digits=15, decimal_places=2)
    measured_on = models.DateField(_("mesuré le"))
    source = models.CharField(_("source"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["recorded_at", "id"]), models.Index(fields=["project", "objective", "measured_on"])]
