"""Prizes: what a terms profile gives to the winners of a call, by rank, and which award gives which prize."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Prize(models.Model):
    """A prize of a terms profile, in dollars: one winner of each call has it. Dated by the profile; no page changes it."""

    terms = models.ForeignKey("projects.TermsProfile", models.PROTECT, related_name="prizes")
    rank = models.PositiveSmallIntegerField(_("rang"))
    name = models.CharField(_("prix"), max_length=80)
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="prize_rank_unique", fields=["terms", "rank"]),
            models.CheckConstraint(name="prize_is_worth_something", condition=Q(amount__gt=0, rank__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name


class PrizeAward(models.Model):
    """The prize that an award gives: once for each call. The row goes when the award is returned or refused, and another may have it."""

    award = models.OneToOneField("funding.Award", models.PROTECT, related_name="prize_award")
    call = models.ForeignKey("projects.Call", models.PROTECT, related_name="+")
    prize = models.ForeignKey(Prize, models.PROTECT, related_name="awards")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="prize_given_once",
                fields=["call", "prize"],
                violation_error_message=_("Ce prix est déjà attribué dans cet appel."),
            )
        ]
