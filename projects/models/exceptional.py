"""Exceptional access (break-glass): a technical administrator reads one file or one call, for hours, with a second person's consent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from projects.enums import ExceptionalState

#: no access lasts longer, whatever the setting says
LONGEST = timedelta(hours=4)
#: a reason that says something
REASON_LENGTH = 20

_S = ExceptionalState
_UNDECIDED = (_S.REQUESTED, _S.EXPIRED)
_DECIDED = (_S.GRANTED, _S.REFUSED, _S.ENDED)
_OPENED = (_S.GRANTED, _S.ENDED)


class ExceptionalAccessQuerySet(models.QuerySet["ExceptionalAccess"]):
    def in_force(self, now: datetime) -> ExceptionalAccessQuerySet:
        """Those that open a file at this instant: the clock ends them, whether or not beat runs."""
        return self.filter(state=_S.GRANTED, starts_at__lte=now, ends_at__gt=now)


class ExceptionalAccess(models.Model):
    """`minutes` is what was asked; the clock starts when a second person grants it. What was asked and granted never changes."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="exceptional_accesses")
    application = models.ForeignKey("projects.Application", models.PROTECT, null=True, blank=True, related_name="+")
    call = models.ForeignKey("projects.Call", models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(_("motif"), max_length=2000)
    minutes = models.PositiveSmallIntegerField(_("durée, en minutes"))
    requested_at = models.DateTimeField(_("demandé le"))
    state = models.CharField(_("état"), max_length=10, choices=ExceptionalState, default=ExceptionalState.REQUESTED)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    refusal = models.TextField(_("motif du refus"), max_length=2000, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ExceptionalAccessQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="exceptional_one_target",
                condition=Q(application__isnull=True) ^ Q(call__isnull=True),
                violation_error_message=_("Un accès exceptionnel porte sur un seul dossier ou un seul appel."),
            ),
            models.CheckConstraint(
                name="exceptional_reason_says_why",
                condition=GreaterThanOrEqual(Length(Trim("reason")), REASON_LENGTH),
                violation_error_message=_("Expliquez le motif en au moins 20 caractères."),
            ),
            models.CheckConstraint(
                name="exceptional_duration",
                condition=Q(minutes__gte=1, minutes__lte=int(LONGEST.total_seconds() // 60)),
                violation_error_message=_("Un accès exceptionnel dure au plus 4 heures."),
            ),
            models.CheckConstraint(
                name="exceptional_not_decided_by_oneself",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("person")),
                violation_error_message=_("Personne n’approuve son propre accès exceptionnel."),
            ),
            models.CheckConstraint(
                name="exceptional_decision_complete",
                condition=Q(state__in=_DECIDED, decided_by__isnull=False, decided_at__gte=F("requested_at"))
                | Q(state__in=_UNDECIDED, decided_by__isnull=True, decided_at__isnull=True),
                violation_error_message=_("La décision d’un accès exceptionnel est incomplète."),
            ),
            models.CheckConstraint(
                name="exceptional_refusal_has_a_reason",
                condition=~Q(state=_S.REFUSED) | GreaterThanOrEqual(Length(Trim("refusal")), 1),
                violation_error_message=_("Un refus a son motif."),
            ),
            models.CheckConstraint(
                name="exceptional_dates_in_order",
                condition=Q(state__in=_OPENED, starts_at__gte=F("decided_at"), ends_at__gt=F("starts_at"))
                | (~Q(state__in=_OPENED) & Q(starts_at__isnull=True, ends_at__isnull=True)),
                violation_error_message=_("Les dates de l’accès exceptionnel ne se suivent pas."),
            ),
            models.CheckConstraint(
                name="exceptional_four_hours_at_most",
                condition=Q(ends_at__isnull=True) | LessThanOrEqual(F("ends_at"), F("starts_at") + LONGEST),
                violation_error_message=_("Un accès exceptionnel dure au plus 4 heures."),
            ),
            models.CheckConstraint(
                name="exceptional_end_complete",
                condition=Q(state=_S.ENDED, ended_by__isnull=False, ended_at__gte=F("starts_at"))
                | (~Q(state=_S.ENDED) & Q(ended_by__isnull=True, ended_at__isnull=True)),
                violation_error_message=_("La fin de l’accès exceptionnel est incomplète."),
            ),
            models.UniqueConstraint(
                name="exceptional_one_request_at_a_time",
                fields=["person"],
                condition=Q(state=_S.REQUESTED),
                violation_error_message=_("Une de vos demandes attend déjà une décision."),
            ),
        ]
        indexes = [models.Index(fields=["person", "ends_at"], name="exceptional_person_ends")]

    def __str__(self) -> str:
        return self.target

    @property
    def target(self) -> str:
        """The number of the file or the call. It says nothing of what they hold."""
        return str(self.application.number if self.application else self.call.reference if self.call else "")
