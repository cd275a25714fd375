"""A portfolio package that a person brought by its page: the files as received, what the examination found, and who confirmed it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from reporting.enums import ImportState

_EXAMINED = (ImportState.REFUSED, ImportState.READY, ImportState.NOTHING, ImportState.CONFIRMED, ImportState.MOVED, ImportState.IMPORTED)
_OVER = (ImportState.IMPORTED, ImportState.NOTHING, ImportState.CANCELLED)
_CONFIRMED = (ImportState.CONFIRMED, ImportState.MOVED, ImportState.IMPORTED)
_SHA256 = r"^[0-9a-f]{64}$"


class PortfolioImport(models.Model):
    """One package. `sha256` is of its bytes, or of the list of its files; `plan_sha256` is of what its examination would write."""

    state = models.CharField(_("état"), max_length=10, choices=ImportState, default=ImportState.QUEUED)
    name = models.CharField(_("paquet"), max_length=200)
    size = models.PositiveBigIntegerField(_("taille"))
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("téléversée le"))
    #: how far the work under way is, when a worker last touched it, and how many times one began it
    progress = models.PositiveSmallIntegerField(default=0)
    touched_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    examined_at = models.DateTimeField(null=True, blank=True)
    #: rows by file and money by kind, as the page shows them
    plan = models.JSONField(default=dict)
    plan_sha256 = models.CharField(max_length=64, blank=True)
    #: how many problems each file has, and the first ones; all of them are in the file at `problems_path`
    problems = models.JSONField(default=dict)
    problems_path = models.FileField(max_length=200, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="portfolio_import_sha256", condition=Q(sha256__regex=_SHA256)),
            models.CheckConstraint(
                name="portfolio_import_examined",
                condition=~Q(state__in=_EXAMINED) | Q(examined_at__isnull=False),
                violation_error_message=_("Ce paquet n’a pas encore été examiné."),
            ),
            models.CheckConstraint(
                name="portfolio_import_planned",
                condition=~Q(state__in=(ImportState.READY, *_CONFIRMED)) | Q(plan_sha256__regex=_SHA256),
                violation_error_message=_("Un paquet se confirme d’après son examen."),
            ),
            models.CheckConstraint(
                name="portfolio_import_confirmed",
                condition=(
                    (Q(confirmed_at__isnull=False, confirmed_by__isnull=False) | Q(confirmed_at__isnull=True, confirmed_by__isnull=True))
                    & (~Q(state__in=_CONFIRMED) | Q(confirmed_at__isnull=False))
                    & (Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=models.F("examined_at")))
                ),
                violation_error_message=_("Un paquet s’importe une fois confirmé, après son examen."),
            ),
            models.CheckConstraint(
                name="portfolio_import_ended",
                condition=Q(state__in=_OVER, ended_at__isnull=False) | (~Q(state__in=_OVER) & Q(ended_at__isnull=True)),
                violation_error_message=_("Une importation porte une fin si et seulement si elle est finie."),
            ),
            models.CheckConstraint(name="portfolio_import_failure_has_a_reason", condition=~Q(state=ImportState.FAILED) | ~Q(error="")),
        ]

    def __str__(self) -> str:
        return self.name


class PortfolioFile(models.Model):
    """A file of a package, as it was received. `forgotten_at`: its bytes are no longer kept; its SHA-256 is."""

    portfolio = models.ForeignKey(PortfolioImport, models.PROTECT, related_name="files")
    name = models.CharField(_("fichier"), max_length=200)
    size = models.PositiveBigIntegerField(_("taille"))
    sha256 = models.CharField(max_length=64)
    path = models.FileField(max_length=200)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="portfolio_file_name_once", fields=["portfolio", "name"]),
            models.CheckConstraint(name="portfolio_file_sha256", condition=Q(sha256__regex=_SHA256)),
        ]

    def __str__(self) -> str:
        return self.name
