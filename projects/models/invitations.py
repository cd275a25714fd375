"""Invitations to take a role, by e-mail: a link that works once, within a delay. Only the SHA-256 of its token is kept."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.enums import Role


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> InvitationQuerySet:
        """Neither accepted nor withdrawn; those whose link has expired are still there to be sent again."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)


class Invitation(models.Model):
    """A role offered to an address. One sent again is a new row that `replaces` the first, whose link is dead at once."""

    organisation = models.ForeignKey("projects.Organisation", models.PROTECT, related_name="invitations")
    email = models.EmailField(_("courriel"), max_length=254)
    role = models.CharField(_("rôle"), max_length=24, choices=Role)
    call = models.ForeignKey("projects.Call", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("appel"))
    starts_on = models.DateField(_("début"))
    ends_on = models.DateField(_("fin"), null=True, blank=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField(_("expire le"))
    #: made when the e-mail leaves, never before: no table holds a link that works
    sha256 = models.CharField(max_length=64, unique=True, null=True, blank=True)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    accepted_at = models.DateTimeField(null=True, blank=True)
    membership = models.OneToOneField("projects.Membership", models.PROTECT, null=True, blank=True, related_name="invitation")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="invitation_hash", condition=Q(sha256__isnull=True) | Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(
                name="invitation_dates_in_order",
                condition=(Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))) & Q(expires_at__gt=F("invited_at")),
                violation_error_message=_("La date de fin précède la date de début."),
            ),
            models.CheckConstraint(
                name="invitation_accepted_once",
                condition=Q(accepted_at__isnull=True, membership__isnull=True)
                | Q(accepted_at__isnull=False, membership__isnull=False, revoked_at__isnull=True, accepted_at__lt=F("expires_at")),
                violation_error_message=_("Cette invitation ne peut plus être acceptée."),
            ),
            models.CheckConstraint(
                name="invitation_revoked_by_someone",
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                violation_error_message=_("Un retrait a son instant et son auteur."),
            ),
            models.UniqueConstraint(
                name="invitation_pending_once",
                fields=["organisation", "email", "role", "call"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                nulls_distinct=False,
                violation_error_message=_("Cette adresse est déjà invitée à ce rôle : envoyez de nouveau l’invitation en attente."),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "id"]), models.Index(fields=["invited_by", "invited_at"])]

    def __str__(self) -> str:
        return f"{self.get_role_display()} ({self.pk})"

    def is_live(self, now: datetime) -> bool:
        """Whether its link still opens: neither used, nor withdrawn, nor expired."""
        return self.accepted_at is None and self.revoked_at is None and now < self.expires_at
