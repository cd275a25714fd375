"""Terms profiles and calls for projects, with their money by fiscal year, objectives and criteria."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.enums import CallState, EnvelopeCode, Modality


@pghistory.track(append_only=True)
class TermsProfile(models.Model):
    """Pre-approved terms of funding, dated. Rates are shares of 1 with 6 digits; amounts are dollars."""

    code = models.CharField(max_length=40)
    name = models.CharField(_("nom"), max_length=120)
    modality = models.CharField(_("modalité"), max_length=12, choices=Modality)
    valid_from = models.DateField(_("en vigueur du"))
    valid_to = models.DateField(_("au"), null=True, blank=True)
    advance_rate = models.DecimalField(_("avance"), max_digits=9, decimal_places=6)
    holdback_rate = models.DecimalField(_("retenue"), max_digits=9, decimal_places=6)
    aid_rate = models.DecimalField(_("taux d’aide du Fonds"), max_digits=9, decimal_places=6)
    stacking_limit = models.DecimalField(_("limite du cumul des aides"), max_digits=9, decimal_places=6)
    minimum_amount = models.DecimalField(_("aide minimale"), max_digits=15, decimal_places=2)
    maximum_amount = models.DecimalField(_("aide maximale"), max_digits=15, decimal_places=2)
    reporting_months = models.PositiveSmallIntegerField(_("mois entre deux déclarations de gains"))
    report_due_days = models.PositiveSmallIntegerField(_("jours pour déclarer après la période"))
    follow_up_years = models.PositiveSmallIntegerField(_("années de suivi des gains"))
    #: whether an application says its gains, with the situation that they are measured against
    gains_required = models.BooleanField(_("gains obligatoires"), default=True)
    reviews_required = models.PositiveSmallIntegerField(_("évaluations requises"))
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="terms_profile_unique", fields=["code", "valid_from"]),
            models.CheckConstraint(
                name="terms_profile_rates_within_one",
                condition=Q(
                    advance_rate__gte=0,
                    advance_rate__lte=1,
                    holdback_rate__gte=0,
                    holdback_rate__lte=1,
                    aid_rate__gt=0,
                    aid_rate__lte=1,
                    stacking_limit__gt=0,
                    stacking_limit__lte=1,
                ),
            ),
            models.CheckConstraint(
                name="terms_profile_amounts_in_order",
                condition=Q(minimum_amount__gte=0, maximum_amount__gte=F("minimum_amount")),
            ),
            models.CheckConstraint(
                name="terms_profile_dates_in_order", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(append_only=True)
class Call(models.Model):
    """A call for projects. Whether it takes applications is computed from its dates and the clock; beat only records it."""

    reference = models.CharField(_("numéro"), max_length=40, unique=True)
    title = models.CharField(_("titre"), max_length=160)
    purpose = models.TextField(_("objet"), max_length=4000)
    envelope = models.CharField(_("enveloppe"), max_length=12, choices=EnvelopeCode, default=EnvelopeCode.PROJECTS)
    terms = models.ForeignKey(TermsProfile, models.PROTECT, related_name="calls", verbose_name=_("modalités"))
    state = models.CharField(_("état"), max_length=12, choices=CallState, default=CallState.DRAFT)
    opens_at = models.DateTimeField(_("ouverture"))
    closes_at = models.DateTimeField(_("fermeture"))
    zone = models.CharField(_("fuseau horaire"), max_length=40, default="America/Toronto")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    #: when it was taken from history, with its own dates; nobody wrote nor approved it here
    imported_at = models.DateTimeField(_("repris le"), null=True, blank=True, editable=False)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="call_dates_in_order",
                condition=Q(closes_at__gt=F("opens_at")),
                violation_error_message=_("La fermeture doit suivre l’ouverture."),
            ),
            models.CheckConstraint(
                name="call_approver_is_not_author",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("created_by")),
                violation_error_message=_("La personne qui a rédigé l’appel ne peut pas l’approuver."),
            ),
            models.CheckConstraint(
                name="call_approval_is_complete",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True) | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="call_approved_when_past_approval",
                condition=Q(state__in=[CallState.DRAFT, CallState.SUBMITTED, CallState.CANCELLED])
                | Q(approved_by__isnull=False)
                | Q(imported_at__isnull=False),
            ),
            models.CheckConstraint(
                name="call_written_or_imported",
                condition=Q(imported_at__isnull=True, created_by__isnull=False)
                | Q(imported_at__isnull=False, created_by__isnull=True, state=CallState.ENDED),
                violation_error_message=_("Un appel a son auteur, ou vient d’un portefeuille et ne prend plus de demande."),
            ),
        ]
        indexes = [models.Index(fields=["state", "closes_at"])]

    def __str__(self) -> str:
        return self.reference

    def accepts_at(self, instant) -> bool:
        """Whether an application that arrives at this instant is in time: opens_at ≤ instant < closes_at, no grace."""
        return self.state in (CallState.PUBLISHED, CallState.OPEN) and self.opens_at <= instant < self.closes_at


class CallBudget(models.Model):
    """What a call sets aside in one fiscal year, in dollars; reserved on its envelope at approval."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="budgets")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="call_budget_unique", fields=["call", "fiscal_year"]),
            models.CheckConstraint(name="call_budget_positive", condition=Q(amount__gt=0)),
        ]


class Objective(models.Model):
    """A measurable objective of a call; the weights of a call sum to 100."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="objectives")
    position = models.PositiveSmallIntegerField()
    indicator = models.CharField(_("indicateur"), max_length=200)
    unit = models.CharField(_("unité"), max_length=40)
    baseline = models.DecimalField(_("situation de départ"), max_digits=15, decimal_places=2)
    target = models.DecimalField(_("cible"), max_digits=15, decimal_places=2)
    weight = models.PositiveSmallIntegerField(_("poids"))

    class Meta:
        constraints = [
            models.UniqueConstraint(name="objective_position_unique", fields=["call", "position"]),
            models.CheckConstraint(name="objective_weight_within_100", condition=Q(weight__gt=0, weight__lte=100)),
        ]


class Criterion(models.Model):
    """A criterion of a call's grid, scored 0 to `maximum`; the weights of a call sum to 100."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(_("critère"), max_length=120)
    guidance = models.TextField(_("repères de notation"), max_length=1000, blank=True)
    weight = models.PositiveSmallIntegerField(_("poids"))
    maximum = models.PositiveSmallIntegerField(_("note maximale"), default=5)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="criterion_position_unique", fields=["call", "position"]),
            models.CheckConstraint(name="criterion_weight_within_100", condition=Q(weight__gt=0, weight__lte=100)),
            models.CheckConstraint(name="criterion_maximum_positive", condition=Q(maximum__gt=0)),
        ]

    def __str__(self) -> str:
        return self.title
