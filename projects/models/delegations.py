"""Delegations: a colleague stands in for a person who is absent, from a day to a day, once somebody else agrees."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from projects.enums import DelegationState

_DECIDED = Q(decided_by__isnull=False, decided_at__isnull=False)
_UNDECIDED = Q(decided_by__isnull=True, decided_at__isnull=True)
_ENDED = Q(ended_by__isnull=False, ended_at__isnull=False)
_NOT_ENDED = Q(ended_by__isnull=True, ended_at__isnull=True)
_S = DelegationState


@pghistory.track(append_only=True)
class Delegation(models.Model):
    """`source` is the holder's own membership; `membership` is what the delegate holds once the delegation is approved."""

    source = models.ForeignKey("projects.Membership", models.PROTECT, related_name="delegations")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    delegate = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("personne déléguée"))
    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("au"))
    reason = models.CharField(_("motif"), max_length=500)
    state = models.CharField(_("état"), max_length=12, choices=DelegationState, default=_S.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(_("motif du refus"), max_length=500, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    membership = models.OneToOneField("projects.Membership", models.PROTECT, null=True, blank=True, related_name="delegation")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="delegation_dates_in_order",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("La date de fin précède la date de début."),
            ),
            models.CheckConstraint(
                name="delegation_has_a_reason", condition=~Q(reason=""), violation_error_message=_("Inscrivez le motif de la délégation.")
            ),
            models.CheckConstraint(
                name="delegation_to_another_person",
                condition=~Q(delegate=F("holder")),
                violation_error_message=_("Une délégation se fait à une autre personne."),
            ),
            models.CheckConstraint(
                name="delegation_decided_by_a_third_person",
                condition=Q(decided_by__isnull=True)
                | (~Q(decided_by=F("holder")) & ~Q(decided_by=F("delegate")) & ~Q(decided_by=F("proposed_by"))),
                violation_error_message=_("Une délégation est approuvée par une autre personne que celles qu’elle concerne."),
            ),
            models.CheckConstraint(
                name="delegation_facts_of_its_state",
                condition=Q(_UNDECIDED & _NOT_ENDED, state=_S.PROPOSED, membership__isnull=True)
                | Q(_DECIDED & _NOT_ENDED, state=_S.APPROVED, membership__isnull=False)
                | Q(_DECIDED & _NOT_ENDED & ~Q(decision_reason=""), state=_S.REFUSED, membership__isnull=True)
                | Q(_UNDECIDED & _ENDED, state=_S.WITHDRAWN, membership__isnull=True)
                | Q(_DECIDED & _ENDED, state=_S.REVOKED, membership__isnull=False),
                violation_error_message=_("Cette délégation a déjà changé d’état."),
            ),
        ]
        indexes = [models.Index(fields=["source", "id"]), models.Index(fields=["delegate", "state"])]

    def __str__(self) -> str:
        return f"{self.get_state_display()} ({self.pk})"
