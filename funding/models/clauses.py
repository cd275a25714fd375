"""Clauses of agreements, version by version, and the text of each draft as it was frozen."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from funding.enums import AgreementKind

_PERSON = settings.AUTH_USER_MODEL


class ClauseTemplate(models.Model):
    """One published version of a clause; the latest one begun counts, and a withdrawn one ends it. Append-only.

    `published_by` is empty for the clauses that came with the portal.
    """

    kind = models.CharField(_("type de convention"), max_length=16, choices=AgreementKind)
    code = models.SlugField(_("code"), max_length=30)
    version = models.PositiveSmallIntegerField(_("version"))
    position = models.PositiveSmallIntegerField(_("rang"))
    valid_from = models.DateField(_("en vigueur du"))
    is_withdrawn = models.BooleanField(_("retirée"), default=False)
    title = models.CharField(_("titre"), max_length=120)
    body = models.TextField(_("texte"), max_length=6000)
    title_en = models.CharField(_("titre anglais"), max_length=120)
    body_en = models.TextField(_("texte anglais"), max_length=6000)
    reason = models.TextField(_("motif"), max_length=2000)
    published_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(_("publiée le"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="clause_version_unique",
                fields=["kind", "code", "version"],
                violation_error_message=_("Cette version existe déjà."),
            ),
            models.CheckConstraint(
                name="clause_says_why",
                condition=~Q(reason=""),
                violation_error_message=_("Une version se publie avec un motif."),
            ),
            models.CheckConstraint(name="clause_has_a_text", condition=~Q(title="") & ~Q(body="") & ~Q(title_en="") & ~Q(body_en="")),
        ]
        indexes = [models.Index(fields=["kind", "position", "code", "-version"])]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class AgreementText(models.Model):
    """What a draft says, frozen: canonical JSON and its SHA-256, which the parties sign; `document` is the PDF made of it. Append-only."""

    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, related_name="texts")
    version = models.PositiveSmallIntegerField(_("version du projet"))
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    document = models.ForeignKey("projects.Document", models.PROTECT, related_name="+")
    frozen_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField(_("figé le"))

    class Meta:
        constraints = [
            models.UniqueConstraint(name="agreement_text_version_unique", fields=["agreement", "version"]),
            models.CheckConstraint(name="agreement_text_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]
