"""What funding must know of the follow-up of an agreement: how often the terms ask for reports, its risk tier, and what is settled."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import FollowUpFactKind, HoldLift, RiskTier

_PERSON = settings.AUTH_USER_MODEL


@pghistory.track(append_only=True)
class FollowUpTerms(models.Model):
    """How a terms profile follows its agreements: it is dated by the profile. A profile without a row asks for no follow-up report.

    Reports are due so many days after their period as `TermsProfile.report_due_days` says, and go on for its `follow_up_years`.
    """

    terms = models.OneToOneField("projects.TermsProfile", models.PROTECT, related_name="follow_up_terms")
    low_months = models.PositiveSmallIntegerField(_("mois entre deux rapports, risque faible"))
    medium_months = models.PositiveSmallIntegerField(_("mois entre deux rapports, risque moyen"))
    high_months = models.PositiveSmallIntegerField(_("mois entre deux rapports, risque élevé"))
    medium_from = models.DecimalField(_("risque moyen à partir de"), max_digits=15, decimal_places=2)
    high_from = models.DecimalField(_("risque élevé à partir de"), max_digits=15, decimal_places=2)
    #: days of lateness after which the payments are held; None: never
    hold_after_days = models.PositiveSmallIntegerField(_("jours de retard avant la retenue des paiements"), null=True, blank=True)
    hold_lifts_on = models.CharField(_("levée de la retenue"), max_length=10, choices=HoldLift)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="follow_up_months_divide_a_year",
                condition=Q(low_months__in=(1, 2, 3, 4, 6, 12), medium_months__in=(1, 2, 3, 4, 6, 12), high_months__in=(1, 2, 3, 4, 6, 12)),
                violation_error_message=_("Les périodes de suivi divisent l’année : 1, 2, 3, 4, 6 ou 12 mois."),
            ),
            models.CheckConstraint(
                name="follow_up_amounts_in_order",
                condition=Q(medium_from__gte=0, high_from__gte=F("medium_from")),
                violation_error_message=_("Le risque élevé commence à un montant au moins égal à celui du risque moyen."),
            ),
        ]


class AgreementRisk(models.Model):
    """The risk tier of an agreement from one decision on, with its reason; a later version supersedes. Append-only."""

    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, related_name="risks")
    version = models.PositiveSmallIntegerField(_("version"))
    tier = models.CharField(_("palier de risque"), max_length=6, choices=RiskTier)
    #: what the terms propose for the amount, on that day
    proposed = models.CharField(_("palier proposé"), max_length=6, choices=RiskTier)
    reason = models.TextField(_("motif"), max_length=2000)
    decided_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="agreement_risk_version_unique",
                fields=["agreement", "version"],
                violation_error_message=_("Une autre personne vient de changer ce palier : relisez-le."),
            ),
            models.CheckConstraint(
                name="agreement_risk_has_a_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Le palier de risque doit être motivé."),
            ),
        ]


class FollowUpFact(models.Model):
    """What is settled of the follow-up of an agreement, as its reports tell it. Append-only; `through` is the last day that it covers.

    The calendar is established once; a final report and its lessons are those of an agreement that ends by `through`.
    """

    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, related_name="follow_up_facts")
    kind = models.CharField(max_length=12, choices=FollowUpFactKind)
    reference = models.CharField(max_length=40)
    through = models.DateField()
    person = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="follow_up_fact_unique", fields=["agreement", "kind", "reference"]),
            models.UniqueConstraint(name="follow_up_calendar_once", fields=["agreement"], condition=Q(kind=FollowUpFactKind.CALENDAR)),
        ]
