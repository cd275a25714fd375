"""The envelope ledger: the one function that writes its rows, and what an overrun says to a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, EnvelopeExceeded, WrongState, on_constraint
from fondsinnovation.kit.money import round_cents
from funding.enums import LedgerKind
from funding.models import LedgerEntry
from projects.models import User
from projects.services.journal import canonical, note_money, sha256


@dataclass(frozen=True, slots=True)
class Posting:
    """One signed amount (dollars) to write on an envelope × fiscal year."""

    envelope_id: int
    fiscal_year: int
    kind: LedgerKind
    amount: Decimal
    effective_on: date
    call_id: int | None = None
    award_id: int | None = None
    agreement_id: int | None = None
    instalment_id: int | None = None
    reference: str = ""
    reverses_id: int | None = None
    move_id: int | None = None
    amendment_id: int | None = None
    cost_id: int | None = None
    cost_move_id: int | None = None


@dataclass(frozen=True, slots=True)
class YearHead:
    """The last number of an account and the dollars left on it, under its lock, with the code of its envelope."""

    last_seq: int
    margin: Decimal
    code: str


def lock_years(accounts: Iterable[tuple[int, int]]) -> dict[tuple[int, int], YearHead]:
    """Hold envelope × fiscal-year accounts until COMMIT, in key order."""
    keys = sorted(set(accounts))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT y.envelope_id, y.fiscal_year, y.last_seq, y.margin, e.code FROM lock_envelope_years(%s::bigint[], %s::int[]) y "
            "JOIN funding_envelope e ON e.id = y.envelope_id",
            [[envelope for envelope, _year in keys], [year for _envelope, year in keys]],
        )
        return {(row[0], row[1]): YearHead(*row[2:]) for row in cursor.fetchall()}


def post(postings: Sequence[Posting], *, actor: User | None, recorded_at: datetime) -> list[LedgerEntry]:
    """Write ledger rows in one statement: numbered without a gap, hashed, named in the act's journal entry.

    `recorded_at` comes from `money_clock`. Raises nothing itself: the database refuses an overrun, and `@act` says which.
    """
    rows = number_rows([(posting, recorded_at) for posting in postings], actor=actor)
    LedgerEntry.objects.bulk_create(rows)
    note_money(rows)
    return rows


def number_rows(postings: Sequence[tuple[Posting, datetime]], *, actor: User | None) -> list[LedgerEntry]:
    """Ledger rows, each with the instant at which it was known: numbered under the lock of their accounts, hashed, still to be written."""
    heads = lock_years((posting.envelope_id, posting.fiscal_year) for posting, _recorded_at in postings)
    last = {key: head.last_seq for key, head in heads.items()}
    rows = []
    for posting, recorded_at in postings:
        key = (posting.envelope_id, posting.fiscal_year)
        last[key] += 1
        row = LedgerEntry(
            seq=last[key],
            recorded_at=recorded_at,
            recorded_by=actor,
            **{name: getattr(posting, name) for name in Posting.__slots__},
        )
        row.amount = round_cents(row.amount)
        row.sha256 = sha256(canonical(ledger_facts(row, heads[key].code)))
        rows.append(row)
    return rows


def ledger_facts(row: LedgerEntry, envelope_code: str) -> dict[str, Any]:
    """What the SHA-256 of a ledger row covers: everything that it says, and its place in its account.

    A row names what it reverses, the move, the cost or the amendment that it comes from only when it has one: older rows keep their hash.
    """
    links = (
        ("move", row.move_id),
        ("reverses", row.reverses_id),
        ("cost", row.cost_id),
        ("cost_move", row.cost_move_id),
        ("amendment", row.amendment_id),
    )
    origin = {name: pk for name, pk in links if pk is not None}
    return origin | {
        "agreement": row.agreement_id,
        "amount": row.amount,
        "award": row.award_id,
        "call": row.call_id,
        "effective_on": row.effective_on,
        "envelope": envelope_code,
        "fiscal_year": row.fiscal_year,
        "instalment": row.instalment_id,
        "kind": str(row.kind),
        "recorded_at": row.recorded_at,
        "reference": row.reference,
        "seq": row.seq,
    }


def _dollars(text: str) -> str:
    whole, _point, cents = format(Decimal(text), ".2f").partition(".")
    return f"{int(whole):,}".replace(",", "\u00a0") + f",{cents}\u00a0$"


def _fiscal_year(year: int) -> str:
    return f"{year}-{year + 1}"


@on_constraint("envelope_year_within_authorised")
def _envelope_exceeded(detail: dict[str, Any]) -> DomainError:
    return EnvelopeExceeded(
        _("L’enveloppe %(what)s n’a plus que %(margin)s en %(year)s : %(asked)s demandés. Rien n’a été engagé.")
        % {
            "what": detail["what"],
            "margin": _dollars(detail["margin"]),
            "year": _fiscal_year(detail["fiscal_year"]),
            "asked": _dollars(detail["asked"]),
        },
        **detail,
    )


@on_constraint("call_year_within_reserved")
def _call_exceeded(detail: dict[str, Any]) -> DomainError:
    return EnvelopeExceeded(
        _("Il ne reste que %(margin)s à l’appel %(what)s en %(year)s : %(asked)s demandés. Rien n’a été réservé.")
        % {
            "what": detail["what"],
            "margin": _dollars(detail["margin"]),
            "year": _fiscal_year(detail["fiscal_year"]),
            "asked": _dollars(detail["asked"]),
        },
        **detail,
    )


@on_constraint("envelope_total_within_ceiling")
def _ceiling_exceeded(detail: dict[str, Any]) -> DomainError:
    return EnvelopeExceeded(
        _("Le plafond de l’enveloppe %(what)s laisse %(margin)s : %(asked)s demandés.")
        % {"what": detail["what"], "margin": _dollars(detail["margin"]), "asked": _dollars(detail["asked"])},
        **detail,
    )


@on_constraint("award_year_within_reserved")
def _award_exceeded(detail: dict[str, Any]) -> DomainError:
    return EnvelopeExceeded(_("L’engagement dépasse ce que la décision a réservé pour cet exercice."), **detail)


@on_constraint("agreement_balance_within_committed")
def _agreement_exceeded(detail: dict[str, Any]) -> DomainError:
    return EnvelopeExceeded(
        _("L’engagement de la convention %(what)s laisse %(margin)s à payer : %(asked)s demandés. Rien n’a été versé.")
        % {"what": detail["what"], "margin": _dollars(detail["margin"]), "asked": _dollars(detail["asked"])},
        **detail,
    )


@on_constraint("instalment_balance_within_scheduled")
def _instalment_exceeded(detail: dict[str, Any]) -> DomainError:
    return EnvelopeExceeded(
        _("Ce versement laisse %(margin)s à payer : %(asked)s demandés. Rien n’a été versé.")
        % {"margin": _dollars(detail["margin"]), "asked": _dollars(detail["asked"])},
        **detail,
    )


@on_constraint("ledger_contra_fits")
def _contra_elsewhere(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Une contre-écriture a le compte, le type et le titulaire de celle qu’elle renverse, et le signe contraire."))


@on_constraint("ledger_contra_within")
def _contra_exceeded(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Cette écriture serait renversée de plus que son montant."))
