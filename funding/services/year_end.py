"""The end of a fiscal year: what lapses, what is carried, as one act that the controller prepares and another person approves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import ZERO
from fondsinnovation.templatetags.typography import money_cents
from funding.enums import CreditMoveKind, LedgerKind
from funding.models import CreditLine, CreditMove
from funding.policies import credit_moves as policies
from funding.queries.year_end import UnpaidLine, YearLeft, commitments_left, year_left
from funding.services.credit_moves import Account, Terms, propose_lines, unknown_accounts, unsound_terms
from projects.models import User


@dataclass(frozen=True, slots=True)
class Choices:
    """What the controller decides: dollars of the free credit to carry, and the agreements whose unpaid part is released, not moved."""

    carried: Decimal = ZERO
    released: Collection[int] = field(default_factory=frozenset)


@act
def prepare_year_end(*, account: Account, choices: Choices, terms: Terms, actor: User, now: datetime, key: str | None = None) -> CreditMove:
    """Propose what lapses and what is carried of a fiscal year that has ended, so that its credit, commitments and payments are equal.

    The unpaid part of each agreement moves to the next year by contra-entries, or is released; the free credit is carried up to what
    was chosen, and the rest lapses. Raises NotAllowed, WrongState (not ended, still reserved, already closed), Invalid.
    """
    policies.prepare_year_end(actor, now).require()
    errors = unsound_terms(terms, now) | unknown_accounts([account])
    if errors:
        raise Invalid(errors=errors)
    left = year_left(account.envelope_id, account.fiscal_year)
    policies.apart_from_no_file(actor, [line.agreement.pk for line in left.lines]).require()
    require_closable(left, account.fiscal_year, now)
    lines = year_end_lines(left, account, choices)
    return propose_lines(CreditMoveKind.YEAR_END, account, lines, terms=terms, actor=actor, now=now)


def require_closable(left: YearLeft, fiscal_year: int, now: datetime) -> None:
    """Raise WrongState unless the year has ended, with nothing reserved, no cost left to pay and nothing paid above its commitment."""
    if timezone.localdate(now) < date(fiscal_year + 1, 4, 1):
        raise WrongState(_("Cet exercice n’est pas terminé."))
    if left.is_closed:
        raise WrongState(_("Cet exercice est déjà fermé : il n’en reste rien."))
    if left.reserved:
        raise WrongState(
            _("Il reste %(amount)s de réservations dans cet exercice : libérez-les ou engagez-les d’abord.")
            % {"amount": money_cents(left.reserved)}
        )
    if left.costs_unpaid:
        raise WrongState(
            _("Il reste %(amount)s d’engagements non payés du Secrétariat : payez-les, ou renversez-les par une contre-écriture.")
            % {"amount": money_cents(left.costs_unpaid)}
        )
    if over := [line.agreement.number for line in left.lines if line.unpaid < 0]:
        raise WrongState(
            _("Plus a été payé que ce qui était engagé dans cet exercice pour %(agreements)s : régularisez d’abord.")
            % {"agreements": ", ".join(over)}
        )


def year_end_lines(left: YearLeft, account: Account, choices: Choices) -> list[CreditLine]:
    """The ledger rows that leave the year with credit = commitments = payments. Raises Invalid."""
    released = [line for line in left.lines if line.agreement.pk in choices.released]
    moved = [line for line in left.lines if line.agreement.pk not in choices.released]
    free = left.uncommitted + sum((line.unpaid for line in released), ZERO)
    if not ZERO <= choices.carried <= free:
        raise Invalid(errors={"carried": _("Reportez de 0 à %(free)s.") % {"free": money_cents(free)}})
    carried = choices.carried + sum((line.unpaid for line in moved), ZERO)
    following = Account(account.envelope_id, account.fiscal_year + 1)
    if carried and unknown_accounts([following]):
        raise Invalid(errors={"carried": _("C’est le dernier exercice du Fonds : rien ne peut être reporté.")})
    lines = [one for line in left.lines for one in _undone(line, account)]
    lines += [_line(following, LedgerKind.COMMITMENT, line.unpaid, agreement_id=line.agreement.pk) for line in moved]
    lines += [_line(account, LedgerKind.CARRY, -carried), _line(following, LedgerKind.CARRY, carried)]
    lines.append(_line(account, LedgerKind.LAPSE, choices.carried - free))
    return [line for line in lines if line.amount]


def _undone(line: UnpaidLine, account: Account) -> list[CreditLine]:
    """Contra-entries of the commitment rows of an agreement, the last written first, for its unpaid part."""
    rest, found = line.unpaid, []
    for row, left in commitments_left(line.agreement.pk, account.envelope_id, account.fiscal_year):
        taken = min(rest, left)
        rest -= taken
        if taken:
            found.append(_line(account, LedgerKind.COMMITMENT, -taken, agreement_id=line.agreement.pk, reverses=row))
    return found


def _line(account: Account, kind: LedgerKind, amount: Decimal, **more: object) -> CreditLine:
    return CreditLine(envelope_id=account.envelope_id, fiscal_year=account.fiscal_year, kind=kind, amount=amount, **more)
