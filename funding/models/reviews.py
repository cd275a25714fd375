"""Eligibility, and reviews with their scores."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from funding.enums import ReviewState


class Eligibility(models.Model):
    """The eligibility of one application, point by point; a refusal is confirmed by a second officer."""

    application = models.OneToOneField("projects.Application", models.PROTECT, related_name="eligibility")
    checklist = models.JSONField(default=dict)
    is_eligible = models.BooleanField(_("recevable"))
    reason = models.TextField(_("motif"), max_length=2000, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="eligibility_refusal_has_a_reason",
                condition=Q(is_eligible=True) | ~Q(reason=""),
                violation_error_message=_("Inscrivez le motif de non-recevabilité."),
            ),
            models.CheckConstraint(
                name="eligibility_second_officer",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | (Q(confirmed_at__isnull=False) & ~Q(confirmed_by=models.F("decided_by"))),
                violation_error_message=_("Une autre personne doit confirmer la non-recevabilité."),
            ),
        ]


class Review(models.Model):
    """One reviewer's review of one application."""

    application = models.ForeignKey("projects.Application", models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")
    state = models.CharField(_("état"), max_length=12, choices=ReviewState, default=ReviewState.ASSIGNED)
    is_external = models.BooleanField(_("externe"), default=False)
    due_on = models.DateField(_("échéance"))
    comment = models.TextField(_("commentaire général"), max_length=4000, blank=True)
    total = models.DecimalField(_("cote"), max_digits=6, decimal_places=2, null=True, blank=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="review_unique",
                fields=["application", "reviewer"],
                violation_error_message=_("Cette personne évalue déjà ce dossier."),
            ),
            models.CheckConstraint(
                name="review_submitted_is_complete",
                condition=~Q(state=ReviewState.SUBMITTED) | Q(submitted_at__isnull=False, total__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["reviewer", "state", "due_on"])]


class Score(models.Model):
    """A score from 0 to the criterion's maximum, with its comment; both may be missing until the review is submitted."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="scores")
    criterion = models.ForeignKey("projects.Criterion", models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField(_("note"), null=True, blank=True)
    comment = models.TextField(_("commentaire"), max_length=2000, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="score_unique", fields=["review", "criterion"])]
