"""Regions and organisations: applicants, ministries, and the units that people of the Secretariat belong to."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Concat, Lower
from django.utils.translation import gettext_lazy as _

from projects.enums import ChangeKind, FiscalCalendar, OrganisationKind

#: a Québec enterprise number: ten digits that begin by the kind of enterprise
NEQ = r"(11|22|33|88)[0-9]{8}"
_SHORT_SAINT = re.compile(r"\b(ste?)(?= )")
_SAINTS = {"st": "saint", "ste": "sainte"}


def words_of(text: str) -> str:
    """Words without case, accents, dashes nor apostrophes."""
    apart = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    plain = "".join(c if c.isalnum() else " " for c in apart if not unicodedata.combining(c))
    return " ".join(plain.split())


def sort_key(name: str) -> str:
    """The one normalised key of a name: sorts as French expects and finds near-duplicates; « St » before a word is « Saint »."""
    return _SHORT_SAINT.sub(lambda found: _SAINTS[found[1]], words_of(name))


class Region(models.Model):
    """An administrative region of Québec, by its two-digit code."""

    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(_("nom"), max_length=80)

    def __str__(self) -> str:
        return self.name


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def in_force(self, day: date) -> OrganisationQuerySet:
        """Those that exist on a day, both ends included."""
        return self.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=day), Q(valid_to__isnull=True) | Q(valid_to__gte=day))

    def to_come(self, day: date) -> OrganisationQuerySet:
        return self.filter(valid_from__gt=day)

    def ended(self, day: date) -> OrganisationQuerySet:
        """Those that were merged or abolished before a day."""
        return self.filter(valid_to__lt=day)


@pghistory.track(append_only=True, exclude=["search_text"])
class Organisation(models.Model):
    """`code` is the 5-digit geographic code of a municipality, or a stable short code.

    It is never deleted: merged or abolished, it has its last day in `valid_to` and, when there is one, its `successor`.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("type"), max_length=16, choices=OrganisationKind)
    name = models.CharField(_("nom"), max_length=200)
    sort_key = models.CharField(max_length=200, editable=False, db_index=True)
    neq = models.CharField(_("NEQ"), max_length=10, null=True, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("région"))
    mrc = models.CharField(_("MRC"), max_length=80, blank=True)
    population = models.PositiveIntegerField(_("population"), null=True, blank=True)
    fiscal_calendar = models.CharField(_("exercice financier"), max_length=10, choices=FiscalCalendar)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("organisme de rattachement")
    )
    valid_from = models.DateField(_("en vigueur du"), null=True, blank=True)
    valid_to = models.DateField(_("en vigueur jusqu’au"), null=True, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="predecessors")
    former_keys = models.TextField(editable=False, blank=True, default="")
    version = models.PositiveIntegerField(default=1, editable=False)
    search_text = models.GeneratedField(
        expression=Concat(
            "sort_key", Value(" "), Lower("code"), Value(" "), Coalesce("neq", Value("")), Value(" "), "former_keys",
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organisation_dates_in_order",
                condition=Q(valid_to__isnull=True) | Q(valid_from__isnull=True) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("La date de fin précède la date de début."),
            ),
            models.CheckConstraint(name="organisation_code_not_blank", condition=~Q(code="")),
            models.CheckConstraint(
                name="organisation_neq_form",
                condition=Q(neq__isnull=True) | Q(neq__regex=f"^{NEQ}$"),
                violation_error_message=_("Un NEQ a 10 chiffres et commence par 11, 22, 33 ou 88."),
            ),
            models.UniqueConstraint(
                name="organisation_neq_unique", fields=["neq"], violation_error_message=_("Un autre organisme a déjà ce NEQ.")
            ),
            models.CheckConstraint(
                name="organisation_not_its_own_parent",
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                violation_error_message=_("Un organisme ne relève pas de lui-même."),
            ),
            models.CheckConstraint(
                name="organisation_not_its_own_successor",
                condition=Q(successor__isnull=True) | ~Q(successor=F("id")),
                violation_error_message=_("Un organisme ne se succède pas à lui-même."),
            ),
            models.CheckConstraint(
                name="organisation_successor_when_ended",
                condition=Q(successor__isnull=True) | Q(valid_to__isnull=False),
                violation_error_message=_("Seul un organisme qui prend fin a un successeur."),
            ),
        ]
        indexes = [
            models.Index(fields=["sort_key", "id"], name="organisation_order"),
            models.Index(fields=["kind", "sort_key"]),
            models.Index(fields=["region", "sort_key"]),
            GinIndex(name="organisation_search", fields=["search_text"], opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        self.sort_key = sort_key(self.name)
        super().save(*args, **kwargs)

    def is_in_force(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and not self.has_ended(day)

    def has_ended(self, day: date) -> bool:
        return self.valid_to is not None and self.valid_to < day


class OrganisationChange(models.Model):
    """One fact of an organisation's history, written once: what it was called, what was corrected, who succeeded it, and why.

    `version` is the organisation's own after the change; `differences` are (field, before, after) as a reader understands them.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=12, choices=ChangeKind)
    version = models.PositiveIntegerField()
    effective_on = models.DateField()
    name_before = models.CharField(max_length=200, blank=True)
    name_after = models.CharField(max_length=200, blank=True)
    differences = models.JSONField(default=list, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    successor = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    recorded_by = models.ForeignKey("projects.User", models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="organisation_change_version", fields=["organisation", "version"]),
            models.CheckConstraint(
                name="organisation_change_renamed",
                condition=(Q(kind=ChangeKind.RENAMED) & ~Q(name_before="") & ~Q(name_after="") & ~Q(name_before=F("name_after")))
                | (~Q(kind=ChangeKind.RENAMED) & Q(name_before="")),
                violation_error_message=_("Un changement de nom dit l’ancien nom et le nouveau, qui diffèrent."),
            ),
            models.CheckConstraint(
                name="organisation_change_reason",
                condition=Q(kind=ChangeKind.CREATED) | ~Q(reason=""),
                violation_error_message=_("Un changement a un motif."),
            ),
            models.CheckConstraint(
                name="organisation_change_successor",
                condition=(Q(kind=ChangeKind.MERGED) & Q(successor__isnull=False))
                | Q(kind=ChangeKind.ABOLISHED)
                | (~Q(kind__in=[ChangeKind.MERGED, ChangeKind.ABOLISHED]) & Q(successor__isnull=True)),
                violation_error_message=_("Une fusion nomme l’organisme qui succède."),
            ),
            models.CheckConstraint(
                name="organisation_change_not_to_itself",
                condition=Q(successor__isnull=True) | ~Q(successor=F("organisation")),
                violation_error_message=_("Un organisme ne se succède pas à lui-même."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.pk})"
