"""Reads of a project as a whole: its agreement, its milestones and payments, its gains."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from funding.models import Agreement
from projects.models import Project
from projects.queries.applications import projects_for


def project_rows_for(person: Any, now: datetime) -> QuerySet[Project]:
    """The visible projects with `awarded`, the amount (dollars) of their agreement, the latest decided first."""
    found = projects_for(person, now).select_related("organisation", "call", "region", "application")
    return found.annotate(awarded=F("agreement__amount")).order_by("-decided_on", "-pk")


def agreement_of(project: Project) -> Agreement | None:
    return next(iter(Agreement.objects.filter(project=project).order_by("pk")), None)
