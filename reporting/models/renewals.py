"""Whether a project is renewed: what the computation recommends, frozen with its figures, and what a person decides."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.enums import Role
from reporting.enums import RenewalAdvice, RenewalDecision, RenewalState

_PERSON = settings.AUTH_USER_MODEL
_MONEY: Any = {"max_digits": 15, "decimal_places": 2}
_RATIO: Any = {"max_digits": 15, "decimal_places": 4, "null": True, "blank": True}
_SHARE: Any = {"max_digits": 9, "decimal_places": 6, "null": True, "blank": True}
_S = RenewalState


class Renewal(models.Model):
    """The renewal dossier of a project. Amounts are dollars; ratios are rounded to 4 decimals as they were shown on that day.

    It informs: what it decides commits no credit, and is carried out by an award or an amendment named in `carried_out_by`.
    """

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="renewals")
    number = models.CharField(_("numéro"), max_length=20, unique=True)
    state = models.CharField(_("état"), max_length=11, choices=RenewalState, default=RenewalState.OPENED)
    opened_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    eligible_base = models.DecimalField(_("base admissible"), **_MONEY, null=True, blank=True)
    base_reason = models.TextField(_("établissement de la base"), max_length=2000, blank=True)
    analysis = models.TextField(_("analyse"), max_length=8000, blank=True)
    analysed_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    analysed_at = models.DateTimeField(null=True, blank=True)
    effective = models.DateField(_("date d’effet"), null=True, blank=True)
    known = models.DateTimeField(_("date de connaissance"), null=True, blank=True)
    realisation = models.DecimalField(_("réalisation vérifiée"), **_RATIO)
    coverage = models.DecimalField(_("couverture de vérification"), **_RATIO)
    attainment = models.DecimalField(_("atteinte des objectifs"), **_RATIO)
    score = models.DecimalField(_("pointage"), **_RATIO)
    factor = models.DecimalField(_("facteur"), **_RATIO)
    advice = models.CharField(_("recommandation"), max_length=10, choices=RenewalAdvice, blank=True)
    recommended_amount = models.DecimalField(_("montant recommandé"), **_MONEY, null=True, blank=True)
    realisation_weight = models.DecimalField(_("poids de la réalisation"), **_SHARE)
    least_coverage = models.DecimalField(_("couverture minimale"), **_SHARE)
    least_score = models.DecimalField(_("pointage minimal"), **_SHARE)
    largest_factor = models.DecimalField(_("facteur maximal"), **_SHARE)
    weights_source = models.CharField(_("source des paramètres"), max_length=200, blank=True)
    recommended_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    recommended_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(_("décision"), max_length=7, choices=RenewalDecision, blank=True)
    decided_amount = models.DecimalField(_("montant décidé"), **_MONEY, null=True, blank=True)
    decision_reason = models.TextField(_("motifs"), max_length=4000, blank=True)
    decided_as = models.CharField(_("à titre de"), max_length=20, choices=Role, blank=True)
    decided_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    carried_out_by = models.CharField(_("mise en œuvre par"), max_length=60, blank=True)
    carried_out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="renewal_one_open",
                fields=["project"],
                condition=Q(state__in=[_S.OPENED, _S.ANALYSED, _S.RECOMMENDED]),
                violation_error_message=_("Ce projet a déjà un dossier de reconduction en cours."),
            ),
            models.CheckConstraint(
                name="renewal_analysed_is_complete",
                condition=Q(state=_S.OPENED, analysed_by=None)
                | Q(analysed_by__isnull=False, analysed_at__isnull=False, eligible_base__isnull=False, eligible_base__gte=0)
                & ~Q(analysis="") & ~Q(base_reason=""),
            ),
            models.CheckConstraint(
                name="renewal_recommended_is_frozen",
                condition=Q(state__in=[_S.OPENED, _S.ANALYSED], recommended_by=None, advice="")
                | Q(
                    state__in=[_S.RECOMMENDED, _S.DECIDED, _S.IMPLEMENTED], recommended_by__isnull=False, recommended_at__isnull=False,
                    effective__isnull=False, known__isnull=False, realisation_weight__isnull=False, least_coverage__isnull=False,
                    least_score__isnull=False, largest_factor__isnull=False,
                )
                & ~Q(advice="")
                & (
                    Q(factor=None, recommended_amount=None)
                    | Q(factor__isnull=False, factor__gte=0, recommended_amount__isnull=False, recommended_amount__gte=0)
                ),
            ),
            models.CheckConstraint(
                name="renewal_two_people",
                condition=Q(decided_by=None) | ~Q(decided_by=F("recommended_by")) & ~Q(decided_by=F("analysed_by")),
                violation_error_message=_("La personne qui décide d’une reconduction ne l’a ni analysée ni recommandée."),
            ),
            models.CheckConstraint(
                name="renewal_decided_is_complete",
                condition=Q(state__in=[_S.OPENED, _S.ANALYSED, _S.RECOMMENDED], decided_by=None, decision="", decided_amount=None)
                | Q(
                    state__in=[_S.DECIDED, _S.IMPLEMENTED], decided_by__isnull=False, decided_at__isnull=False,
                    decided_amount__isnull=False,
                )
                & ~Q(decision="") & ~Q(decided_as=""),
            ),
            models.CheckConstraint(
                name="renewal_decision_fits_its_amount",
                condition=Q(decision="")
                | Q(decision=RenewalDecision.NONE, decided_amount=0)
                | Q(decision=RenewalDecision.PARTIAL, decided_amount__gt=0, decided_amount__lt=F("eligible_base"))
                | Q(decision=RenewalDecision.FULL, decided_amount__gt=0, decided_amount=F("eligible_base"))
                | Q(decision=RenewalDecision.BONUS, decided_amount__gt=F("eligible_base")),
                violation_error_message=_("Le montant décidé ne correspond pas à la décision."),
            ),
            models.CheckConstraint(
                name="renewal_departure_has_a_reason",
                condition=Q(decided_amount=None)
                | Q(recommended_amount__isnull=False, decided_amount=F("recommended_amount"))
                | ~Q(decision_reason=""),
                violation_error_message=_("Motivez une décision qui s’écarte de la recommandation."),
            ),
            models.CheckConstraint(
                name="renewal_carried_out_is_named",
                condition=Q(state=_S.IMPLEMENTED, carried_out_at__isnull=False) & ~Q(carried_out_by="")
                | ~Q(state=_S.IMPLEMENTED) & Q(carried_out_at=None, carried_out_by=""),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["opened_at", "id"])]

    def __str__(self) -> str:
        return self.number


class RenewalStep(models.Model):
    """What a dossier said from an instant on: its base once analysed, its decision once decided. Append-only: the reports read it."""

    renewal = models.ForeignKey(Renewal, models.PROTECT, related_name="steps")
    state = models.CharField(_("état"), max_length=11, choices=RenewalState)
    eligible_base = models.DecimalField(_("base admissible"), **_MONEY, null=True, blank=True)
    decision = models.CharField(_("décision"), max_length=7, choices=RenewalDecision, blank=True)
    decided_amount = models.DecimalField(_("montant décidé"), **_MONEY, null=True, blank=True)
    reason = models.TextField(_("motifs"), max_length=4000, blank=True)
    effective_on = models.DateField(_("date d’effet"))
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(name="renewal_step_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$"))]
        indexes = [models.Index(fields=["recorded_at", "id"])]
