"""Reads of the register of incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from projects.models import Incident, JournalEntry
from projects.policies.incidents import read_incidents

#: the acts that make the story of an incident
ACTS = ("record_incident", "edit_incident", "close_incident")


def incidents_for(person: Any, now: datetime) -> QuerySet[Incident]:
    """The incidents that this person may read, the latest discovered first."""
    found = Incident.objects.all() if read_incidents(person, now) else Incident.objects.none()
    return found.select_related("recorded_by", "closed_by").order_by("-discovered_at", "-pk")


def story_of(incident: Incident) -> QuerySet[JournalEntry]:
    """Who recorded, completed and closed an incident, the oldest first."""
    entries = JournalEntry.objects.filter(object_type="projects.incident", object_id=incident.pk, act__in=ACTS)
    return entries.select_related("actor").order_by("pk")
