"""The people of the story: the demonstration's own accounts, those of other applicants, and more reviewers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import cycle
from random import Random
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from projects.demo import ACCOUNTS
from projects.enums import OrganisationKind, Role
from projects.models import Membership, Organisation, User
from reporting.seeding.copying import Sheaf
from reporting.seeding.story import SEED, Applicant
from reporting.seeding.words import FIRST_NAMES, LAST_NAMES

APPLICANTS = (Role.WRITER, Role.FINANCE_RESPONDENT, Role.SIGNATORY)
#: the accounts that nobody signs in to have no usable password
NO_PASSWORD = UNUSABLE_PASSWORD_PREFIX + "0" * 40
SINCE = date(2024, 4, 1)
REVIEWERS = (("SIP-FIN", 5), ("ENAP", 3), ("CIQ", 2))
FEW = 24


@dataclass(slots=True)
class Cast:
    """Who does what at the Secretariat; `reviewers` with whether each is external."""

    officers: list[User]
    secretary: User
    controller: User
    director: User
    head: User
    delegate: User
    requester: User
    authoriser: User
    verifier: User
    reviewers: list[tuple[User, bool]]


class Names:
    """Invented names, none twice before every pair has served."""

    def __init__(self) -> None:
        names = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
        Random(f"{SEED}/names").shuffle(names)  # noqa: S311 — a story, not a secret
        self._names = cycle(names)

    def next(self) -> str:
        return next(self._names)


def assemble(sheaf: Sheaf, *, scale: int, now: datetime) -> tuple[list[Applicant], Cast]:
    """The applicants and the cast; those who have no account yet are written."""
    names = Names()
    held = _demo_people()
    applicants = []
    for organisation in _applicant_organisations(scale):
        people = [held.get((organisation.code, role)) or _person(sheaf, names, role, organisation, now) for role in APPLICANTS]
        applicants.append(Applicant(organisation, *people))
    return applicants, _cast(sheaf, names, held, now)


def _demo_people() -> dict[tuple[str, str], User]:
    people = {person.email: person for person in User.objects.filter(email__in=[account.email for account in ACCOUNTS])}
    return {(account.organisation, account.role): people[account.email] for account in reversed(ACCOUNTS)}


def _applicant_organisations(scale: int) -> list[Organisation]:
    """The demonstration's three and twenty others in a small fund, all of them in a larger one."""
    kinds = (OrganisationKind.MUNICIPALITY, OrganisationKind.MINISTRY, OrganisationKind.AGENCY)
    found = list(Organisation.objects.filter(kind__in=kinds).select_related("region").order_by("code"))
    if scale == 1:
        known = {account.organisation for account in ACCOUNTS}
        others = [one for one in found if one.code not in known]
        Random(f"{SEED}/organisations").shuffle(others)  # noqa: S311 — a story, not a secret
        found = [one for one in found if one.code in known] + others[: FEW - 3]
    return found


def _person(sheaf: Sheaf, names: Names, role: str, organisation: Organisation, now: datetime, number: str = "") -> User:
    email = f"{role.split('_')[0]}{number}.{organisation.code.lower()}@exemple.quebec"
    person: User = sheaf.add(User, email=email, name=names.next(), password=NO_PASSWORD, created_at=now)
    sheaf.add(Membership, person=person, role=role, organisation=organisation, starts_on=SINCE, granted_at=now)
    return person


def _cast(sheaf: Sheaf, names: Names, held: dict[tuple[str, str], User], now: datetime) -> Cast:
    by_role: dict[str, list[User]] = {}
    for account in ACCOUNTS:
        by_role.setdefault(account.role, []).append(User.objects.get(email=account.email))
    units: dict[str, Any] = {code: Organisation.objects.get(code=code) for code, _count in REVIEWERS}
    reviewers = [
        (_person(sheaf, names, Role.REVIEWER, units[code], now, str(number)), units[code].kind == OrganisationKind.PARTNER)
        for code, count in REVIEWERS
        for number in range(1, count + 1)
    ]
    first = {role: people[0] for role, people in by_role.items()}
    return Cast(
        by_role[Role.OFFICER],
        first[Role.COMMITTEE_SECRETARY],
        first[Role.CONTROLLER],
        first[Role.DIRECTOR],
        first[Role.HEAD],
        first[Role.MINISTER_DELEGATE],
        first[Role.PAYMENT_REQUESTER],
        first[Role.PAYMENT_AUTHORISER],
        first[Role.GAIN_VERIFIER],
        reviewers,
    )
