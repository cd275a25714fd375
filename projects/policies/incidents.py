"""Who keeps the register of confidentiality incidents, and who reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import YES, Verdict, possible
from projects.enums import IncidentState, Role
from projects.models import Incident
from projects.policies.rules import Subject, rule

READERS = (Role.HEAD, Role.AUDITOR, Role.PRIVACY_OFFICER)


@rule(
    *READERS,
    says=gettext_lazy("La protection des renseignements personnels, la tête et l’audit lisent le registre des incidents."),
    subject=Subject.ACCESS,
    acts=(),
)
def read_incidents(actor: Any, now: datetime) -> Verdict:
    """The privacy officer, the head and the auditors; nobody else knows that there was one."""
    return YES


@rule(
    Role.PRIVACY_OFFICER,
    says=gettext_lazy("La protection des renseignements personnels inscrit un incident de confidentialité."),
    subject=Subject.ACCESS,
)
def record_incident(actor: Any, now: datetime) -> Verdict:
    """The privacy officer records incidents."""
    return YES


@rule(
    Role.PRIVACY_OFFICER,
    says=gettext_lazy("La protection des renseignements personnels complète un incident et le clôt."),
    subject=Subject.ACCESS,
    acts=("edit_incident", "close_incident"),
)
def edit_incident(actor: Any, incident: Incident, now: datetime) -> Verdict:
    """The privacy officer completes an incident until it is closed, and closes it."""
    return possible(incident.state == IncidentState.OPEN, _("Cet incident est clos : il reste tel qu’il a été inscrit."))


@rule(
    *READERS,
    says=gettext_lazy("Qui lit le registre des incidents peut l’emporter; le journal dit qui l’a pris."),
    subject=Subject.ACCESS,
)
def export_incidents(actor: Any, now: datetime) -> Verdict:
    """Whoever reads the register may take it; the journal says who did."""
    return YES
