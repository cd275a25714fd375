"""Bank details: entered by one person, confirmed by another who types them again. The journal never holds a number."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act
from funding.enums import BANK_MOVES, BankState
from funding.models import BankDetail
from funding.policies import bank as policies
from projects.models import Organisation, User
from projects.services import secrets
from projects.services.journal import note, note_organisation, note_reason, transition
from projects.services.locks import lock

PURPOSE = "bank-details"


@dataclass(frozen=True, slots=True)
class Account:
    """Where a sum goes: three digits of the institution, five of the transit, five to twelve of the account."""

    holder: str
    institution: str
    transit: str
    number: str


def account_of(detail: BankDetail) -> Account:
    """The account in clear, for the file of a batch and for a comparison; no page shows it."""
    return Account(detail.holder, detail.institution, detail.transit, secrets.decrypt(detail.account, purpose=PURPOSE))


@act
def enter_bank_details(*, organisation_id: int, account: Account, actor: User, now: datetime, key: str | None = None) -> BankDetail:
    """Enter a new version, which waits for another person. Raises NotAllowed, WrongState (one is already waiting)."""
    organisation = lock(Organisation, organisation_id)
    policies.enter_bank_details(actor, organisation, now).require()
    last = BankDetail.objects.filter(organisation=organisation).aggregate(last=Max("version"))["last"]
    detail = BankDetail.objects.create(
        organisation=organisation,
        version=(last or 0) + 1,
        holder=account.holder,
        institution=account.institution,
        transit=account.transit,
        account=secrets.encrypt(account.number, purpose=PURPOSE),
        account_end=account.number[-3:],
        entered_by=actor,
        entered_at=now,
    )
    note(detail, version=detail.version)
    note_organisation(organisation.pk)
    return detail


@act
def confirm_bank_details(
    *, detail_id: int, institution: str, transit: str, number: str, actor: User, now: datetime, key: str | None = None
) -> BankDetail:
    """Confirm a version by typing its numbers again: payments to come use it. Raises NotAllowed, WrongState, Invalid (they differ)."""
    detail = _locked(detail_id)
    policies.decide_bank_details(actor, detail, now).require()
    typed, kept = (institution, transit, number), account_of(detail)
    same = [hmac.compare_digest(one, other) for one, other in zip(typed, (kept.institution, kept.transit, kept.number), strict=True)]
    if not all(same):
        raise Invalid(
            _("Ces numéros ne sont pas ceux qui ont été inscrits. Vérifiez-les sur le spécimen de chèque, ou refusez la version.")
        )
    note_organisation(detail.organisation_id)
    transition([detail], BankState.CONFIRMED, moves=BANK_MOVES, now=now, decided_by=actor, decided_at=now)
    return detail


@act
def refuse_bank_details(*, detail_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> BankDetail:
    """Refuse a version, with a reason; another may be entered. Raises NotAllowed, WrongState, Invalid."""
    detail = _locked(detail_id)
    policies.decide_bank_details(actor, detail, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du refus.")})
    note_organisation(detail.organisation_id)
    note_reason(reason)
    transition([detail], BankState.REFUSED, moves=BANK_MOVES, now=now, decided_by=actor, decided_at=now, refusal_reason=reason)
    return detail


def _locked(detail_id: int) -> BankDetail:
    """The organisation first, as the acts and the guards of the other side do, then its version."""
    lock(Organisation, BankDetail.objects.values_list("organisation", flat=True).get(pk=detail_id))
    return lock(BankDetail, detail_id)
