"""Where each organisation of the story is paid: entered, then confirmed, by its own people before its first agreement."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from funding.enums import BankState
from funding.models import BankDetail
from funding.services.bank import PURPOSE
from projects.services.secrets import encrypt
from reporting.seeding.copying import Sheaf
from reporting.seeding.story import File, Story, at

#: days before the signature of its first agreement
ENTERED, CONFIRMED = 20, 18


def account_number(code: str) -> str:
    """Seven digits, the same each time for an organisation; no account has them."""
    return f"{int(hashlib.sha256(code.encode()).hexdigest(), 16) % 10_000_000:07d}"


def write_bank_details(story: Story, sheaf: Sheaf) -> None:
    """One confirmed version for each organisation that signed an agreement."""
    first: dict[int, File] = {}
    for file in story.projects:
        known = first.setdefault(file.applicant.organisation.pk, file)
        if file.signed_on < known.signed_on:
            first[file.applicant.organisation.pk] = file
    for file in first.values():
        owner = file.applicant.organisation
        number = account_number(owner.code)
        sheaf.add(
            BankDetail,
            organisation=owner,
            version=1,
            state=BankState.CONFIRMED,
            holder=owner.name[:120],
            institution="815",
            transit="30000",
            account=encrypt(number, purpose=PURPOSE),
            account_end=number[-3:],
            entered_by=file.applicant.finance,
            entered_at=at(file.signed_on - timedelta(days=ENTERED), 10),
            decided_by=file.applicant.signatory,
            decided_at=at(file.signed_on - timedelta(days=CONFIRMED), 10),
        )
