"""Gains: the report that an organisation makes for a period, and the append-only rows that every figure sums."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from projects.enums import Stage
from reporting.enums import GainReportState, Maturity, Rating

_PERSON = settings.AUTH_USER_MODEL
_MONEY: Any = {"max_digits": 15, "decimal_places": 2}
_DAYS = Func(F("period_start"), F("period_end"), Value("[]"), function="daterange", output_field=DateRangeField())


class GainReport(models.Model):
    """One line's gain over one period (both days included), from report to capture. Amounts are dollars, COST ≤ 0."""

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="gain_reports")
    line = models.ForeignKey("projects.GainLine", models.PROTECT, related_name="reports")
    number = models.CharField(_("numéro"), max_length=20, unique=True)
    state = models.CharField(_("état"), max_length=16, choices=GainReportState, default=GainReportState.DRAFT)
    period_start = models.DateField(_("début de la période"))
    period_end = models.DateField(_("fin de la période"))
    amount = models.DecimalField(_("gain déclaré"), **_MONEY)
    #: 1 as reported; each restatement that is co-signed adds one
    version = models.PositiveSmallIntegerField(_("version"), default=1, db_default=1)
    #: empty on what was reported before it was asked
    maturity = models.CharField(_("maturité"), max_length=11, choices=Maturity, blank=True, default="", db_default="")
    method = models.TextField(_("méthode de calcul"), max_length=4000)
    evidence = models.ForeignKey("projects.Document", models.PROTECT, related_name="+")
    reported_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    cosigned_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    cosigned_at = models.DateTimeField(null=True, blank=True)
    cosignature_waived = models.BooleanField(_("cosignature levée"), default=False)
    verified_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_amount = models.DecimalField(_("gain vérifié"), **_MONEY, null=True, blank=True)
    rating = models.CharField(_("cote"), max_length=5, choices=Rating, blank=True)
    reason = models.TextField(_("motif de l’ajustement"), max_length=4000, blank=True)
    method_version = models.CharField(_("version de la méthode"), max_length=20, blank=True)
    captured_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    captured_at = models.DateTimeField(null=True, blank=True)
    captured_amount = models.DecimalField(_("gain capté"), **_MONEY, null=True, blank=True)
    budget_document = models.ForeignKey("projects.Document", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gain_report_dates_in_order",
                condition=Q(period_end__gte=F("period_start")),
                violation_error_message=_("La fin de la période précède son début."),
            ),
            models.CheckConstraint(
                name="gain_report_three_people",
                condition=(Q(cosigned_by__isnull=True) | ~Q(cosigned_by=F("reported_by")))
                & (Q(verified_by__isnull=True) | ~Q(verified_by=F("reported_by")))
                & (Q(verified_by__isnull=True) | Q(cosigned_by__isnull=True) | ~Q(verified_by=F("cosigned_by"))),
                violation_error_message=_("Déclaration, cosignature et vérification exigent des personnes différentes."),
            ),
            models.CheckConstraint(
                name="gain_report_capturer_is_not_verifier",
                condition=Q(captured_by__isnull=True) | ~Q(captured_by=F("verified_by")),
                violation_error_message=_("La captation est confirmée par une autre personne que la vérification."),
            ),
            models.CheckConstraint(
                name="gain_report_cosigned_or_waived",
                condition=Q(state__in=[GainReportState.DRAFT, GainReportState.RETURNED])
                | Q(cosigned_by__isnull=False, cosignature_waived=False)
                | Q(cosigned_by__isnull=True, cosignature_waived=True),
                violation_error_message=_("La déclaration doit être cosignée."),
            ),
            models.CheckConstraint(
                name="gain_report_verified_is_complete",
                condition=Q(verified_by__isnull=True, verified_at__isnull=True, verified_amount__isnull=True, method_version="")
                | (
                    Q(verified_by__isnull=False, verified_at__isnull=False, verified_amount__isnull=False)
                    & ~Q(rating="")
                    & ~Q(method_version="")
                ),
            ),
            models.CheckConstraint(
                name="gain_report_state_fits_its_amounts",
                condition=Q(state__in=[GainReportState.DRAFT, GainReportState.SUBMITTED], verified_by__isnull=True)
                | (Q(state=GainReportState.RETURNED, verified_by__isnull=True) & ~Q(reason=""))
                | Q(state=GainReportState.VERIFIED, verified_by__isnull=False, verified_amount=F("amount"))
                | (Q(state=GainReportState.PARTLY_VERIFIED, verified_by__isnull=False) & ~Q(verified_amount=F("amount")))
                | Q(state=GainReportState.REJECTED, verified_by__isnull=False, verified_amount=0)
                | Q(state=GainReportState.CAPTURED, verified_by__isnull=False, captured_by__isnull=False)
                | Q(state=GainReportState.TO_REVERIFY, verified_by__isnull=False, version__gt=1),
            ),
            models.CheckConstraint(
                name="gain_report_adjustment_has_a_reason",
                condition=Q(verified_amount__isnull=True)
                | Q(verified_amount=F("amount"))
                | ~Q(reason="")
                | Q(state=GainReportState.TO_REVERIFY),
                violation_error_message=_("Expliquez l’écart entre le gain déclaré et le gain accepté."),
            ),
            models.CheckConstraint(
                name="gain_report_captured_has_a_budget_document",
                condition=Q(captured_by__isnull=True, captured_amount__isnull=True)
                | Q(captured_by__isnull=False, captured_at__isnull=False, captured_amount__isnull=False, budget_document__isnull=False),
                violation_error_message=_("La captation exige le document budgétaire."),
            ),
            models.CheckConstraint(  # between a restatement and its verification, what is verified is of the version before
                name="gain_report_verified_within_reported",
                condition=Q(verified_amount__isnull=True)
                | Q(state=GainReportState.TO_REVERIFY)
                | Q(verified_amount__gte=0, verified_amount__lte=F("amount"))
                | Q(verified_amount__lte=0, verified_amount__gte=F("amount")),
                violation_error_message=_("Le gain accepté ne peut pas dépasser le gain déclaré."),
            ),
            models.CheckConstraint(
                name="gain_report_captured_within_verified",
                condition=Q(captured_amount__isnull=True) | Q(captured_amount__gt=0, captured_amount__lte=F("verified_amount")),
                violation_error_message=_("Le gain capté ne peut pas dépasser le gain vérifié."),
            ),
            ExclusionConstraint(  # a rejected report keeps its period: it was examined, for 0.00
                name="gain_report_periods_apart",
                expressions=[("line", RangeOperators.EQUAL), (_DAYS, RangeOperators.OVERLAPS)],
                violation_error_message=_("Une autre déclaration de cette ligne couvre déjà des jours de cette période."),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"]),
            models.Index(fields=["project", "period_end"]),
            models.Index(fields=["period_end", "id"]),
            models.Index(fields=["id"], condition=Q(cosignature_waived=True), name="gain_report_waived"),
            models.Index(fields=["id"], condition=Q(version__gt=1), name="gain_report_restated"),
        ]

    def __str__(self) -> str:
        return self.number


class Gain(models.Model):
    """One known amount (dollars) of one line, stage and period. Append-only: a later `recorded_at` supersedes.

    Of two amounts recorded together, the later row counts. A row without a report was imported.
    """

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="gains")
    line = models.ForeignKey("projects.GainLine", models.PROTECT, related_name="gains")
    report = models.ForeignKey(GainReport, models.PROTECT, null=True, blank=True, related_name="gains")
    stage = models.CharField(_("stade"), max_length=9, choices=[(s.value, s.label) for s in Stage if s != Stage.FORECAST])
    period_start = models.DateField()
    period_end = models.DateField()
    amount = models.DecimalField(_("montant"), **_MONEY)
    evidence = models.CharField(_("preuve"), max_length=200, blank=True)
    method_version = models.CharField(_("version de la méthode"), max_length=20, blank=True, db_default="")
    #: what the row said of itself when it was known: of a reported row its maturity, of a verified row its rating
    maturity = models.CharField(_("maturité"), max_length=11, choices=Maturity, blank=True, default="", db_default="")
    rating = models.CharField(_("cote"), max_length=5, choices=Rating, blank=True, default="", db_default="")
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, related_name="+")
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "gain"
        constraints = [
            models.CheckConstraint(name="gain_dates_in_order", condition=Q(period_end__gte=F("period_start"))),
            models.CheckConstraint(name="gain_verified_has_evidence", condition=~Q(stage=Stage.VERIFIED) | ~Q(evidence="")),
            models.CheckConstraint(
                name="gain_verified_has_method",
                condition=~Q(stage=Stage.VERIFIED) | Q(report__isnull=True) | ~Q(method_version=""),
            ),
            models.CheckConstraint(name="gain_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.UniqueConstraint(name="gain_unique", fields=["line", "stage", "period_start", "period_end", "recorded_at", "amount"]),
        ]
        indexes = [models.Index(fields=["project", "stage"]), models.Index(fields=["recorded_at", "id"])]
