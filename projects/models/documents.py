"""Files, each with the SHA-256 of its bytes; stored privately, never served by a plain address."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.enums import DocumentKind


class Document(models.Model):
    """`path` is relative to the private media root; who may read a document follows who may read its file."""

    application = models.ForeignKey("projects.Application", models.PROTECT, null=True, blank=True, related_name="documents")
    project = models.ForeignKey("projects.Project", models.PROTECT, null=True, blank=True, related_name="documents")
    kind = models.CharField(_("type"), max_length=12, choices=DocumentKind)
    name = models.CharField(_("nom"), max_length=200)
    path = models.FileField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(_("taille"))
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("ajouté le"))
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="document_belongs_to_a_file", condition=Q(application__isnull=False) | Q(project__isnull=False)),
            models.CheckConstraint(
                name="document_not_empty",
                condition=Q(size__gt=0),
                violation_error_message=_("Ce fichier est vide."),
            ),
            models.CheckConstraint(name="document_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]

    def __str__(self) -> str:
        return self.name
