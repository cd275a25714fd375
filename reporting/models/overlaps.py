"""Claims on a budget, and the overlaps of two lines that claim the same one (INV-17)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.enums import Nature
from reporting.enums import OverlapOutcome

_PERSON = settings.AUTH_USER_MODEL
_PART: Any = {"max_length": 60, "blank": True, "default": ""}


class Claimed(models.Model):
    """A claim key: what a gain says that it changed. `cost_centre` and `account` are as they compare, without spaces nor case."""

    fiscal_year = models.PositiveIntegerField(_("exercice"))
    organisation = models.ForeignKey("projects.Organisation", models.PROTECT, related_name="+")
    cost_centre = models.CharField(_("centre de coûts ou crédit"), **_PART)
    account = models.CharField(_("compte"), **_PART)
    nature = models.CharField(_("nature"), max_length=5, choices=Nature)

    class Meta:
        abstract = True


class GainClaim(Claimed):
    """One line claims one key in one fiscal year. The trigger of `gain` writes it, from the first gain that the line reports there."""

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="+")
    line = models.ForeignKey("projects.GainLine", models.PROTECT, related_name="claims")
    claimed_at = models.DateTimeField()

    class Meta:
        db_table = "gain_claim"
        constraints = [models.UniqueConstraint(name="gain_claim_once", fields=["line", "fiscal_year"])]
        indexes = [models.Index(fields=["organisation", "fiscal_year", "cost_centre", "account", "nature"])]


class Overlap(Claimed):
    """Two lines claim one key: exception E-05. Opened once, then settled once by an `OverlapResolution`; neither is ever changed."""

    first = models.ForeignKey("projects.GainLine", models.PROTECT, related_name="+")
    second = models.ForeignKey("projects.GainLine", models.PROTECT, related_name="+")
    first_project = models.ForeignKey("projects.Project", models.PROTECT, related_name="+")
    second_project = models.ForeignKey("projects.Project", models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("constaté le"))
    opened_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(_("date de connaissance"))

    class Meta:
        constraints = [
            models.CheckConstraint(name="overlap_lines_in_order", condition=Q(first__lt=F("second"))),
            models.UniqueConstraint(name="overlap_once", fields=["first", "second", "fiscal_year"]),
        ]
        indexes = [models.Index(fields=["second", "first"])]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"CHEV-{self.pk:05d}"


class OverlapResolution(models.Model):
    """How a person settled an overlap, once: two real expenses, or one of the two lines no longer claims."""

    overlap = models.OneToOneField(Overlap, models.PROTECT, related_name="resolution")
    outcome = models.CharField(_("décision"), max_length=10, choices=OverlapOutcome)
    withdrawn = models.ForeignKey("projects.GainLine", models.PROTECT, null=True, blank=True, related_name="withdrawals")
    reason = models.TextField(_("motif"), max_length=4000)
    resolved_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(_("tranché le"))
    recorded_at = models.DateTimeField(_("date de connaissance"))

    class Meta:
        constraints = [
            models.CheckConstraint(name="overlap_resolution_outcome", condition=Q(outcome__in=OverlapOutcome.values)),
            models.CheckConstraint(
                name="overlap_resolution_has_a_reason",
                condition=Q(reason__regex=r"\S"),
                violation_error_message=_("Inscrivez le motif de la décision."),
            ),
            models.CheckConstraint(
                name="overlap_resolution_names_what_is_withdrawn",
                condition=Q(outcome=OverlapOutcome.BOTH_REAL, withdrawn__isnull=True)
                | Q(outcome=OverlapOutcome.WITHDRAWN, withdrawn__isnull=False),
                violation_error_message=_("Dites quelle ligne est retirée."),
            ),
        ]
