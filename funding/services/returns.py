"""What the accounting system answers: confirmations enter the ledger, rejections free their instalments; all of a file, or none of it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.utils.translation import ngettext

from fondsinnovation.kit.errors import Invalid, act
from funding.enums import PAYMENT_MOVES, PaymentState, ReturnStatus
from funding.models import Payment, ReturnFile, ReturnLine
from funding.policies import batches as policies
from funding.queries.returns import Examination, examine
from funding.returns import parse
from funding.services.payments import Confirmation, confirm_all, note_file
from projects.models import User
from projects.services.journal import money_clock, note, transition
from projects.services.locks import lock_all


@act
def import_returns(*, name: str, content: str, actor: User, now: datetime, key: str | None = None) -> ReturnFile:
    """Take a return file. The same text again changes nothing and gives the file that was taken.

    Raises NotAllowed, Invalid (a cell cannot be taken: nothing is), EnvelopeExceeded.
    """
    known = money_clock(now)
    policies.import_returns(actor, now).require()
    digest = hashlib.sha256(content.encode()).hexdigest()
    lines, _problems = parse(content)
    lock_all(Payment, Payment.objects.filter(order_number__in=[line.order for line in lines]).values_list("pk", flat=True))
    if (before := ReturnFile.objects.filter(sha256=digest)).exists():
        found: ReturnFile = before.get()
        note(found, repeated=True)
        return found
    examined = examine(content, actor, now)
    if examined.problems:
        count = len(examined.problems)
        raise Invalid(
            ngettext("%(count)s cellule à corriger : rien n’est importé.", "%(count)s cellules à corriger : rien n’est importé.", count)
            % {"count": count}
        )
    file = ReturnFile.objects.create(name=name, sha256=digest, received_by=actor, received_at=now, line_count=len(examined.matched))
    note(file, sha256=digest, lines=file.line_count)
    _keep_lines(file, examined)
    _reject(examined, now)
    confirmed = [
        Confirmation(one.payment, one.line.reference, one.line.dated_on)
        for one in examined.matched
        if one.changes and one.line.status == ReturnStatus.CONFIRMED
    ]
    if confirmed:
        confirm_all(confirmed, actor=actor, now=now, known=known)
    return file


def _keep_lines(file: ReturnFile, examined: Examination) -> None:
    ReturnLine.objects.bulk_create(
        ReturnLine(
            file=file,
            position=one.line.row,
            payment=one.payment,
            status=one.line.status,
            reference=one.line.reference,
            dated_on=one.line.dated_on,
            reason=one.line.reason,
        )
        for one in examined.matched
    )


def _reject(examined: Examination, now: datetime) -> None:
    for one in examined.matched:
        if one.changes and one.line.status == ReturnStatus.REJECTED:
            transition([one.payment], PaymentState.REJECTED, moves=PAYMENT_MOVES, now=now, rejection_reason=one.line.reason)
            note_file(one.payment)
