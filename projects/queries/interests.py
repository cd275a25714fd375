"""Reads of declared interests and recusals."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from projects.enums import InterestAnswer
from projects.models import Application, InterestDeclaration, User


def undecided(applications: QuerySet[Application]) -> QuerySet[InterestDeclaration]:
    """The potential conflicts declared on these applications that nobody has decided on, the oldest first."""
    later = InterestDeclaration.objects.filter(application=OuterRef("application"), person=OuterRef("person"), pk__gt=OuterRef("pk"))
    return (
        InterestDeclaration.objects.filter(~Exists(later), application__in=applications, answer=InterestAnswer.POTENTIAL)
        .select_related("person", "application__call", "application__organisation")
        .order_by("declared_at", "pk")
    )


def people_recused_from(application: Application) -> QuerySet[User]:
    return User.objects.filter(recusals__application=application).order_by("name", "pk")
