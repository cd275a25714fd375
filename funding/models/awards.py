"""Awards: recommendation, budget certificate, approvals level by level, refusal, letter — each by a different person."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import AwardState

_PERSON = settings.AUTH_USER_MODEL


class Award(models.Model):
    """The decision on one application. `amount` is dollars; its parts by fiscal year sum to it."""

    application = models.OneToOneField("projects.Application", models.PROTECT, related_name="award")
    state = models.CharField(_("état"), max_length=16, choices=AwardState, default=AwardState.RECOMMENDED)
    is_favourable = models.BooleanField(_("recommandation favorable"))
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)
    conditions = models.TextField(_("conditions"), max_length=4000, blank=True)
    reason = models.TextField(_("motifs de la recommandation"), max_length=4000)
    rank = models.PositiveSmallIntegerField(_("rang"), null=True, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    recommended_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    recommended_at = models.DateTimeField()
    certified_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    certified_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(_("décision rendue le"), null=True, blank=True)
    refusal_reason = models.TextField(_("motif du refus"), max_length=4000, blank=True)
    refused_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    return_reason = models.TextField(_("motif du retour"), max_length=4000, blank=True)
    returned_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    letter = models.ForeignKey("projects.Document", models.PROTECT, null=True, blank=True, related_name="+")
    letter_by = models.ForeignKey(_PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    letter_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="award_refusal_has_a_reason",
                condition=~Q(state=AwardState.REFUSED) | (~Q(refusal_reason="") & Q(refused_by__isnull=False)),
                violation_error_message=_("Un refus doit être motivé."),
            ),
            models.CheckConstraint(
                name="award_certifier_is_not_recommender",
                condition=Q(certified_by__isnull=True) | ~Q(certified_by=F("recommended_by")),
                violation_error_message=_("La personne qui recommande ne peut pas certifier la disponibilité budgétaire."),
            ),
            models.CheckConstraint(
                name="award_refuser_is_not_recommender",
                condition=Q(refused_by__isnull=True) | ~Q(refused_by=F("recommended_by")),
                violation_error_message=_("La personne qui recommande ne peut pas rendre la décision."),
            ),
            models.CheckConstraint(
                name="award_refuser_is_not_certifier",
                condition=Q(refused_by__isnull=True) | Q(certified_by__isnull=True) | ~Q(refused_by=F("certified_by")),
                violation_error_message=_("La personne qui certifie la disponibilité budgétaire ne peut pas rendre la décision."),
            ),
            models.CheckConstraint(
                name="award_certificate_is_complete",
                condition=Q(certified_by__isnull=True, certified_at__isnull=True)
                | Q(certified_by__isnull=False, certified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="award_approved_was_certified",
                condition=~Q(state__in=[AwardState.PARTLY_APPROVED, AwardState.APPROVED]) | Q(certified_by__isnull=False),
            ),
            models.CheckConstraint(
                name="award_decided_iff_final",
                condition=Q(state__in=[AwardState.APPROVED, AwardState.REFUSED], decided_at__isnull=False)
                | (~Q(state__in=[AwardState.APPROVED, AwardState.REFUSED]) & Q(decided_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="award_return_has_a_reason",
                condition=~Q(state=AwardState.RETURNED) | (~Q(return_reason="") & Q(returned_by__isnull=False)),
                violation_error_message=_("Un retour doit être motivé."),
            ),
            models.CheckConstraint(
                name="award_letter_follows_decision",
                condition=Q(letter=None, letter_by=None, letter_at=None)
                | Q(letter__isnull=False, letter_by__isnull=False, letter_at__gte=F("decided_at")),
            ),
            models.CheckConstraint(
                name="award_amount_follows_recommendation",
                condition=Q(is_favourable=True, amount__gt=0) | Q(is_favourable=False, amount=0),
                violation_error_message=_("Une recommandation favorable porte un montant; une recommandation défavorable n’en porte pas."),
            ),
            models.CheckConstraint(
                name="award_approved_is_favourable",
                condition=Q(is_favourable=True) | ~Q(state__in=[AwardState.PARTLY_APPROVED, AwardState.APPROVED]),
            ),
        ]
        indexes = [models.Index(fields=["state", "id"]), models.Index(fields=["recommended_at", "id"])]


class AwardPart(models.Model):
    """The part of an award in one fiscal year, in dollars."""

    award = models.ForeignKey(Award, models.PROTECT, related_name="parts")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="award_part_unique", fields=["award", "fiscal_year"]),
            models.CheckConstraint(name="award_part_positive", condition=Q(amount__gt=0)),
        ]


class Approval(models.Model):
    """One level's approval of an award, by a person who did nothing else on it. Append-only."""

    award = models.ForeignKey(Award, models.PROTECT, related_name="approvals")
    round = models.PositiveSmallIntegerField(default=1)
    level = models.PositiveSmallIntegerField(_("niveau"))
    role = models.CharField(_("rôle"), max_length=24)
    person = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()
    margin_after = models.DecimalField(_("marge après décision"), max_digits=15, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="approval_level_unique", fields=["award", "round", "level"]),
            models.UniqueConstraint(
                name="approval_person_unique",
                fields=["award", "round", "person"],
                violation_error_message=_("Vous avez déjà approuvé cette décision à un autre niveau."),
            ),
        ]
