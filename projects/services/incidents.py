"""The register of confidentiality incidents: recorded, completed, closed; never erased. The journal names no person concerned."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, Stale, WrongState, act, current_entry, on_constraint
from projects.enums import INCIDENT_MOVES, IncidentState, InformationKind, InjuryRisk
from projects.models import Incident, User
from projects.policies import incidents as policies
from projects.services.journal import next_numbers, note, transition
from projects.services.locks import lock


@dataclass(frozen=True, slots=True)
class IncidentContent:
    """What the register says of an incident; what is not known yet is empty, or None."""

    discovered_at: datetime
    description: str
    kinds: tuple[str, ...]
    people_count: int | None = None
    risk: str = InjuryRisk.UNKNOWN
    assessment: str = ""
    measures: str = ""
    commission_notified_at: datetime | None = None
    people_notified_at: datetime | None = None


@act
def record_incident(*, content: IncidentContent, actor: User, now: datetime, key: str | None = None) -> Incident:
    """Enter an incident in the register. Raises NotAllowed, Invalid."""
    policies.record_incident(actor, now).require()
    _check(content, now)
    number = next_numbers(f"INC-{timezone.localdate(now).year}", 1, width=3)[0]
    incident = Incident.objects.create(number=number, recorded_by=actor, recorded_at=now, **_columns(content))
    note(incident, risk=content.risk)
    return incident


@act
def edit_incident(
    *, incident_id: int, content: IncidentContent, version: int, actor: User, now: datetime, key: str | None = None
) -> Incident:
    """Complete an incident. The database keeps each version. Raises NotAllowed, WrongState, Stale, Invalid."""
    incident = lock(Incident, incident_id)
    policies.edit_incident(actor, incident, now).require()
    if incident.version != version:
        raise Stale(_("Cet incident a été modifié entre-temps : rechargez la page, puis refaites votre changement."))
    _check(content, now)
    columns = {**_columns(content), "version": version + 1}
    changed = [name for name, value in columns.items() if getattr(incident, name) != value and name != "version"]
    for name, value in columns.items():
        setattr(incident, name, value)
    incident.save(update_fields=list(columns))
    note(incident, fields=changed, risk=content.risk)
    return incident


@act
def close_incident(*, incident_id: int, actor: User, now: datetime, key: str | None = None) -> Incident:
    """Close an incident: assessed, counted, with its measures, and told to those whom a serious risk obliges to tell.

    Raises NotAllowed, WrongState.
    """
    incident = lock(Incident, incident_id)
    policies.edit_incident(actor, incident, now).require()
    transition([incident], IncidentState.CLOSED, moves=INCIDENT_MOVES, now=now, closed_by=actor, closed_at=now)
    return incident


@act
def export_incidents(*, rows: int, actor: User, now: datetime, key: str | None = None) -> None:
    """Record that a person takes the register out of the portal. Raises NotAllowed."""
    policies.export_incidents(actor, now).require()
    current_entry().facts["rows"] = rows


def _columns(content: IncidentContent) -> dict[str, object]:
    columns = asdict(content)
    columns["kinds"] = [kind for kind in InformationKind.values if kind in content.kinds]
    return columns


def _check(content: IncidentContent, now: datetime) -> None:
    errors = {}
    if not content.description.strip():
        errors["description"] = _("Décrivez ce qui s’est passé, sans nommer les personnes concernées.")
    if not set(content.kinds) & set(InformationKind.values):
        errors["kinds"] = _("Choisissez au moins une sorte de renseignements.")
    if content.risk != InjuryRisk.UNKNOWN and not content.assessment.strip():
        errors["assessment"] = _("Expliquez l’évaluation du risque.")
    if content.discovered_at > now:
        errors["discovered_at"] = _("La découverte ne peut pas être dans le futur.")
    for name in ("commission_notified_at", "people_notified_at"):
        at = getattr(content, name)
        if at and not content.discovered_at <= at <= now:
            errors[name] = _("L’avis suit la découverte et n’est pas dans le futur.")
    if errors:
        raise Invalid(errors=errors)


@on_constraint("incident_kept")
def _kept(detail: dict[str, object]) -> DomainError:
    return WrongState(_("Cet incident est clos : il reste tel qu’il a été inscrit."))
