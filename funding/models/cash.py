"""The Fund's cash: what the law lets draw from the Fonds des générations, what was drawn, what else came in, and what is left."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import CashKind, CashMode, DrawAuthorityState

_PERSON = settings.AUTH_USER_MODEL
_MONEY = {"max_digits": 15, "decimal_places": 2}


class DrawAuthority(models.Model):
    """A law or decree that allows draw-downs up to a ceiling, in dollars. Only one that is in force does."""

    number = models.CharField(_("numéro"), max_length=20, unique=True)
    law = models.CharField(_("loi"), max_length=200)
    article = models.CharField(_("article"), max_length=60)
    ceiling = models.DecimalField(_("plafond"), **_MONEY)
    state = models.CharField(_("état"), max_length=8, choices=DrawAuthorityState, default=DrawAuthorityState.PROPOSED)
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    adopted_on = models.DateField(_("adoptée le"), null=True, blank=True)
    adopted_at = models.DateTimeField(null=True, blank=True)
    adopted_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    in_force_on = models.DateField(_("en vigueur le"), null=True, blank=True)
    in_force_at = models.DateTimeField(null=True, blank=True)
    in_force_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="draw_authority_ceiling_positive", condition=Q(ceiling__gt=0)),
            models.CheckConstraint(
                name="draw_authority_dated_with_its_state",
                condition=Q(state=DrawAuthorityState.PROPOSED, adopted_on=None, adopted_at=None, adopted_by=None, in_force_on=None)
                | Q(state=DrawAuthorityState.ADOPTED, adopted_on__isnull=False, adopted_at__isnull=False, in_force_on=None)
                | Q(
                    state=DrawAuthorityState.IN_FORCE,
                    adopted_on__isnull=False,
                    adopted_at__isnull=False,
                    in_force_on__gte=F("adopted_on"),
                    in_force_at__isnull=False,
                ),
                violation_error_message=_("Une autorisation est adoptée, puis en vigueur, à une date qui suit."),
            ),
            models.CheckConstraint(
                name="draw_authority_two_people",
                condition=Q(in_force_by=None) | ~Q(in_force_by=F("recorded_by")),
                violation_error_message=_("Une autre personne que celle qui inscrit l’autorisation constate son entrée en vigueur."),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CashEntry(models.Model):
    """What came in, in dollars: a draw-down under its authority, or another receipt. Append-only; a negative row corrects a whole one."""

    kind = models.CharField(_("type"), max_length=9, choices=CashKind)
    authority = models.ForeignKey(DrawAuthority, models.PROTECT, null=True, blank=True, related_name="draws")
    amount = models.DecimalField(_("montant"), **_MONEY)
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    source = models.CharField(_("provenance"), max_length=200)
    reference = models.CharField(_("référence"), max_length=60)
    effective_on = models.DateField(_("date d’effet"))
    recorded_at = models.DateTimeField(_("date de connaissance"))
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversed_by")
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "cash_entry"
        constraints = [
            models.CheckConstraint(
                name="cash_entry_has_its_authority",
                condition=Q(kind=CashKind.DRAW_DOWN, authority__isnull=False) | Q(kind=CashKind.RECEIPT, authority=None),
            ),
            models.CheckConstraint(
                name="cash_entry_sign", condition=Q(amount__gt=0, reverses=None) | Q(amount__lt=0, reverses__isnull=False)
            ),
            models.UniqueConstraint(
                name="cash_entry_reference_unique",
                fields=["reference"],
                condition=Q(reverses=None),
                violation_error_message=_("Cette référence est déjà inscrite."),
            ),
            models.CheckConstraint(name="cash_entry_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
        ]
        indexes = [models.Index(fields=["effective_on", "id"])]


class CashRule(models.Model):
    """What happens, from a day on, to a payment that the cash does not cover: a warning, or a refusal. Append-only; the latest counts."""

    valid_from = models.DateField(_("en vigueur du"))
    mode = models.CharField(_("effet"), max_length=5, choices=CashMode)
    source = models.CharField(_("source"), max_length=200)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        db_table = "cash_rule"


class CashBalance(models.Model):
    """Counter of the Fund's cash, one row, kept by triggers. `enforced` says whether the last change had to be covered. Never shown."""

    drawn = models.DecimalField(**_MONEY, default=0)
    received = models.DecimalField(**_MONEY, default=0)
    reinvested = models.DecimalField(**_MONEY, default=0)
    paid = models.DecimalField(**_MONEY, default=0)
    enforced = models.BooleanField(default=False)

    class Meta:
        db_table = "cash_balance"
        constraints = [
            models.CheckConstraint(name="cash_balance_is_one", condition=Q(id=1)),
            models.CheckConstraint(
                name="cash_covers_payments", condition=Q(enforced=False) | Q(paid__lte=F("drawn") + F("received") + F("reinvested"))
            ),
        ]


class DrawAuthorityBalance(models.Model):
    """Counter of one authority: 0 ≤ drawn ≤ ceiling."""

    authority = models.OneToOneField(DrawAuthority, models.PROTECT, primary_key=True, related_name="+")
    ceiling = models.DecimalField(**_MONEY)
    drawn = models.DecimalField(**_MONEY, default=0)

    class Meta:
        db_table = "draw_authority_balance"
        constraints = [models.CheckConstraint(name="draw_within_ceiling", condition=Q(drawn__gte=0, drawn__lte=F("ceiling")))]
