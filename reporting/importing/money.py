"""Commitments and payments of a package as ledger rows, in the order in which they took effect: each must fit when its turn comes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.money import ZERO
from funding.enums import LedgerKind
from funding.models import AgreementBalance, Cofunding, EnvelopeYear, LedgerEntry
from funding.services.envelopes import Posting
from reporting.importing.known import Known
from reporting.importing.plan import Movement, Plan, check_knowledge, different, recorded, repeated, tally, unknown
from reporting.importing.tables import Problems, Table
from reporting.models import ImportedCost

_PAID = (LedgerKind.PAYMENT, LedgerKind.RECOVERY)
#: on one day, what commits comes first and what releases last
_ORDER = {LedgerKind.COMMITMENT: 0, LedgerKind.PAYMENT: 1, LedgerKind.RECOVERY: 2}
_RELEASE = 3
Held = dict[str, dict[str, Any]]


def check_money(table: Table, known: Known, plan: Plan, problems: Problems, held: Held) -> list[int]:
    """The rows of a file that are not there yet, by their reference; one that is there with other values is refused."""
    fresh: list[int] = []
    seen: dict[str, int] = {}
    for index, (number, row) in enumerate(table.rows()):
        reference = row["reference"]
        if reference in seen:
            problems.add(table.file, number, "reference", repeated(reference, seen[reference]))
        elif reference in held:
            for name, value in held[reference].items():
                if row[name] != value and not (name == "recorded_at" and row[name] is None):
                    problems.add(table.file, number, name, different(row[name], value))
        else:
            fresh.append(index)
        seen[reference] = number
    check_knowledge(known, table, fresh, problems)
    return fresh


def check_plain(table: Table, known: Known, plan: Plan, problems: Problems) -> None:
    """Co-funding, and costs of the Secretariat: rows of tables of their own."""
    held = _held_cofunding() if table.noun == "cofunding" else _held_costs()
    fresh = check_money(table, known, plan, problems, held)
    if table.noun == "cofunding":
        fresh = [index for index in fresh if _has_project(table, index, known, problems)]
    plan.fresh[table.noun] = fresh
    tally(plan, table, fresh)


def _held_cofunding() -> Held:
    rows = Cofunding.objects.order_by("pk").values("reference", "amount", "in_kind", "effective_on", "recorded_at", "project__reference")
    return {row.pop("reference"): {"project": row.pop("project__reference"), **row} for row in rows}


def _held_costs() -> Held:
    rows = ImportedCost.objects.order_by("pk").values("reference", "amount", "effective_on", "recorded_at")
    return {row.pop("reference"): row for row in rows}


def _has_project(table: Table, index: int, known: Known, problems: Problems) -> bool:
    project = table.columns["project"][index]
    if known.is_unknown("projects", project):
        problems.add(table.file, table.numbers[index], "project", unknown(project))
    return project in known.projects


def check_movements(tables: Sequence[Table], known: Known, plan: Plan, problems: Problems) -> None:
    """Commitments and payments together: an amount above the margin of its envelope and year, or of its project, is refused."""
    for table in tables:
        fresh = check_money(table, known, plan, problems, _held_ledger(table.noun))
        tally(plan, table, fresh)
        for index in fresh:
            if _is_ours(table, index, known, problems):
                plan.movements.append(_movement(table, index, known))
    plan.movements.sort(key=_turn)
    _check_margins(known, plan, problems)


def _held_ledger(noun: str) -> Held:
    kinds = (LedgerKind.COMMITMENT,) if noun == "commitments" else _PAID
    rows = LedgerEntry.objects.filter(kind__in=kinds, reverses=None).exclude(reference="").order_by("pk")
    if noun == "commitments":  # those of the portal are named by their agreement
        rows = rows.filter(agreement__imported_at__isnull=False, recredit__isnull=True)
    values = rows.values_list("reference", "agreement__project__reference", "kind", "amount", "fiscal_year", "effective_on", "recorded_at")
    held: Held = {}
    for reference, project, kind, amount, year, day, when in values:
        held[reference] = {"project": project, "fiscal_year": year, "effective_on": day, "recorded_at": when}
        held[reference] |= {"amount": amount} if noun == "commitments" else {"amount": abs(amount), "kind": kind}
    return held


def _is_ours(table: Table, index: int, known: Known, problems: Problems) -> bool:
    """Whether a row is of a project that packages bring: the money of another one is written by its own acts."""
    number, project = table.numbers[index], table.columns["project"][index]
    year = table.columns["fiscal_year"][index]
    if not _has_project(table, index, known, problems):
        return False
    if known.projects[project].imported_at is None:
        said = _("la convention de « %(value)s » est suivie dans le portail; projet importé attendu")
        problems.add(table.file, number, "project", said % {"value": project})
        return False
    if year < known.years[0] or (table.noun == "commitments" and year > known.years[-1]):
        said = _("« %(value)s »; exercice de %(first)d à %(last)d attendu")
        problems.add(table.file, number, "fiscal_year", said % {"value": year, "first": known.years[0], "last": known.years[-1]})
        return False
    return True


def _movement(table: Table, index: int, known: Known) -> Movement:
    columns = table.columns
    project = columns["project"][index]
    kind = LedgerKind.COMMITMENT if table.noun == "commitments" else LedgerKind(columns["kind"][index])
    amount = columns["amount"][index]
    posting = Posting(
        known.envelopes[known.projects[project].call.envelope].pk,
        columns["fiscal_year"][index],
        kind,
        -amount if kind == LedgerKind.RECOVERY else amount,
        columns["effective_on"][index],
        reference=columns["reference"][index],
    )
    return Movement(posting, project, recorded(known, table, index), table, index)


def _turn(movement: Movement) -> tuple[date, int, datetime]:
    posting = movement.posting
    is_release = posting.kind == LedgerKind.COMMITMENT and posting.amount < 0
    return posting.effective_on, _RELEASE if is_release else _ORDER[posting.kind], movement.recorded_at


@dataclass(slots=True)
class _Account:
    margin: Decimal = ZERO
    committed: Decimal = ZERO


@dataclass(slots=True)
class _Balance:
    committed: Decimal = ZERO
    paid: Decimal = ZERO


@dataclass(slots=True)
class _Books:
    """The counters as the rows before this one leave them: what the database's own guards will see, row by row."""

    codes: dict[int, str]
    accounts: dict[tuple[int, int], _Account] = field(default_factory=dict)
    balances: dict[str, _Balance] = field(default_factory=dict)

    def enter(self, movement: Movement) -> str:
        """Count a row; or say why it does not fit, and leave it out."""
        posting = movement.posting
        account = self.accounts.setdefault((posting.envelope_id, posting.fiscal_year), _Account())
        balance = self.balances.setdefault(movement.project, _Balance())
        if posting.kind == LedgerKind.COMMITMENT:
            return self._commit(posting, account, balance)
        if not ZERO <= balance.paid + posting.amount <= balance.committed:
            return self._unpayable(posting, balance)
        balance.paid += posting.amount
        return ""

    def _commit(self, posting: Posting, account: _Account, balance: _Balance) -> str:
        if posting.amount > account.margin:
            said = _("l’enveloppe %(envelope)s n’a plus que %(margin)s en %(year)s; %(asked)s demandés")
            return said % {
                "envelope": self.codes[posting.envelope_id],
                "margin": account.margin,
                "year": f"{posting.fiscal_year}-{posting.fiscal_year + 1}",
                "asked": posting.amount,
            }
        if account.committed + posting.amount < 0 or balance.committed + posting.amount < balance.paid:
            said = _("%(asked)s désengagés; au plus %(most)s, qui restent engagés et non payés, attendus")
            return said % {"asked": -posting.amount, "most": min(account.committed, balance.committed - balance.paid)}
        account.margin -= posting.amount
        account.committed += posting.amount
        balance.committed += posting.amount
        return ""

    @staticmethod
    def _unpayable(posting: Posting, balance: _Balance) -> str:
        if posting.kind == LedgerKind.RECOVERY:
            said = _("%(asked)s recouvrés; au plus les %(most)s payés attendus")
            return said % {"asked": -posting.amount, "most": balance.paid}
        said = _("l’engagement du projet laisse %(margin)s à payer; %(asked)s demandés")
        return said % {"margin": balance.committed - balance.paid, "asked": posting.amount}


def _check_margins(known: Known, plan: Plan, problems: Problems) -> None:
    books = _Books({row.pk: code for code, row in known.envelopes.items()})
    for row in EnvelopeYear.objects.order_by("pk"):
        books.accounts[row.envelope_id, row.fiscal_year] = _Account(row.authorised - row.reserved - row.committed, row.committed)
    for posting, _known in plan.authorisations:
        books.accounts.setdefault((posting.envelope_id, posting.fiscal_year), _Account()).margin += posting.amount
    for project, committed, paid in _balances(known.held):
        books.balances[project] = _Balance(committed, paid)
    for movement in plan.movements:
        if what := books.enter(movement):
            problems.add(movement.table.file, movement.table.numbers[movement.index], "amount", what)


def _balances(projects: Iterable[str]) -> Iterable[tuple[str, Decimal, Decimal]]:
    held = AgreementBalance.objects.filter(agreement__project__reference__in=list(projects)).order_by("pk")
    return held.values_list("agreement__project__reference", "committed", "paid")
