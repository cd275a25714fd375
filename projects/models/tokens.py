"""Tokens with which a program reads the portal in a person's name, within scopes and until a day."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.enums import TokenScope


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid_on(self, day: date) -> ApiTokenQuerySet:
        """Tokens that still open the interface on a day (America/Toronto): neither revoked nor past their last day."""
        return self.filter(revoked_at__isnull=True, expires_on__gte=day, person__is_active=True)


class ApiToken(models.Model):
    """Only the SHA-256 of a token is kept; `prefix` lets its owner recognise it. It never grants more than its person has."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="tokens")
    name = models.CharField(_("nom"), max_length=80)
    prefix = models.CharField(_("début"), max_length=12)
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=TokenScope), verbose_name=_("portées"))
    created_at = models.DateTimeField(_("créé le"))
    expires_on = models.DateField(_("dernier jour"))
    revoked_at = models.DateTimeField(_("révoqué le"), null=True, blank=True)
    last_used_on = models.DateField(_("dernière utilisation"), null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="api_token_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(
                name="api_token_has_a_scope",
                condition=Q(scopes__len__gt=0),
                violation_error_message=_("Choisissez au moins une portée."),
            ),
            models.CheckConstraint(
                name="api_token_revoked_after_creation", condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("created_at"))
            ),
        ]
        indexes = [models.Index(fields=["person", "id"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
