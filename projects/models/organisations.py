"""Regions and organisations: applicants, ministries, and the units that people of the Secretariat belong to."""

from __future__ import annotations

import unicodedata

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.enums import FiscalCalendar, OrganisationKind


def sort_key(name: str) -> str:
    """Case, accents, dashes and apostrophes folded: sorts as French expects and finds near-duplicates."""
    apart = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe").replace("æ", "ae"))
    plain = "".join(c if c.isalnum() else " " for c in apart if not unicodedata.combining(c))
    return " ".join(plain.split())


class Region(models.Model):
    """An administrative region of Québec, by its two-digit code."""

    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(_("nom"), max_length=80)

    def __str__(self) -> str:
        return self.name


@pghistory.track(append_only=True)
class Organisation(models.Model):
    """`code` is the 5-digit geographic code of a municipality, or a stable short code."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("type"), max_length=16, choices=OrganisationKind)
    name = models.CharField(_("nom"), max_length=200)
    sort_key = models.CharField(max_length=200, editable=False, db_index=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")
    mrc = models.CharField(_("MRC"), max_length=80, blank=True)
    population = models.PositiveIntegerField(_("population"), null=True, blank=True)
    fiscal_calendar = models.CharField(_("exercice financier"), max_length=10, choices=FiscalCalendar)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organisation_dates_in_order",
                condition=Q(valid_to__isnull=True) | Q(valid_from__isnull=True) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("La date de fin précède la date de début."),
            ),
            models.CheckConstraint(name="organisation_code_not_blank", condition=~Q(code="")),
        ]
        indexes = [models.Index(fields=["kind", "sort_key"]), models.Index(fields=["region", "sort_key"])]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        self.sort_key = sort_key(self.name)
        super().save(*args, **kwargs)
