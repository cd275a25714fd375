"""Reads of baselines: the one that was signed, the versions asked for since, and the one that holds for a period."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from projects.enums import Role
from projects.models import BaselineVersion, GainLine, Membership, Project, User
from projects.models.baselines import AnyBaseline


def project_of_line(line: GainLine) -> Project:
    """A plan belongs to its project, or still to the application that became it. Raises Project.DoesNotExist."""
    return Project.objects.select_related("application").get(Q(gain_plan=line.plan_id) | Q(application__gain_plan=line.plan_id))


def versions_of(line: GainLine) -> QuerySet[BaselineVersion]:
    """The versions asked for since the signature, each with who asked and what was decided."""
    return line.versions.select_related("asked_by", "decision__decided_by").order_by("number", "pk")


def waiting_version(line: GainLine) -> BaselineVersion | None:
    """The version that waits for its decision: there is at most one."""
    return next(iter(versions_of(line).filter(decision=None)[:1]), None)


def baseline_on(line: GainLine, day: date) -> AnyBaseline | None:
    """The baseline that holds for a period that ends on `day`: the last version accepted by then, or the one that was signed.

    None on a line that has no baseline, as one that was imported.
    """
    accepted = line.versions.filter(decision__accepted=True, effective_on__lte=day).order_by("-number", "-pk")
    return next(iter(accepted[:1]), None) or getattr(line, "baseline", None)


def directors_to_tell(project: Project, now: datetime) -> QuerySet[User]:
    """The management of the Secretariat, for the files of a call."""
    holding = Membership.objects.on(timezone.localdate(now)).for_call(project.call_id).filter(role=Role.DIRECTOR)
    return User.objects.filter(is_active=True, pk__in=holding.values("person")).order_by("pk")
