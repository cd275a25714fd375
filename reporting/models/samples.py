"""Samples of reported gains: how each was drawn, what it holds, and what was examined of it. Append-only."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from reporting.enums import Picked, Population
from reporting.models.gains import Gain

_PERSON = settings.AUTH_USER_MODEL


class GainSample(models.Model):
    """A sample of the gains reported by a pair of dates: the same seed and parameters give it again. Amounts are cents without sign."""

    number = models.CharField(_("numéro"), max_length=20, unique=True)
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"), null=True, blank=True)
    call = models.ForeignKey("projects.Call", models.PROTECT, null=True, blank=True, related_name="+")
    population = models.CharField(_("population"), max_length=10, choices=Population)
    effective = models.DateField(_("date d’effet"))
    known = models.DateTimeField(_("date de connaissance"))
    largest = models.PositiveSmallIntegerField(_("plus grands montants"))
    points = models.PositiveSmallIntegerField(_("unités monétaires"))
    seed = models.CharField(_("graine"), max_length=60)
    interval = models.PositiveBigIntegerField(_("intervalle"))
    start = models.PositiveBigIntegerField(_("départ"))
    count = models.PositiveIntegerField(_("gains de la population"))
    cents = models.PositiveBigIntegerField(_("valeur de la population"))
    covered = models.PositiveBigIntegerField(_("valeur couverte"))
    #: of the names and amounts of the population, in their order
    sha256 = models.CharField(max_length=64)
    drawn_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gain_sample_draws_something",
                condition=Q(largest__gt=0) | Q(points__gt=0),
                violation_error_message=_("Demandez au moins un grand montant ou une unité monétaire."),
            ),
            models.CheckConstraint(
                name="gain_sample_covers_at_most_all",
                condition=Q(covered__lte=F("cents"), start__lte=F("interval")) & ~Q(seed="") & Q(sha256__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(name="gain_sample_known_when_drawn", condition=Q(known__lte=F("drawn_at"))),
        ]
        indexes = [models.Index(fields=["drawn_at", "id"], name="gain_sample_drawn")]

    def __str__(self) -> str:
        return self.number

    @property
    def amount(self) -> Decimal:
        return Decimal(self.cents) / 100

    @property
    def covered_amount(self) -> Decimal:
        return Decimal(self.covered) / 100

    @property
    def coverage(self) -> Decimal | None:
        """The share of the value that the sample covers; unknown of a population worth nothing."""
        return Decimal(self.covered) / self.cents if self.cents else None


class GainSampleItem(models.Model):
    """One gain of a sample, and why it is in it."""

    sample = models.ForeignKey(GainSample, models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField(_("rang"))
    gain = models.ForeignKey(Gain, models.PROTECT, related_name="+")
    key = models.CharField(_("gain"), max_length=100)
    cents = models.PositiveBigIntegerField(_("montant"))
    why = models.CharField(_("pourquoi"), max_length=7, choices=Picked)
    cumulative = models.PositiveBigIntegerField(_("somme cumulée"))
    hits = models.PositiveSmallIntegerField(_("unités tirées"))

    class Meta:
        constraints = [
            models.UniqueConstraint(name="gain_sample_item_position_unique", fields=["sample", "position"]),
            models.UniqueConstraint(name="gain_sample_item_gain_unique", fields=["sample", "gain"]),
            models.CheckConstraint(name="gain_sample_item_is_worth_something", condition=Q(cents__gt=0, hits__gt=0)),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def amount(self) -> Decimal:
        return Decimal(self.cents) / 100


class GainSampleCheck(models.Model):
    """What somebody found when they examined an item of a sample."""

    item = models.OneToOneField(GainSampleItem, models.PROTECT, related_name="finding")
    note = models.TextField(_("constat"), max_length=2000)
    examined_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    examined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gain_sample_check_says_something", condition=~Q(note=""), violation_error_message=_("Inscrivez votre constat.")
            ),
        ]

    def __str__(self) -> str:
        return str(self.item)
