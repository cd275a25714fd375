"""The register of confidentiality incidents (Law 25): what happened, how serious it is, and who was told."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy as _

from projects.enums import IncidentState, InformationKind, InjuryRisk


def _filled(name: str) -> GreaterThanOrEqual:
    return GreaterThanOrEqual(Length(Trim(name)), 1)


@pghistory.track(append_only=True)
class Incident(models.Model):
    """Each version of the row is kept by the database. An incident closes once it is assessed, and those it concerns are told."""

    number = models.CharField(_("numéro"), max_length=20, unique=True)
    state = models.CharField(_("état"), max_length=6, choices=IncidentState, default=IncidentState.OPEN)
    discovered_at = models.DateTimeField(_("découvert le"))
    description = models.TextField(_("circonstances"), max_length=4000)
    kinds = ArrayField(models.CharField(max_length=12, choices=InformationKind), verbose_name=_("renseignements touchés"))
    people_count = models.PositiveIntegerField(_("personnes concernées"), null=True, blank=True)
    risk = models.CharField(_("risque de préjudice"), max_length=8, choices=InjuryRisk, default=InjuryRisk.UNKNOWN)
    assessment = models.TextField(_("évaluation du risque"), max_length=4000, blank=True)
    measures = models.TextField(_("mesures prises"), max_length=4000, blank=True)
    commission_notified_at = models.DateTimeField(_("Commission avisée le"), null=True, blank=True)
    people_notified_at = models.DateTimeField(_("personnes avisées le"), null=True, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("inscrit le"))
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(_("clos le"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="incident_is_described",
                condition=_filled("description") & Q(kinds__len__gt=0),
                violation_error_message=_("Un incident a sa description et les renseignements touchés."),
            ),
            models.CheckConstraint(
                name="incident_dates_in_order",
                condition=Q(recorded_at__gte=F("discovered_at"))
                & (Q(commission_notified_at__isnull=True) | Q(commission_notified_at__gte=F("discovered_at")))
                & (Q(people_notified_at__isnull=True) | Q(people_notified_at__gte=F("discovered_at"))),
                violation_error_message=_("Une date de l’incident précède sa découverte."),
            ),
            models.CheckConstraint(
                name="incident_risk_is_explained",
                condition=Q(risk=InjuryRisk.UNKNOWN) | _filled("assessment"),
                violation_error_message=_("Expliquez l’évaluation du risque."),
            ),
            models.CheckConstraint(
                name="incident_closed_complete",
                condition=Q(state=IncidentState.OPEN, closed_by__isnull=True, closed_at__isnull=True)
                | (Q(state=IncidentState.CLOSED, closed_by__isnull=False, closed_at__gte=F("recorded_at"), people_count__isnull=False)
                   & ~Q(risk=InjuryRisk.UNKNOWN) & _filled("measures")),
                violation_error_message=_("Un incident se clôt une fois le risque évalué, les personnes comptées et les mesures prises."),
            ),
            models.CheckConstraint(
                name="incident_serious_is_notified",
                condition=~Q(state=IncidentState.CLOSED, risk=InjuryRisk.SERIOUS)
                | Q(commission_notified_at__isnull=False, people_notified_at__isnull=False),
                violation_error_message=_(
                    "Un risque sérieux oblige à aviser la Commission d’accès à l’information et les personnes concernées."
                ),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number
