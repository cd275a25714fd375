"""What a project was for the reports that were read before it changed."""

from __future__ import annotations

from django.db import models

from projects.enums import ProjectState


class ProjectPast(models.Model):
    """A report known at `until` or before reads these facts; `is_known` false: it has no such project. Written by the database alone.

    `until` is the latest knowledge date that a report had fixed when the project changed: what is read after it is what is new.
    """

    project = models.ForeignKey("projects.Project", models.PROTECT, related_name="+")
    until = models.DateTimeField()
    is_known = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=ProjectState)
    signed_on = models.DateField(null=True, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="project_past_unique", fields=["project", "until"])]
        indexes = [models.Index(fields=["until"])]
