"""People and their dated memberships: a right is person × role × organisation × dates, never a global flag."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Lower
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


def _in_force(day: date, path: str = "") -> Q:
    ends, starts, revoked = (f"{path}{name}" for name in ("ends_on", "starts_on", "revoked_at"))
    return (Q(**{f"{ends}__isnull": True}) | Q(**{f"{ends}__gte": day})) & Q(**{f"{starts}__lte": day, f"{revoked}__isnull": True})


class MembershipQuerySet(models.QuerySet["Membership"]):
    def on(self, day: date) -> MembershipQuerySet:
        """Memberships in force on a day (America/Toronto), both ends included, and not revoked.

        A delegated one counts while the holder's own does, and while the delegate has a role of their own in the organisation.
        """
        source = _in_force(day, "delegated_from__") & Q(delegated_from__person__is_active=True)
        own = Membership.objects.filter(
            _in_force(day), person=OuterRef("person"), organisation=OuterRef("organisation"), delegated_from__isnull=True
        )
        return self.filter(_in_force(day), Q(delegated_from__isnull=True) | (source & Exists(own)))

    def for_call(self, call_id: int | None) -> MembershipQuerySet:
        """Those that count on a file of this call: limited to no call, or to this one."""
        return self.filter(Q(call__isnull=True) | Q(call=call_id))


@pghistory.track(append_only=True)
class Membership(models.Model):
    """One role of one person in one organisation or unit, from a day to a day (both included), on all files or on those of one call.

    A revoked one counts no more, from that instant. `delegated_from` is the holder's own, while somebody stands in for them.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(_("rôle"), max_length=24, choices=Role)
    organisation = models.ForeignKey("projects.Organisation", models.PROTECT, related_name="memberships")
    starts_on = models.DateField(_("début"))
    ends_on = models.DateField(_("fin"), null=True, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)
    call = models.ForeignKey("projects.Call", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("appel"))
    delegated_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="delegated")
    revoked_at = models.DateTimeField(_("révoqué le"), null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="membership_dates_in_order",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("La date de fin précède la date de début."),
            ),
            ExclusionConstraint(
                name="membership_no_overlap",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    (Coalesce("call", 0), RangeOperators.EQUAL),
                    (
                        Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(revoked_at__isnull=True),
                violation_error_message=_("Cette personne a déjà ce rôle dans cet organisme pour une partie de ces dates."),
            ),
            models.CheckConstraint(
                name="membership_revoked_by_someone",
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                violation_error_message=_("Une révocation a son instant et son auteur."),
            ),
            models.CheckConstraint(
                name="membership_delegated_until",
                condition=Q(delegated_from__isnull=True) | Q(ends_on__isnull=False),
                violation_error_message=_("Une délégation a une date de fin."),
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
