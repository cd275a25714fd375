"""What the portal keeps of people beside their account: sign-ins, a change of e-mail under way, the rule and notices of inactivity."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class SignIn(models.Model):
    """One sign-in, written by the database when `last_login` moves: append-only, so that « last seen » can be told at any past date."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sign_ins")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "at"])]


class EmailChangeQuerySet(models.QuerySet["EmailChange"]):
    def open_at(self, now: datetime) -> EmailChangeQuerySet:
        """Those whose link still works."""
        return self.filter(confirmed_at__isnull=True, cancelled_at__isnull=True, expires_at__gt=now)


class EmailChange(models.Model):
    """A new e-mail that waits for its link to be followed. The link is signed, works once, and is kept nowhere."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="email_changes")
    email = models.EmailField(_("nouveau courriel"), max_length=254)
    previous_email = models.EmailField(_("ancien courriel"), max_length=254, blank=True)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = EmailChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="email_change_one_open",
                fields=["person"],
                condition=Q(confirmed_at__isnull=True, cancelled_at__isnull=True),
                violation_error_message=_("Un changement de courriel est déjà en cours."),
            ),
            models.CheckConstraint(name="email_change_dates_in_order", condition=Q(expires_at__gt=F("requested_at"))),
            models.CheckConstraint(name="email_change_ends_once", condition=Q(confirmed_at__isnull=True) | Q(cancelled_at__isnull=True)),
            models.CheckConstraint(
                name="email_change_confirmed_in_time",
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=F("requested_at"), confirmed_at__lt=F("expires_at")),
                violation_error_message=_("Ce lien est expiré."),
            ),
        ]


class InactivityRule(models.Model):
    """After how many days without a sign-in an account is closed, from a day on. Append-only: a new rule is a new row."""

    valid_from = models.DateField(unique=True)
    days = models.PositiveSmallIntegerField()
    notice_days = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(name="inactivity_notice_within_delay", condition=Q(notice_days__gte=1, days__gt=F("notice_days")))
        ]


class InactivityNotice(models.Model):
    """A person was told that their account will close on a day, unless they sign in."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="inactivity_notices")
    sent_at = models.DateTimeField()
    closes_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(name="inactivity_notice_unique", fields=["person", "closes_on"])]
