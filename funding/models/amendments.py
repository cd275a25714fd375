"""Amendments of an agreement in force: what was, what is proposed, who let it pass; once decided, none of it changes."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import AmendmentState, AmendmentStepKind, InstalmentKind
from projects.enums import Role

_PERSON = settings.AUTH_USER_MODEL
_MONEY = {"max_digits": 15, "decimal_places": 2}
_DECIDED = [AmendmentState.IN_FORCE, AmendmentState.REFUSED, AmendmentState.CANCELLED]


class Amendment(models.Model):
    """A change of amount (dollars), dates, scope or forecast, from one version of its agreement: `base_revision`.

    `amount_after`, the dates and the scope are those of the whole agreement, changed or not. What it does to the instalments, the fiscal
    years, the milestones and the forecast is in its own rows. A new `round` begins when it is written again: approvals fall with it.
    """

    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, related_name="amendments")
    number = models.PositiveSmallIntegerField(_("avenant"))
    state = models.CharField(_("état"), max_length=16, choices=AmendmentState, default=AmendmentState.PROPOSED)
    round = models.PositiveSmallIntegerField(default=1)
    base_revision = models.PositiveSmallIntegerField(_("version modifiée"))
    reason = models.TextField(_("motif"), max_length=4000)
    amount_before = models.DecimalField(_("aide avant"), **_MONEY)
    amount_after = models.DecimalField(_("aide après"), **_MONEY)
    starts_on_before = models.DateField(_("début avant"))
    starts_on_after = models.DateField(_("début après"))
    ends_on_before = models.DateField(_("fin avant"))
    ends_on_after = models.DateField(_("fin après"))
    scope_before = models.TextField(_("portée avant"), max_length=4000, blank=True)
    scope_after = models.TextField(_("portée après"), max_length=4000, blank=True)
    proposed_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposé le"))
    certified_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    certified_at = models.DateTimeField(_("certifié le"), null=True, blank=True)
    decided_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    decision_reason = models.TextField(_("motif du refus ou de l’abandon"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="amendment_number_unique", fields=["agreement", "number"]),
            models.UniqueConstraint(
                name="amendment_one_per_version",
                fields=["agreement", "base_revision"],
                condition=Q(state=AmendmentState.IN_FORCE),
                violation_error_message=_("Un autre avenant a déjà modifié cette version de la convention : reprenez le vôtre."),
            ),
            models.CheckConstraint(name="amendment_amount_positive", condition=Q(amount_before__gt=0, amount_after__gt=0)),
            models.CheckConstraint(
                name="amendment_dates_in_order",
                condition=Q(ends_on_after__gte=F("starts_on_after")),
                violation_error_message=_("La fin précède le début : inscrivez une date égale ou postérieure au début."),
            ),
            models.CheckConstraint(
                name="amendment_has_a_reason", condition=~Q(reason=""), violation_error_message=_("Un avenant a un motif.")
            ),
            models.CheckConstraint(
                name="amendment_certificate_is_complete",
                condition=Q(certified_by=None, certified_at=None) | Q(certified_by__isnull=False, certified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="amendment_certifier_is_not_proposer",
                condition=Q(certified_by=None) | ~Q(certified_by=F("proposed_by")),
                violation_error_message=_("La personne qui propose un avenant ne certifie pas la disponibilité budgétaire."),
            ),
            models.CheckConstraint(
                name="amendment_decided_with_its_state",
                condition=Q(state__in=_DECIDED, decided_by__isnull=False, decided_at__isnull=False)
                | (~Q(state__in=_DECIDED) & Q(decided_by=None, decided_at=None, decision_reason="")),
            ),
            models.CheckConstraint(
                name="amendment_refusal_has_a_reason",
                condition=~Q(state__in=[AmendmentState.REFUSED, AmendmentState.CANCELLED]) | ~Q(decision_reason=""),
                violation_error_message=_("Un refus ou un abandon a un motif."),
            ),
            models.CheckConstraint(
                name="amendment_decider_is_apart",
                condition=~Q(state__in=[AmendmentState.IN_FORCE, AmendmentState.REFUSED])
                | (~Q(decided_by=F("proposed_by")) & (Q(certified_by=None) | ~Q(decided_by=F("certified_by")))),
                violation_error_message=_("La personne qui propose ou certifie un avenant n’en décide pas."),
            ),
        ]
        indexes = [models.Index(fields=["state", "id"]), models.Index(fields=["proposed_at", "id"])]

    def __str__(self) -> str:
        return f"{self.agreement.number}/A{self.number}"


class AmendmentPart(models.Model):
    """What one fiscal year of the agreement commits before and after, in dollars; written when the schedule changes."""

    amendment = models.ForeignKey(Amendment, models.PROTECT, related_name="parts")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    before = models.DecimalField(**_MONEY)
    after = models.DecimalField(**_MONEY)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="amendment_part_unique", fields=["amendment", "fiscal_year"]),
            models.CheckConstraint(name="amendment_part_not_negative", condition=Q(before__gte=0, after__gte=0)),
        ]


class AmendmentInstalment(models.Model):
    """An instalment to be, in dollars. Those of an amendment replace all that are neither paid nor on their way."""

    amendment = models.ForeignKey(Amendment, models.PROTECT, related_name="planned")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(_("type"), max_length=10, choices=InstalmentKind)
    milestone = models.ForeignKey("funding.Milestone", models.PROTECT, null=True, blank=True, related_name="+")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    amount = models.DecimalField(_("montant"), **_MONEY)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="amendment_instalment_unique", fields=["amendment", "position"]),
            models.CheckConstraint(name="amendment_instalment_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="amendment_instalment_has_its_milestone",
                condition=Q(kind=InstalmentKind.ADVANCE, milestone=None)
                | Q(kind__in=[InstalmentKind.MILESTONE, InstalmentKind.HOLDBACK], milestone__isnull=False),
            ),
        ]


class AmendmentMilestone(models.Model):
    """The day on which a milestone is due, before and after."""

    amendment = models.ForeignKey(Amendment, models.PROTECT, related_name="milestones")
    milestone = models.ForeignKey("funding.Milestone", models.PROTECT, related_name="+")
    before = models.DateField()
    after = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="amendment_milestone_unique", fields=["amendment", "milestone"]),
            models.CheckConstraint(name="amendment_milestone_moves", condition=~Q(before=F("after"))),
        ]


class AmendmentForecast(models.Model):
    """The forecast of one line and period of the gain plan, in dollars, before and after. The baseline stays as it was signed."""

    amendment = models.ForeignKey(Amendment, models.PROTECT, related_name="forecasts")
    line = models.ForeignKey("projects.GainLine", models.PROTECT, related_name="+")
    period_start = models.DateField()
    period_end = models.DateField()
    before = models.DecimalField(**_MONEY)
    after = models.DecimalField(**_MONEY)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="amendment_forecast_unique", fields=["amendment", "line", "period_start", "period_end"]),
            models.CheckConstraint(name="amendment_forecast_moves", condition=~Q(before=F("after"))),
        ]


class AmendmentStep(models.Model):
    """Who did what to an amendment, in which round; an approval has its level and its role. Append-only."""

    amendment = models.ForeignKey(Amendment, models.PROTECT, related_name="steps")
    round = models.PositiveSmallIntegerField()
    kind = models.CharField(_("étape"), max_length=10, choices=AmendmentStepKind)
    level = models.PositiveSmallIntegerField(_("niveau"), null=True, blank=True)
    role = models.CharField(_("rôle"), max_length=24, blank=True)
    reason = models.TextField(_("motif"), max_length=4000, blank=True)
    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="amendment_level_unique", fields=["amendment", "round", "level"], condition=Q(kind=AmendmentStepKind.APPROVED)
            ),
            models.UniqueConstraint(
                name="amendment_approver_unique",
                fields=["amendment", "round", "person"],
                condition=Q(kind=AmendmentStepKind.APPROVED),
                violation_error_message=_("Vous avez déjà approuvé cet avenant à un autre niveau."),
            ),
            models.CheckConstraint(
                name="amendment_approval_has_its_level",
                condition=Q(kind=AmendmentStepKind.APPROVED, level__gte=1) & ~Q(role="")
                | ~Q(kind=AmendmentStepKind.APPROVED) & Q(level=None, role=""),
            ),
        ]
        indexes = [models.Index(fields=["amendment", "at", "id"])]

    def get_role_display(self) -> str:
        return str(Role(self.role).label) if self.role else ""


class AmendmentRule(models.Model):
    """Below these two limits an amendment is approved by `approvals`; above, at the level of the cumulative amount.

    In force from a day on. Append-only; the latest one begun counts.
    """

    valid_from = models.DateField(_("en vigueur du"), unique=True)
    share = models.DecimalField(_("part de l’aide initiale"), max_digits=9, decimal_places=6)
    amount = models.DecimalField(_("montant"), **_MONEY)
    approvals = ArrayField(models.CharField(max_length=24), verbose_name=_("approbations"))
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(name="amendment_rule_limits", condition=Q(share__gte=0, share__lte=1, amount__gte=0)),
            models.CheckConstraint(
                name="amendment_rule_names_approvers",
                condition=Q(approvals__len__gte=1, approvals__contained_by=[Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE]),
            ),
        ]
