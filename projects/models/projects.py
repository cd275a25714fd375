"""Funded projects in execution."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.enums import Modality, ProjectState


class Project(models.Model):
    """`signed_on` fixes the reference forecast; days before `starts_on` count for no gain (windfall)."""

    reference = models.CharField(_("numéro"), max_length=40, unique=True)
    application = models.OneToOneField("projects.Application", models.PROTECT, null=True, blank=True, related_name="project")
    call = models.ForeignKey("projects.Call", models.PROTECT, related_name="projects")
    organisation = models.ForeignKey("projects.Organisation", models.PROTECT, related_name="projects")
    region = models.ForeignKey("projects.Region", models.PROTECT, null=True, blank=True, related_name="+")
    title = models.CharField(_("titre"), max_length=200)
    modality = models.CharField(_("modalité"), max_length=12, choices=Modality)
    state = models.CharField(_("état"), max_length=12, choices=ProjectState, default=ProjectState.ACTIVE)
    decided_on = models.DateField(_("décidé le"))
    signed_on = models.DateField(_("signé le"), null=True, blank=True)
    starts_on = models.DateField(_("début"), null=True, blank=True)
    ends_on = models.DateField(_("fin"), null=True, blank=True)
    #: when it was taken from history, with its own dates
    imported_at = models.DateTimeField(_("repris le"), null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="project_dates_in_order",
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("La fin du projet précède son début."),
            ),
            models.CheckConstraint(
                name="project_imported_has_no_application",
                condition=Q(imported_at__isnull=True) | Q(application__isnull=True),
                violation_error_message=_("Un projet repris de l’historique n’a pas de demande dans le portail."),
            ),
        ]
        indexes = [models.Index(fields=["call", "reference"]), models.Index(fields=["organisation", "reference"])]

    def __str__(self) -> str:
        return self.reference
