"""What a return file would do: each of its lines beside the payment that it speaks of, and each cell that cannot be taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.money import ZERO
from funding.enums import PaymentState, ReturnStatus
from funding.models import Payment, ReturnFile
from funding.queries.payments import payments_for
from funding.returns import Line, Problem, parse


@dataclass(frozen=True, slots=True)
class Matched:
    """A line with its payment; `changes` is false when the payment already says the same."""

    line: Line
    payment: Payment
    changes: bool


@dataclass(slots=True)
class Examination:
    """Nothing of a file is taken while it has a problem."""

    matched: list[Matched] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def count(self, status: ReturnStatus) -> int:
        return sum(one.line.status == status for one in self.matched if one.changes)

    def total(self, status: ReturnStatus) -> Decimal:
        return sum((one.payment.amount for one in self.matched if one.changes and one.line.status == status), ZERO)

    @property
    def confirmed(self) -> int:
        return self.count(ReturnStatus.CONFIRMED)

    @property
    def confirmed_total(self) -> Decimal:
        return self.total(ReturnStatus.CONFIRMED)

    @property
    def rejected(self) -> int:
        return self.count(ReturnStatus.REJECTED)

    @property
    def rejected_total(self) -> Decimal:
        return self.total(ReturnStatus.REJECTED)

    @property
    def unchanged(self) -> int:
        return sum(not one.changes for one in self.matched)


def examine(text: str, person: Any, now: datetime) -> Examination:
    """What the file would do for this person: an order that they may not see is, to them, unknown."""
    lines, problems = parse(text)
    payments = {one.order_number: one for one in payments_for(person, now).filter(order_number__in=[line.order for line in lines])}
    taken = dict(
        Payment.objects.filter(reference__in=[line.reference for line in lines]).values_list("reference", "order_number").order_by("pk")
    )
    found = Examination(problems=problems)
    for line in lines:
        payment = payments.get(line.order)
        wrong = list(_problems_of(line, payment, taken, now))
        found.problems += wrong
        if payment is not None and not wrong:
            found.matched.append(Matched(line, payment, payment.state == PaymentState.TRANSMITTED))
    found.problems.sort(key=lambda one: one.row)
    return found


def _problems_of(line: Line, payment: Payment | None, taken: dict[str | None, str], now: datetime) -> Iterator[Problem]:
    if payment is None:
        yield Problem(line.row, "ordre", _("aucun ordre n’a ce numéro"))
        return
    if payment.state != PaymentState.TRANSMITTED:
        if not _says_the_same(line, payment):
            yield Problem(line.row, "statut", _("cet ordre est « %(state)s »") % {"state": payment.get_state_display()})
        return
    if (other := taken.get(line.reference)) and other != line.order:
        yield Problem(line.row, "reference", _("c’est la référence de l’ordre %(order)s") % {"order": other})
    if line.dated_on > timezone.localdate(now):
        yield Problem(line.row, "date", _("cette date est dans le futur"))
    elif payment.authorised_at and line.dated_on < timezone.localdate(payment.authorised_at):
        yield Problem(line.row, "date", _("cette date précède l’autorisation"))


def _says_the_same(line: Line, payment: Payment) -> bool:
    if line.status == ReturnStatus.CONFIRMED:
        return payment.state == PaymentState.CONFIRMED and (payment.reference, payment.paid_on) == (line.reference, line.dated_on)
    return payment.state == PaymentState.REJECTED and payment.rejection_reason == line.reason


def return_files() -> Any:
    """Return files, the latest first."""
    return ReturnFile.objects.select_related("received_by").order_by("-received_at", "-pk")
