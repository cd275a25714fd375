"""What the Secretariat itself costs: salaries, contracts, other. One person enters, another one approves; the ledger then holds it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from funding.enums import CostKind, CostMoveKind, CostMoveState, LedgerKind
from projects.models.decided import Decided, decided_with_its_state, two_people

_PERSON = settings.AUTH_USER_MODEL
_DECIDED = [CostMoveState.APPROVED, CostMoveState.REFUSED]
_MONEY = {"max_digits": 15, "decimal_places": 2}


class SecretariatCost(models.Model):
    """A contract, a payroll, another expense: what commitments and payments of the administration envelope are for. Append-only."""

    number = models.CharField(_("numéro"), max_length=20, unique=True)
    kind = models.CharField(_("type"), max_length=9, choices=CostKind)
    title = models.CharField(_("objet"), max_length=200)
    supplier = models.CharField(_("fournisseur"), max_length=200, blank=True)
    entered_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="secretariat_cost_has_a_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="secretariat_cost_contract_has_a_supplier",
                condition=~Q(kind=CostKind.CONTRACTS) | ~Q(supplier=""),
                violation_error_message=_("Un contrat a son fournisseur."),
            ),
        ]
        indexes = [models.Index(fields=["entered_at", "id"])]

    def __str__(self) -> str:
        return self.number


class CostMove(Decided):
    """What is entered about a cost, or the forecast of all of them; its lines are exactly the ledger rows that its approval writes.

    A forecast has no cost and writes no row: the latest approved one is in force, the others stay.
    """

    cost = models.ForeignKey(SecretariatCost, models.PROTECT, null=True, blank=True, related_name="moves")
    kind = models.CharField(_("type"), max_length=10, choices=CostMoveKind)
    state = models.CharField(_("état"), max_length=8, choices=CostMoveState, default=CostMoveState.PROPOSED)
    reference = models.CharField(_("référence"), max_length=60, blank=True)
    effective_on = models.DateField(_("date d’effet"))
    entered_by = models.ForeignKey(_PERSON, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            two_people(
                "cost_move_two_people",
                proposer="entered_by",
                message=_("Une autre personne que celle qui inscrit une dépense du Secrétariat doit en décider."),
            ),
            decided_with_its_state("cost_move_decided_with_its_state", proposed=CostMoveState.PROPOSED, decided=_DECIDED),
            models.CheckConstraint(
                name="cost_move_has_its_cost",
                condition=Q(kind=CostMoveKind.FORECAST, cost=None)
                | ~Q(kind=CostMoveKind.FORECAST) & Q(cost__isnull=False) & ~Q(reference=""),
                violation_error_message=_("Une écriture du Secrétariat a sa dépense et sa référence."),
            ),
            models.CheckConstraint(
                name="cost_move_refusal_has_a_reason",
                condition=(~Q(state=CostMoveState.REFUSED) | ~Q(refusal_reason="")) & ~Q(reason=""),
                violation_error_message=_("Un refus doit être motivé."),
            ),
        ]
        indexes = [models.Index(fields=["entered_at", "id"])]


class CostLine(models.Model):
    """One fiscal year of a cost move: signed dollars, and for salaries the full-time equivalents that they pay. Append-only."""

    move = models.ForeignKey(CostMove, models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    fiscal_year = models.PositiveSmallIntegerField(_("exercice"))
    cost_kind = models.CharField(_("type de dépense"), max_length=9, choices=CostKind)
    kind = models.CharField(_("écriture"), max_length=14, choices=LedgerKind, blank=True)
    amount = models.DecimalField(_("montant"), **_MONEY)
    fte = models.DecimalField(_("équivalents temps complet"), max_digits=7, decimal_places=2, default=0)
    reverses = models.ForeignKey("funding.LedgerEntry", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="cost_line_position_unique", fields=["move", "position"]),
            models.CheckConstraint(
                name="cost_line_fte_of_salaries",
                condition=Q(fte=0)
                | Q(cost_kind=CostKind.SALARIES, fte__gt=0, amount__gt=0)
                | Q(cost_kind=CostKind.SALARIES, fte__lt=0, amount__lt=0),
                violation_error_message=_("Seuls des salaires ont des équivalents temps complet, du même signe que leur montant."),
            ),
            models.CheckConstraint(
                name="cost_line_sign",
                condition=Q(kind="", reverses=None, amount__gte=0)
                | ~Q(kind="") & (Q(reverses=None, amount__gt=0) | Q(reverses__isnull=False, amount__lt=0)),
            ),
        ]


class CostYear(models.Model):
    """Counter of one cost in one fiscal year: 0 ≤ paid ≤ committed. Kept by the ledger's trigger, never shown."""

    cost = models.ForeignKey(SecretariatCost, models.PROTECT, related_name="+")
    fiscal_year = models.PositiveSmallIntegerField()
    committed = models.DecimalField(**_MONEY, default=0)
    paid = models.DecimalField(**_MONEY, default=0)

    class Meta:
        db_table = "cost_year"
        constraints = [
            models.UniqueConstraint(name="cost_year_unique", fields=["cost", "fiscal_year"]),
            models.CheckConstraint(name="cost_year_within_committed", condition=Q(paid__gte=0, committed__gte=F("paid"))),
        ]
