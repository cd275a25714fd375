"""What a person may do starts here: the roles they hold today, and where. Nothing else grants anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import entry_of
from fondsinnovation.kit.verdict import YES, Verdict, check
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


#: a membership that counts: role, organisation, the call that it is limited to (None: all), and who it stands in for (None: oneself)
Held = tuple[str, int, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Rights:
    """What one person holds on one day. `held`: (role, organisation id) on all files; `scoped`: (role, organisation id, call id).

    A role limited to a call counts only where the caller says for which call it asks: whoever forgets to ask is refused.
    """

    held: frozenset[tuple[str, int]]
    scoped: frozenset[tuple[str, int, int]] = frozenset()
    delegated: frozenset[Held] = frozenset()
    own: frozenset[Held] = frozenset()

    def has(self, *roles: Role, call: int | None = None) -> bool:
        """Whether the person holds one of the roles on all files or, with `call`, on those of that call."""
        return any(role in roles for role, _organisation in self.held) or any(
            role in roles and limit == call for role, _organisation, limit in self.scoped
        )

    def has_somewhere(self, *roles: Role) -> bool:
        """Whether the person holds one of the roles on some files at least: for pages whose rows follow the scope."""
        return self.has(*roles) or bool(self.calls(*roles))

    def has_in(self, organisation_id: int, *roles: Role, call: int | None = None) -> bool:
        return any((role, organisation_id) in self.held or (role, organisation_id, call) in self.scoped for role in roles)

    def organisations(self, *roles: Role) -> frozenset[int]:
        """Where the person holds one of these roles on all files."""
        return frozenset(organisation for role, organisation in self.held if role in roles)

    def calls(self, *roles: Role) -> frozenset[int]:
        """The calls to which one of these roles is limited."""
        return frozenset(call for role, _organisation, call in self.scoped if role in roles)

    def pairs(self, *roles: Role) -> frozenset[tuple[int, int]]:
        """The (organisation id, call id) to which one of these roles is limited."""
        return frozenset((organisation, call) for role, organisation, call in self.scoped if role in roles)

    def stands_in_for(self, *roles: Role, organisation: int | None = None, call: int | None = None) -> frozenset[int]:
        """For whom the person acts when they hold these roles by delegation only; nobody when one is their own."""

        def fits(one: Held) -> bool:
            role, where, limit, _holder = one
            return role in roles and organisation in (None, where) and limit in (None, call)

        if any(fits(one) for one in self.own):
            return frozenset()
        return frozenset(one[3] for one in self.delegated if fits(one) and one[3] is not None)

    @property
    def roles(self) -> frozenset[str]:
        """Every role held, on all files or on those of one call."""
        return frozenset(role for role, *_where in (*self.own, *self.delegated))

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
        rows = Membership.objects.filter(person=person).on(day)
        kept[day] = _rights(frozenset(rows.values_list("role", "organisation_id", "call_id", "delegated_from__person_id")))
    return kept[day]


def _rights(rows: frozenset[Held]) -> Rights:
    return Rights(
        frozenset((role, organisation) for role, organisation, call, _holder in rows if call is None),
        frozenset((role, organisation, call) for role, organisation, call, _holder in rows if call is not None),
        frozenset(row for row in rows if row[3] is not None),
        frozenset(row for row in rows if row[3] is None),
    )


def needs_role(person: Any, now: datetime, *roles: Role, call: int | None = None) -> Verdict:
    """Yes when the person holds one of the roles today, on all files or on those of `call`; else no, naming them."""
    names = ", ".join(str(role.label) for role in roles)
    rights = rights_of(person, now)
    _say_for_whom(person, rights.stands_in_for(*roles, call=call))
    return check(rights.has(*roles, call=call), _("Cette action demande le rôle : %(roles)s.") % {"roles": names})


def needs_role_somewhere(person: Any, now: datetime, *roles: Role) -> Verdict:
    """Yes when the person holds one of the roles on some files at least: for a list that holds those files alone."""
    return YES if rights_of(person, now).has_somewhere(*roles) else needs_role(person, now, *roles)


def needs_role_in(person: Any, organisation_id: int, now: datetime, *roles: Role, call: int | None = None) -> Verdict:
    """Yes when the person holds one of the roles in that organisation today; else no, naming them."""
    names = ", ".join(str(role.label) for role in roles)
    return check(
        holds_in(person, organisation_id, now, *roles, call=call),
        _("Cette action demande, dans cet organisme, le rôle : %(roles)s.") % {"roles": names},
    )


def holds_in(person: Any, organisation_id: int, now: datetime, *roles: Role, call: int | None = None) -> bool:
    """The same without its reason, for a rule that gives its own."""
    rights = rights_of(person, now)
    _say_for_whom(person, rights.stands_in_for(*roles, organisation=organisation_id, call=call))
    return rights.has_in(organisation_id, *roles, call=call)


def _say_for_whom(person: Any, holders: frozenset[int]) -> None:
    """An act done through a delegation says so in its journal entry: `on_behalf_of` names the people stood in for."""
    entry = entry_of(person)
    if entry is not None and holders:
        entry.facts["on_behalf_of"] = sorted({*entry.facts.get("on_behalf_of", ()), *holders})
