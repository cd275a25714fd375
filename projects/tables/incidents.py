"""The register of incidents, as a page and as a file."""

from __future__ import annotations

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.tables import BaseTable, DayColumn, NumberColumn
from fondsinnovation.templatetags.portal import tag
from projects.enums import IncidentState, InformationKind, InjuryRisk
from projects.models import Incident

RISK_COLOURS = {InjuryRisk.UNKNOWN: "yellow", InjuryRisk.LOW: "green", InjuryRisk.SERIOUS: "red"}

#: a column of the export: its heading and its value
COLUMNS: tuple[tuple[Any, Any], ...] = (
    (_("Numéro"), lambda i: i.number),
    (_("État"), lambda i: str(i.get_state_display())),
    (_("Découvert le"), lambda i: i.discovered_at),
    (_("Inscrit le"), lambda i: i.recorded_at),
    (_("Circonstances"), lambda i: i.description),
    (_("Renseignements touchés"), lambda i: kinds_of(i)),
    (_("Personnes concernées"), lambda i: i.people_count),
    (_("Risque de préjudice"), lambda i: str(i.get_risk_display())),
    (_("Évaluation du risque"), lambda i: i.assessment),
    (_("Mesures prises"), lambda i: i.measures),
    (_("Commission avisée le"), lambda i: i.commission_notified_at),
    (_("Personnes avisées le"), lambda i: i.people_notified_at),
    (_("Clos le"), lambda i: i.closed_at),
)


def kinds_of(incident: Incident) -> str:
    return ", ".join(str(InformationKind(kind).label) for kind in incident.kinds)


def risk_tag(incident: Incident) -> SafeString:
    risk = InjuryRisk(incident.risk)
    return tag(str(risk.label), RISK_COLOURS[risk])


def state_tag(incident: Incident) -> SafeString:
    state = IncidentState(incident.state)
    return tag(str(state.label), "yellow" if state == IncidentState.OPEN else "outline")


class IncidentTable(BaseTable):
    number = django_tables2.Column(verbose_name=_("Incident"))
    state = django_tables2.Column(verbose_name=_("État"))
    discovered_at = DayColumn(verbose_name=_("Découvert le"))
    kinds = django_tables2.Column(verbose_name=_("Renseignements touchés"), orderable=False)
    people_count = NumberColumn(verbose_name=_("Personnes"))
    risk = django_tables2.Column(verbose_name=_("Risque de préjudice"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("empty_text", _("Aucun incident n’est inscrit."))
        super().__init__(*args, **kwargs)

    def render_number(self, record: Incident) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("projects:incident_detail", args=[record.number]), record.number)

    def render_state(self, record: Incident) -> SafeString:
        return state_tag(record)

    def render_kinds(self, record: Incident) -> str:
        return kinds_of(record)

    def render_risk(self, record: Incident) -> SafeString:
        return risk_tag(record)
