"""People and their dated memberships: a right is person × role × organisation × dates, never a global flag."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from projects.enums import Role


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email__iexact=email)


@pghistory.track(fields=["email", "name", "is_active"], model_name="UserEvent", append_only=True)
class User(AbstractBaseUser):
    """A person. No flag here grants anything: policies read memberships."""

    email = models.EmailField(_("courriel"), max_length=254, unique=True)
    name = models.CharField(_("nom"), max_length=120)
    is_active = models.BooleanField(_("compte actif"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique", violation_error_message=_("Ce courriel est déjà utilisé."))
        ]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def on(self, day: date) -> MembershipQuerySet:
        """Memberships in force on a day (America/Toronto), both ends included."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)


@pghistory.track(append_only=True)
class Membership(models.Model):
    """One role of one person in one organisation or unit, from a day to a day (both included)."""

    person = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(_("rôle"), max_length=24, choices=Role)
    organisation = models.ForeignKey("projects.Organisation", models.PROTECT, related_name="memberships")
    starts_on = models.DateField(_("début"))
    ends_on = models.DateField(_("fin"), null=True, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="membership_dates_in_order",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("La date de fin précède la date de début."),
            ),
            models.UniqueConstraint(
                name="membership_unique",
                fields=["person", "role", "organisation", "starts_on"],
                violation_error_message=_("Cette personne a déjà ce rôle dans cet organisme à cette date."),
            ),
            models.CheckConstraint(
                name="membership_not_granted_to_oneself",
                condition=Q(granted_by__isnull=True) | ~Q(granted_by=F("person")),
                violation_error_message=_("Personne ne s’accorde un rôle à soi-même."),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "role"])]

    def __str__(self) -> str:
        return f"{self.get_role_display()} ({self.pk})"
