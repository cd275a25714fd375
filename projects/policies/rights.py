"""What a person may do starts here: the roles they hold today, and where. Nothing else grants anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check
from projects.enums import APPLICANT_ROLES, Role
from projects.models import Membership

#: Roles of the Secretariat and its controls that read every submitted file (unless recused).
STAFF_ROLES = frozenset(
    {
        Role.OFFICER,
        Role.ADVISER,
        Role.COMMITTEE_SECRETARY,
        Role.DIRECTOR,
        Role.HEAD,
        Role.MINISTER_DELEGATE,
        Role.CONTROLLER,
        Role.PAYMENT_REQUESTER,
        Role.PAYMENT_AUTHORISER,
        Role.GAIN_VERIFIER,
    }
)


@dataclass(frozen=True, slots=True)
class Rights:
    """The (role, organisation id) pairs of one person on one day."""

    held: frozenset[tuple[str, int]]

    def has(self, *roles: Role) -> bool:
        return any(role in roles for role, _organisation in self.held)

    def has_in(self, organisation_id: int, *roles: Role) -> bool:
        return any((role, organisation_id) in self.held for role in roles)

    def organisations(self, *roles: Role) -> frozenset[int]:
        """Where the person holds one of these roles."""
        return frozenset(organisation for role, organisation in self.held if role in roles)

    @property
    def is_staff(self) -> bool:
        return self.has(*STAFF_ROLES)

    @property
    def is_applicant(self) -> bool:
        return self.has(*APPLICANT_ROLES)


NOBODY = Rights(frozenset())


def rights_of(person: Any, now: datetime) -> Rights:
    """The rights of a person on the day (America/Toronto) of `now`: one query per person object and day."""
    if person is None or not person.is_authenticated or not person.is_active:
        return NOBODY
    day = timezone.localdate(now)
    kept: dict[Any, Rights] = person.__dict__.setdefault("_rights", {})
    if day not in kept:
        pairs = Membership.objects.filter(person=person).on(day).values_list("role", "organisation_id")
        kept[day] = Rights(frozenset(pairs))
    return kept[day]


def needs_role(person: Any, now: datetime, *roles: Role) -> Verdict:
    """Yes when the person holds one of the roles today; else no, naming them."""
    names = ", ".join(str(role.label) for role in roles)
    return check(rights_of(person, now).has(*roles), _("Cette action demande le rôle : %(roles)s.") % {"roles": names})


def needs_role_in(person: Any, organisation_id: int, now: datetime, *roles: Role) -> Verdict:
    """Yes when the person holds one of the roles in that organisation today; else no, naming them."""
    names = ", ".join(str(role.label) for role in roles)
    return check(
        rights_of(person, now).has_in(organisation_id, *roles),
        _("Cette action demande, dans cet organisme, le rôle : %(roles)s.") % {"roles": names},
    )
