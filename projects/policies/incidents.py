"""Who keeps the register of confidentiality incidents, and who reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, first_no, possible
from projects.enums import IncidentState, Role
from projects.models import Incident
from projects.policies.rights import needs_role


def read_incidents(actor: Any, now: datetime) -> Verdict:
    """The privacy officer, the head and the auditors; nobody else knows that there was one."""
    return needs_role(actor, now, Role.PRIVACY_OFFICER, Role.HEAD, Role.AUDITOR)


def record_incident(actor: Any, now: datetime) -> Verdict:
    """The privacy officer records incidents."""
    return needs_role(actor, now, Role.PRIVACY_OFFICER)


def edit_incident(actor: Any, incident: Incident, now: datetime) -> Verdict:
    """The privacy officer completes an incident until it is closed, and closes it."""
    return first_no(
        record_incident(actor, now),
        possible(incident.state == IncidentState.OPEN, _("Cet incident est clos : il reste tel qu’il a été inscrit.")),
    )


def export_incidents(actor: Any, now: datetime) -> Verdict:
    """Whoever reads the register may take it; the journal says who did."""
    return read_incidents(actor, now)
