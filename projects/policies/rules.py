"""The rules of acts: one sentence, the roles that it needs and where, one verdict. What is declared here is what is enforced.

`docs/rules/access.md` and the page « Qui peut faire quoi » are drawn from `RULES`; a rule that is not declared cannot be shown,
and a role that is not declared is refused before the policy itself is asked.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.errors import NotAllowed
from fondsinnovation.kit.verdict import YES, Verdict
from projects.enums import Role
from projects.policies.rights import needs_role, needs_role_in, needs_role_somewhere
from projects.policies.scope import scope_of

P = ParamSpec("P")
Sentence = str | Promise


class LacksRole(NotAllowed):
    """Refused whatever the object and its state: the person holds none of the rule's roles where it asks for them.

    To a program it is a refusal like another: `code` is that of NotAllowed.
    """

    code = "not_allowed"


class Subject(TextChoices):
    """What an act is about: the sections of the page, in the order of a file's life."""

    ACCESS = "access", _("Personnes et accès")
    CALLS = "calls", _("Appels à projets")
    APPLICATIONS = "applications", _("Demandes")
    REVIEWS = "reviews", _("Recevabilité et évaluation")
    AWARDS = "awards", _("Décisions")
    AGREEMENTS = "agreements", _("Conventions")
    PAYMENTS = "payments", _("Jalons et versements")
    GAINS = "gains", _("Gains")
    REPORTS = "reports", _("Rapports et journal")


class Where(TextChoices):
    """Where a role counts for an act."""

    ANYWHERE = "anywhere", _("partout")
    INSIDE = "inside", _("dans son organisme")
    OWN = "own", _("pour ce qui lui est confié")


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of one or several acts. `places` says where each role counts; empty: any signed-in person, for what is theirs.

    A rule without acts is a right to read.
    """

    name: str
    written_at: tuple[str, int]
    subject: Subject
    sentence: Sentence
    acts: tuple[str, ...]
    places: Mapping[Role, Where]
    refusal: Sentence
    lists: bool = False

    @property
    def app(self) -> str:
        return self.written_at[0].partition(".")[0]

    def at(self, *places: Where) -> tuple[Role, ...]:
        """The roles that count there, in the order of their declaration."""
        return tuple(role for role, place in self.places.items() if place in places)

    def by_role(self, person: Any, now: datetime | None, organisation_id: int | None, call: int | None) -> Verdict:
        """Whether the person holds one of the rule's roles today, where the rule asks for it: on all files, or on those of `call`."""
        if not self.places or now is None:
            return YES
        verdict = YES
        if anywhere := self.at(Where.ANYWHERE, Where.OWN):
            verdict = self._anywhere(person, now, anywhere, call)
        if (inside := self.at(Where.INSIDE)) and not (anywhere and verdict):  # what one's own role allows is not done for another
            verdict = needs_role_in(person, organisation_id or 0, now, *inside, call=call)
        return YES if verdict else Verdict(False, str(self.refusal) if self.refusal else verdict.reason, LacksRole)

    def _anywhere(self, person: Any, now: datetime, roles: tuple[Role, ...], call: int | None) -> Verdict:
        if self.lists and call is None:
            return needs_role_somewhere(person, now, *roles)
        return needs_role(person, now, *roles, call=call)


#: policy name → its rule, filled as the policies are imported
RULES: dict[str, Rule] = {}


def rule(
    *anywhere: Role,
    says: Sentence,
    subject: Subject,
    acts: Iterable[str] | None = None,
    inside: Iterable[Role] = (),
    of: Callable[[Any], int] | None = None,
    own: Iterable[Role] = (),
    refusal: Sentence = "",
    role_last: bool = False,
    lists: bool = False,
) -> Callable[[Callable[P, Verdict]], Callable[P, Verdict]]:
    """Declare the rule of `acts` (by default the one named like the policy): the role is asked first, then the policy for the rest.

    `anywhere`: roles that count wherever they are held; `inside`: only in the organisation that `of` finds in the policy's second
    argument; `own`: on what was entrusted to the person, which the policy itself checks. A rule that names no role is anybody's, for
    what is theirs. `refusal` says the missing role in other words; `role_last` lets the policy's own reason come first when both
    refuse, because it says more to the reader: the verdict is the same. A role limited to one call counts on the files of that call:
    the call is that of the first argument that belongs to one, or the argument `call`; `lists`: without a call, such a role counts
    too, for a list that holds the files of its call alone.
    """
    places = {
        **dict.fromkeys(anywhere, Where.ANYWHERE),
        **dict.fromkeys(own, Where.OWN),
        **dict.fromkeys(inside, Where.INSIDE),
    }

    def declare(policy: Callable[P, Verdict]) -> Callable[P, Verdict]:
        name = policy.__name__
        named = (name,) if acts is None else tuple(acts)
        written_at = (policy.__module__, policy.__code__.co_firstlineno)
        declared = Rule(name, written_at, subject, says, named, places, refusal, lists)
        if RULES.setdefault(name, declared) is not declared:
            raise ValueError(f"two rules are named {name}")
        signature = inspect.signature(policy)

        @functools.wraps(policy)
        def ask(*args: P.args, **kwargs: P.kwargs) -> Verdict:
            given = signature.bind(*args, **kwargs).arguments
            person, *others = given.values()
            call = given["call"] if given.get("call") is not None else scope_of(others)
            held = declared.by_role(person, given.get("now"), of(others[0]) if of else None, call)
            if not held and not role_last:
                return held
            verdict = policy(*args, **kwargs)
            return verdict if held else Verdict(False, verdict.reason or held.reason, LacksRole)

        return ask

    return declare
