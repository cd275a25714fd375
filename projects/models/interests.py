"""Declared interests and the recusals that hide a file: read by every query of applications."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.enums import InterestAnswer


class InterestDeclaration(models.Model):
    """What one person declared about one application, before opening it. Append-only: a new answer is a new row, and the last one counts.

    `decided_by` is who decided on a potential conflict in the person's place, with the decision's reason as the explanation.
    """

    application = models.ForeignKey("projects.Application", models.PROTECT, related_name="declarations")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="declarations")
    answer = models.CharField(_("réponse"), max_length=10, choices=InterestAnswer)
    explanation = models.TextField(_("précisions"), max_length=2000, blank=True)
    declared_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="interest_not_cleared_by_oneself",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("person")),
                violation_error_message=_("Personne ne lève son propre conflit d’intérêts."),
            ),
            models.CheckConstraint(
                name="interest_is_explained",
                condition=Q(answer=InterestAnswer.NONE) | ~Q(explanation=""),
                violation_error_message=_("Décrivez l’intérêt déclaré."),
            ),
        ]
        indexes = [models.Index(fields=["application", "person"])]


class Recusal(models.Model):
    """The effect of a conflict: the file no longer exists for this person, on any page, list, count, search or message."""

    application = models.ForeignKey("projects.Application", models.PROTECT, related_name="recusals")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="recusals")
    declaration = models.ForeignKey(InterestDeclaration, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(_("motif"), max_length=2000)
    recused_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="recusal_unique",
                fields=["application", "person"],
                violation_error_message=_("Cette personne est déjà récusée de ce dossier."),
            )
        ]
        indexes = [models.Index(fields=["person", "application"])]
