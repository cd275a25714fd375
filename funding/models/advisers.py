"""Who accompanies a file, and so decides nothing about it (SD-2)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

_PERSON = settings.AUTH_USER_MODEL


class Adviser(models.Model):
    """One person entrusted with accompanying one application, its project included. Append-only: the last row is the current adviser.

    Whoever was ever one stays bound: they know the file from the inside.
    """

    application = models.ForeignKey("projects.Application", models.PROTECT, related_name="advisers")
    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    assigned_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(_("confié le"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="adviser_not_assigned_by_oneself",
                condition=~Q(assigned_by=F("person")),
                violation_error_message=_("Personne ne se confie un dossier à soi-même."),
            ),
        ]
        indexes = [models.Index(fields=["application", "person"])]
