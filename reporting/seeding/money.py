"""The Fund's own money in a demonstration: draw authorities and draw-downs, moves of credit, and what the Secretariat costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from fondsinnovation.kit.money import ZERO, fiscal_year_of, fiscal_year_start, split
from funding.enums import CostKind, CostMoveKind, CreditMoveKind, LedgerKind
from funding.models import CostMove, Envelope, LedgerEntry, SecretariatCost
from funding.queries.calls import available_by_year, fund_years
from funding.queries.cash import cash_position
from funding.services.cash import adopt_authority, bring_authority_into_force, record_authority, record_cash
from funding.services.costs import CostPart, CostTerms, approve_cost_move, propose_cost, propose_cost_entry, propose_cost_forecast
from funding.services.credit_moves import Account, Terms, approve_credit_move, propose_credit_move
from projects.demo import ACCOUNTS
from projects.enums import EnvelopeCode, Role
from projects.models import User

#: the acts are spread over so many days before the demonstration
DAYS = 40
#: how a year's payments fall, in percents: the last part leaves in March
PACE = ((6, 15, 18), (9, 15, 22), (12, 15, 24), (3, 20, 36))


@dataclass(frozen=True, slots=True)
class Plan:
    """A cost: dollars by fiscal year counted from the current one (−2 … +2), full-time equivalents too; `paid`: whether invoices came."""

    kind: CostKind
    title: str
    supplier: str
    reference: str
    years: dict[int, int]
    fte: dict[int, int]
    paid: bool = True


PLANS = (
    Plan(
        CostKind.SALARIES, "Traitements du Secrétariat", "", "PAIE",
        {-2: 1_450_000, -1: 2_180_000, 0: 2_640_000}, {-2: 14, -1: 21, 0: 25},
    ),
    Plan(
        CostKind.CONTRACTS, "Conception et exploitation du portail", "Coopérative Numéria", "CT-2025-031",
        {-1: 900_000, 0: 1_200_000, 1: 600_000}, {},
    ),
    Plan(
        CostKind.CONTRACTS, "Évaluation externe du Fonds", "Cabinet Boréal Évaluation", "CT-2026-007", {0: 180_000, 1: 240_000}, {},
        paid=False,
    ),
    Plan(CostKind.OTHER, "Loyer, licences et déplacements", "", "BAIL-2024-2", {-2: 190_000, -1: 205_000, 0: 210_000}, {}),
)  # fmt: skip


def add_live_money(*, now: datetime) -> list[SecretariatCost]:
    """Draw what was paid, move some credit, and enter the costs of the Secretariat: each by the acts of the pages."""
    money = _Money(now)
    costs = [money.cost(plan) for plan in PLANS]
    money.correct(costs[1])
    money.forecasts()
    money.what_waits(costs[1])
    money.moves()
    money.draws()
    return costs


class _Money:
    """The accounts, and a clock that each act moves forward."""

    def __init__(self, now: datetime) -> None:
        by_email = {person.email: person for person in User.objects.filter(email__in=[account.email for account in ACCOUNTS])}
        self.people = {account.role: by_email[account.email] for account in reversed(ACCOUNTS)}
        self.end, self.now = now, now - timedelta(days=DAYS)
        self.today = timezone.localdate(now)
        self.year = fiscal_year_of(self.today)
        self.years = fund_years()

    def act(self, role: Role) -> dict[str, Any]:
        """Who acts and when: each act comes a while after the one before, and none in the future."""
        self.now = min(self.now + timedelta(hours=3), self.end)
        return {"actor": self.people[role], "now": self.now}

    def approve(self, move: CostMove) -> CostMove:
        return approve_cost_move(move_id=move.pk, **self.act(Role.CONTROLLER))

    def day(self, wanted: date) -> date:
        """That day, or the last on which an act may say that it happened."""
        return min(wanted, timezone.localdate(self.now))

    # ── The Secretariat ──────────────────────────────────────────────────────────────────────────────────────────────
    def cost(self, plan: Plan) -> SecretariatCost:
        """A cost, its commitments in the years of the Fund, and the payments of what was invoiced."""
        years = {self.year + n: amount for n, amount in plan.years.items() if self.year + n in self.years}
        parts = [CostPart(year, Decimal(amount), Decimal(plan.fte.get(year - self.year, 0))) for year, amount in years.items()]
        first = self.day(fiscal_year_start(min(years)))
        terms = CostTerms(plan.reference, "Fonctionnement du Secrétariat", first)
        move = propose_cost(
            kind=plan.kind, title=plan.title, supplier=plan.supplier, parts=parts, terms=terms, **self.act(Role.DIRECTOR)
        )  # fmt: skip
        cost = self.approve(move).cost
        if cost is None:
            raise TypeError("a commitment has its cost")
        for part in parts if plan.paid else ():
            for day, amount, fte in self._invoices(part):
                self._pay(cost, f"{plan.reference}/{day:%Y-%m}", CostPart(part.fiscal_year, amount, fte), day)
        return cost

    def _invoices(self, part: CostPart) -> Iterator[tuple[date, Decimal, Decimal]]:
        """The payments of a year that have left: those whose day has come."""
        shares = [share for _month, _day, share in PACE]
        amounts, people = split(part.amount, shares), split(part.fte, shares)
        for (month, of_month, _share), amount, fte in zip(PACE, amounts, people, strict=True):
            day = date(part.fiscal_year + (month < 4), month, of_month)
            if day <= self.today - timedelta(days=DAYS):
                yield day, amount, fte

    def _pay(self, cost: SecretariatCost, reference: str, part: CostPart, day: date) -> CostMove:
        terms = CostTerms(reference, "Facture reçue et vérifiée", day)
        by = self.act(Role.PAYMENT_REQUESTER)
        return self.approve(propose_cost_entry(cost_id=cost.pk, kind=CostMoveKind.PAYMENT, part=part, terms=terms, **by))

    def correct(self, cost: SecretariatCost) -> None:
        """An invoice entered too high, and its contra-entry."""
        rows = LedgerEntry.objects.filter(cost=cost, kind=LedgerKind.PAYMENT).order_by("-effective_on", "-pk")
        terms = CostTerms("NC-2026-118", "Note de crédit du fournisseur", self.day(self.today))
        for row in rows[:1]:
            move = propose_cost_entry(
                cost_id=cost.pk, kind=CostMoveKind.CORRECTION, reverses_id=row.pk, amount=Decimal("12480.50"), terms=terms,
                **self.act(Role.PAYMENT_REQUESTER),
            )  # fmt: skip
            self.approve(move)

    def forecasts(self) -> None:
        """Two versions of the forecast: the first in force, then the one that replaced it."""
        for growth, reason in ((Decimal("1.00"), "Première prévision"), (Decimal("1.06"), "Deux postes de vérification des gains")):
            move = propose_cost_forecast(parts=list(self._planned(growth)), reason=reason, **self.act(Role.DIRECTOR))
            self.approve(move)

    def _planned(self, growth: Decimal) -> Iterator[CostPart]:
        for year in self.years:
            n = year - self.year
            for kind in CostKind:
                plans = [plan for plan in PLANS if plan.kind == kind]
                amount = Decimal(sum(plan.years.get(n, 0) for plan in plans))
                people = Decimal(sum(plan.fte.get(n, 0) for plan in plans))
                if n > 0 and kind != CostKind.CONTRACTS:  # what goes on at today's price, with the growth of the version
                    amount = Decimal(sum(plan.years[0] for plan in plans)) * growth
                    people = Decimal(sum(plan.fte.get(0, 0) for plan in plans)) * growth
                if amount:
                    yield CostPart(year, amount.quantize(Decimal("0.01")), people.quantize(Decimal("0.01")), kind)

    def what_waits(self, cost: SecretariatCost) -> None:
        """An invoice and a contract that wait for the controller."""
        terms = CostTerms("CT-2025-031/2026-11", "Facture d’octobre", self.day(self.today))
        part = CostPart(self.year, Decimal("86250.00"))
        by = self.act(Role.PAYMENT_REQUESTER)
        propose_cost_entry(cost_id=cost.pk, kind=CostMoveKind.PAYMENT, part=part, terms=terms, **by)
        terms = CostTerms("CT-2026-019", "Renfort pour l’hiver", self.day(self.today))
        propose_cost(
            kind=CostKind.CONTRACTS, title="Accompagnement des municipalités", supplier="Réseau Rive-Nord", terms=terms,
            parts=[CostPart(self.year, Decimal("140000.00"))], **self.act(Role.DIRECTOR),
        )  # fmt: skip

    # ── Credit and cash ──────────────────────────────────────────────────────────────────────────────────────────────
    def moves(self) -> None:
        """A freeze that was approved, and a transfer to the next year that waits."""
        projects = Envelope.objects.get(code=EnvelopeCode.PROJECTS).pk
        free = available_by_year(EnvelopeCode.PROJECTS).get(self.year, ZERO)
        account, terms = Account(projects, self.year), Terms("Décision de la tête, 12-2026", "Prudence budgétaire", self.day(self.today))
        if free >= Decimal("250000.00"):
            by = self.act(Role.CONTROLLER)
            move = propose_credit_move(kind=CreditMoveKind.FREEZE, account=account, amount=Decimal("250000.00"), terms=terms, **by)
            approve_credit_move(move_id=move.pk, **self.act(Role.HEAD))
        if self.year + 1 in self.years:
            terms = Terms("C.T. 231 004", "Appels reportés à l’exercice suivant", self.day(self.today))
            to, by = Account(projects, self.year + 1), self.act(Role.CONTROLLER)
            propose_credit_move(kind=CreditMoveKind.TRANSFER, account=account, to=to, amount=Decimal("500000.00"), terms=terms, **by)

    def draws(self) -> None:
        """An authority in force under which what left was drawn, and another that is only proposed."""
        given = {"law": "Loi sur le Fonds pour l’innovation (exemple)", "article": "12", "ceiling": Decimal("180000000.00")}
        authority = record_authority(**given, **self.act(Role.CONTROLLER))
        since = fiscal_year_start(self.years[0])
        adopt_authority(authority_id=authority.pk, on=since, **self.act(Role.CONTROLLER))
        bring_authority_into_force(authority_id=authority.pk, on=since, **self.act(Role.HEAD))
        paid = cash_position(self.today, self.end).paid
        needed = (paid * Decimal("1.05")).quantize(Decimal("1")) + Decimal("1000000")
        for number, (day, amount) in enumerate(zip(self._draw_days(), split(needed, [30, 40, 30]), strict=True), start=1):
            record_cash(
                authority_id=authority.pk, amount=amount, source="Fonds des générations", reference=f"TIRAGE-{number}",
                effective_on=self.day(day), **self.act(Role.CONTROLLER),
            )  # fmt: skip
        given = {"law": "Projet de loi de mise à jour (exemple)", "article": "7", "ceiling": Decimal("120000000.00")}
        record_authority(**given, **self.act(Role.CONTROLLER))

    def _draw_days(self) -> Sequence[date]:
        first = fiscal_year_start(self.years[0])
        whole = (self.today - first).days
        return [first + timedelta(days=whole * part // 4) for part in (1, 2, 3)]
