"""Credit that moves: transfers, freezes, reinvestments, the end of a fiscal year. One person proposes, another one approves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from funding.enums import CreditMoveKind, CreditMoveState, LedgerKind
from projects.models.decided import Decided, decided_with_its_state, two_people

_PERSON = settings.AUTH_USER_MODEL
_DECIDED = [CreditMoveState.APPROVED, CreditMoveState.REFUSED]


class CreditMove(Decided):
    """What is proposed, on what authority; its lines are exactly the ledger rows that its approval writes."""

    kind = models.CharField(_("type"), max_length=12, choices=CreditMoveKind)
    state = models.CharField(_("état"), max_length=8, choices=CreditMoveState, default=CreditMoveState.PROPOSED)
    envelope = models.ForeignKey("funding.Envelope", models.PROTECT, related_name="+")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    authority = models.CharField(_("autorité"), max_length=200)
    effective_on = models.DateField(_("date d’effet"))
    proposed_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()

    class Meta:
        constraints = [
            two_people(
                "credit_move_two_people",
                proposer="proposed_by",
                message=_("Une autre personne que celle qui propose un mouvement de crédits doit le décider."),
            ),
            decided_with_its_state("credit_move_decided_with_its_state", proposed=CreditMoveState.PROPOSED, decided=_DECIDED),
            models.CheckConstraint(
                name="credit_move_has_its_authority",
                condition=~Q(authority="") & ~Q(reason=""),
                violation_error_message=_("Un mouvement de crédits a son autorité et son motif."),
            ),
            models.CheckConstraint(
                name="credit_move_refusal_has_a_reason",
                condition=~Q(state=CreditMoveState.REFUSED) | ~Q(refusal_reason=""),
                violation_error_message=_("Un refus doit être motivé."),
            ),
            models.UniqueConstraint(
                name="credit_move_one_year_end_under_way",
                fields=["envelope", "fiscal_year"],
                condition=Q(kind=CreditMoveKind.YEAR_END, state=CreditMoveState.PROPOSED),
                violation_error_message=_("Une fin d’exercice est déjà proposée pour cette enveloppe et cet exercice."),
            ),
        ]
        indexes = [models.Index(fields=["proposed_at", "id"])]

    @property
    def crosses_envelopes(self) -> bool:
        """Whether its lines (prefetched by its reader) touch two envelopes: their ceilings move."""
        return len({line.envelope_id for line in self.lines.all()}) > 1


class CreditLine(models.Model):
    """One ledger row of a move, in dollars, signed. Append-only."""

    move = models.ForeignKey(CreditMove, models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    envelope = models.ForeignKey("funding.Envelope", models.PROTECT, related_name="+")
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    kind = models.CharField(_("type"), max_length=14, choices=LedgerKind)
    amount = models.DecimalField(_("montant"), max_digits=15, decimal_places=2)
    agreement = models.ForeignKey("funding.Agreement", models.PROTECT, null=True, blank=True, related_name="+")
    reverses = models.ForeignKey("funding.LedgerEntry", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="credit_line_position_unique", fields=["move", "position"]),
            models.CheckConstraint(name="credit_line_not_zero", condition=~Q(amount=0)),
        ]
