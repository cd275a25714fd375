"""Follow-up reports of an agreement: what is expected, the draft section by section, what was signed, the reminders."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from reporting.enums import FollowUpKind, FollowUpPart, FollowUpState

_PERSON = settings.AUTH_USER_MODEL
_DAYS = Func(F("period_start"), F("period_end"), Value("[]"), function="daterange", output_field=DateRangeField())
_S = FollowUpState


class FollowUpReport(models.Model):
    """One report that an agreement owes for a period (both days included), from its calendar to its verification."""

    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, related_name="follow_ups")
    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="follow_ups")
    number = models.CharField(_("numéro"), max_length=20, unique=True)
    kind = models.CharField(_("type"), max_length=12, choices=FollowUpKind)
    state = models.CharField(_("état"), max_length=10, choices=FollowUpState, default=FollowUpState.EXPECTED)
    period_start = models.DateField(_("début de la période"))
    period_end = models.DateField(_("fin de la période"))
    due_on = models.DateField(_("échéance"))
    expected_at = models.DateTimeField(_("inscrit au calendrier le"))
    signed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)
    cosigned_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    cosigned_at = models.DateTimeField(null=True, blank=True)
    cosignature_waived = models.BooleanField(_("cosignature levée"), default=False)
    #: the first time that it was received: lateness stops there, whatever is returned afterwards
    submitted_at = models.DateTimeField(_("soumis le"), null=True, blank=True)
    verified_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(_("motif du retour"), max_length=4000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="follow_up_dates_in_order",
                condition=Q(period_end__gte=F("period_start"), due_on__gte=F("period_end")),
                violation_error_message=_("La fin de la période précède son début."),
            ),
            models.CheckConstraint(
                name="follow_up_three_people",
                condition=(Q(cosigned_by__isnull=True) | ~Q(cosigned_by=F("signed_by")))
                & (Q(verified_by__isnull=True) | ~Q(verified_by=F("signed_by")))
                & (Q(verified_by__isnull=True) | Q(cosigned_by__isnull=True) | ~Q(verified_by=F("cosigned_by"))),
                violation_error_message=_("Signature, cosignature et vérification exigent des personnes différentes."),
            ),
            models.CheckConstraint(
                name="follow_up_signed_or_not",
                condition=Q(state=_S.WITHDRAWN)
                | Q(state__in=[_S.EXPECTED, _S.DUE, _S.LATE], signed_by__isnull=True, signed_at__isnull=True, cosigned_by__isnull=True)
                | Q(state__in=[_S.TO_COSIGN, _S.SUBMITTED, _S.VERIFIED, _S.RETURNED], signed_by__isnull=False, signed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="follow_up_cosigned_or_waived",
                condition=~Q(state__in=[_S.SUBMITTED, _S.VERIFIED])
                | Q(cosigned_by__isnull=False, cosigned_at__isnull=False, cosignature_waived=False, submitted_at__isnull=False)
                | Q(cosigned_by__isnull=True, cosigned_at__isnull=True, cosignature_waived=True, submitted_at__isnull=False),
                violation_error_message=_("Le rapport doit être cosigné."),
            ),
            models.CheckConstraint(
                name="follow_up_verified_is_complete",
                condition=Q(state=_S.VERIFIED, verified_by__isnull=False, verified_at__isnull=False)
                | ~Q(state=_S.VERIFIED) & Q(verified_by__isnull=True, verified_at__isnull=True),
            ),
            models.CheckConstraint(
                name="follow_up_return_has_a_reason",
                condition=~Q(state=_S.RETURNED) | ~Q(reason=""),
                violation_error_message=_("Un retour doit être motivé."),
            ),
            ExclusionConstraint(
                name="follow_up_periods_apart",
                expressions=[("agreement", RangeOperators.EQUAL), (_DAYS, RangeOperators.OVERLAPS)],
                condition=~Q(state=_S.WITHDRAWN),
                violation_error_message=_("Un autre rapport de cette convention couvre déjà des jours de cette période."),
            ),
        ]
        indexes = [models.Index(fields=["state", "due_on", "id"]), models.Index(fields=["project", "period_start"])]

    def __str__(self) -> str:
        return self.number


class FollowUpSection(models.Model):
    """The draft of one section, as typed; `version` counts its saves, so that nobody's words are overwritten unread."""

    report = models.ForeignKey(FollowUpReport, models.PROTECT, related_name="sections")
    kind = models.CharField(_("section"), max_length=10, choices=FollowUpPart)
    content = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    is_complete = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    saved_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="follow_up_section_unique", fields=["report", "kind"])]


class FollowUpAttachment(models.Model):
    """A file of a report; one that is taken back leaves the pages, its row stays (`Document.removed_at`)."""

    report = models.ForeignKey(FollowUpReport, models.PROTECT, related_name="attachments")
    document = models.OneToOneField("projects.Document", models.PROTECT, related_name="follow_up")


class FollowUpVersion(models.Model):
    """What was signed: the sections and the plan as they stood, in canonical JSON, under its SHA-256. Append-only."""

    report = models.ForeignKey(FollowUpReport, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    signed_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="follow_up_version_unique", fields=["report", "number"]),
            models.CheckConstraint(name="follow_up_version_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]


class FollowUpReminder(models.Model):
    """A reminder that was sent, so many days from the day when the report is due. Append-only: it is never sent twice."""

    report = models.ForeignKey(FollowUpReport, models.PROTECT, related_name="reminders")
    due_on = models.DateField()
    days = models.SmallIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="follow_up_reminder_once", fields=["report", "due_on", "days"])]
