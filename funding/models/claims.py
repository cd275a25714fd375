"""Claims of eligible costs: what the beneficiary spent, by category and with its documents, and what was admitted of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import CLAIM_DECIDED, ClaimState
from projects.enums import CostCategory

_PERSON = settings.AUTH_USER_MODEL
_DECIDED = sorted(CLAIM_DECIDED)


class Claim(models.Model):
    """The claim of one instalment, in dollars. `aid` is what it lets be paid; the limit is that of the terms on the day of the decision."""

    number = models.CharField(_("numéro"), max_length=20, unique=True)
    instalment = models.ForeignKey("funding.Instalment", models.PROTECT, related_name="claims")
    state = models.CharField(_("état"), max_length=16, choices=ClaimState, default=ClaimState.DRAFT)
    period_start = models.DateField(_("début de la période"))
    period_end = models.DateField(_("fin de la période"))
    other_public_aid = models.DecimalField(_("autres aides publiques pour ces coûts"), max_digits=15, decimal_places=2)
    drafted_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    submitted_at = models.DateTimeField(_("soumise le"), null=True, blank=True)
    examined_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    examined_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("décidée le"), null=True, blank=True)
    admitted_cost = models.DecimalField(_("coûts admis"), max_digits=15, decimal_places=2, null=True, blank=True)
    stacking_limit = models.DecimalField(_("limite du cumul"), max_digits=9, decimal_places=6, null=True, blank=True)
    aid = models.DecimalField(_("aide admise"), max_digits=15, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="claim_one_live_per_instalment",
                fields=["instalment"],
                condition=~Q(state=ClaimState.REFUSED),
                violation_error_message=_("Ce versement a déjà une réclamation."),
            ),
            models.CheckConstraint(
                name="claim_dates_in_order",
                condition=Q(period_end__gte=F("period_start")),
                violation_error_message=_("La fin de la période suit son début."),
            ),
            models.CheckConstraint(name="claim_other_aid_not_negative", condition=Q(other_public_aid__gte=0)),
            models.CheckConstraint(
                name="claim_submitted_iff_not_draft",
                condition=Q(state=ClaimState.DRAFT, submitted_by__isnull=True, submitted_at__isnull=True)
                | (~Q(state=ClaimState.DRAFT) & Q(submitted_by__isnull=False, submitted_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="claim_decision_is_complete",
                condition=Q(
                    state__in=_DECIDED,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    admitted_cost__gte=0,
                    stacking_limit__isnull=False,
                    aid__gte=0,
                )
                | (
                    ~Q(state__in=_DECIDED)
                    & Q(decided_by__isnull=True, decided_at__isnull=True, admitted_cost__isnull=True, aid__isnull=True)
                ),
            ),
            models.CheckConstraint(name="claim_refused_admits_nothing", condition=~Q(state=ClaimState.REFUSED) | Q(admitted_cost=0, aid=0)),
            models.CheckConstraint(
                name="claim_public_aid_within_limit",
                condition=Q(aid__isnull=True) | Q(aid=0) | Q(aid__lte=F("admitted_cost") * F("stacking_limit") - F("other_public_aid")),
                violation_error_message=_("Le cumul des aides publiques dépasserait la limite des modalités."),
            ),
            models.CheckConstraint(
                name="claim_decided_by_another",
                condition=Q(decided_by__isnull=True) | (~Q(decided_by=F("submitted_by")) & ~Q(decided_by=F("drafted_by"))),
                violation_error_message=_("La personne qui présente une réclamation ne la décide pas."),
            ),
        ]
        indexes = [models.Index(fields=["state", "submitted_at", "id"])]

    def __str__(self) -> str:
        return self.number


class ClaimLine(models.Model):
    """A cost of one category, in dollars, with its document; `admitted` and why not the rest, once decided."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="lines")
    category = models.CharField(_("catégorie"), max_length=12, choices=CostCategory)
    amount = models.DecimalField(_("montant réclamé"), max_digits=15, decimal_places=2)
    document = models.ForeignKey("projects.Document", models.PROTECT, null=True, blank=True, related_name="+")
    admitted = models.DecimalField(_("montant admis"), max_digits=15, decimal_places=2, null=True, blank=True)
    reason = models.TextField(_("motif"), max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="claim_line_unique", fields=["claim", "category"]),
            models.CheckConstraint(name="claim_line_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="claim_line_admitted_within_amount",
                condition=Q(admitted__isnull=True) | Q(admitted__gte=0, admitted__lte=F("amount")),
                violation_error_message=_("Le montant admis ne dépasse pas le montant réclamé."),
            ),
            models.CheckConstraint(
                name="claim_line_refusal_has_a_reason",
                condition=Q(admitted__isnull=True) | Q(admitted=F("amount")) | ~Q(reason=""),
                violation_error_message=_("Ce qui n’est pas admis a un motif."),
            ),
        ]
