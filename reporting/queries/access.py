"""Who may enter, as whom, on a day, as known at an instant: the rows of the report `access` (R23)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from itertools import combinations
from typing import Any

from django.apps import apps
from django.db.models import Count, Max, Q, QuerySet

from projects.models import ExceptionalAccess, Organisation, SignIn
from projects.models.organisations import sort_key
from projects.policies.separation import separation_of
from reporting.rules import TOTAL, end_of_day

Row = dict[str, str]
#: a role in force: role, organisation id, the call that it is limited to or ALL, first day, last day
Held = tuple[str, int, str, date | None, date | None]
#: the scope of a role that no call limits
ALL = "all"
#: in the place of a role, for an account without any
NONE: Held = ("", 0, "", None, None)


def access_rows(*, effective: date, known: datetime) -> Iterator[Row]:
    """One row for each role in force on the day, one for each account without any, then the TOTAL.

    Accounts and roles are those of the database's own history, so that the same pair of dates gives the same rows for ever. Five queries.
    """
    until = min(known, end_of_day(effective))
    people = _people(known)
    held = _held(effective, known, people.keys())
    where = {pk: (code, name) for pk, code, name in Organisation.objects.order_by("pk").values_list("pk", "code", "name")}
    seen = dict(_by_person(SignIn.objects.filter(at__lte=until)).annotate(last=Max("at")).values_list("person", "last"))
    opened = dict(_by_person(ExceptionalAccess.objects.filter(starts_at__lte=until)).annotate(n=Count("pk")).values_list("person", "n"))
    pairs = 0
    for pk, name in sorted(people.items(), key=lambda one: (sort_key(one[1]), one[0])):
        roles = held.get(pk, [])
        codes = _broken(roles)
        pairs += len(codes)
        about = {
            "user": str(pk), "name": name, "last_sign_in": seen[pk].isoformat() if pk in seen else "", "incompatible": str(len(codes)),
            "rules": " ".join(sorted(set(codes))), "exceptional": str(opened.get(pk, 0)),
        }  # fmt: skip
        for role, organisation, scope, starts_on, ends_on in sorted(roles, key=_in_order) or [NONE]:
            code, title = where.get(organisation, ("", ""))
            yield _row(
                role=role, organisation=code, organisation_name=title, scope=scope, starts_on=_day(starts_on), ends_on=_day(ends_on),
                **about,
            )  # fmt: skip
    total = sum(opened.get(pk, 0) for pk in people)
    yield _row(user=TOTAL, name=TOTAL, incompatible=str(pairs), exceptional=str(total))


#: the columns, in the order of the catalogue
COLUMNS = (
    "user", "name", "role", "organisation", "organisation_name", "scope", "starts_on", "ends_on", "last_sign_in", "incompatible", "rules",
    "exceptional",
)  # fmt: skip


def _row(**values: str) -> Row:
    return {name: values.get(name, "") for name in COLUMNS}


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _by_person(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.order_by("person").values("person")


def _in_order(held: Held) -> tuple[str, int, str, str]:
    return held[0], held[1], held[2], _day(held[3])


def _latest(label: str, known: datetime) -> QuerySet[Any]:
    """The last version of each row of a tracked table that was written by an instant."""
    model: Any = apps.get_model(label)
    last = model.objects.filter(pgh_created_at__lte=known).order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")
    return model.objects.filter(pk__in=last.values("pk")).order_by("pk")


def _people(known: datetime) -> dict[int, str]:
    """The accounts that were active: id → name as it was."""
    return dict(_latest("projects.UserEvent", known).filter(is_active=True).values_list("pgh_obj_id", "name"))


def _held(effective: date, known: datetime, people: Collection[int]) -> dict[int, list[Held]]:
    """Each person's roles in force on the day, as the table of memberships was at the instant.

    One held by delegation counts as it does everywhere (`MembershipQuerySet.on`): while the holder's own is in force and their account
    active, and while the delegate has a role of their own there.
    """
    rows = _latest("projects.MembershipEvent", known).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=effective), starts_on__lte=effective, revoked_at=None
    )
    names = ("pgh_obj_id", "delegated_from_id", "person_id", "role", "organisation_id", "call__reference", "starts_on", "ends_on")
    in_force = list(rows.values_list(*names))
    holders = {membership for membership, _source, person, *_role in in_force if person in people}
    own = {(person, where) for _membership, source, person, _role, where, *_dates in in_force if source is None}
    found: dict[int, list[Held]] = {}
    for _membership, source, person, role, where, call, starts_on, ends_on in in_force:
        if source is None or (source in holders and (person, where) in own):
            found.setdefault(person, []).append((role, where, call or ALL, starts_on, ends_on))
    return found


def _broken(roles: list[Held]) -> list[str]:
    """The rule that each incompatible pair breaks."""
    found = []
    for one, other in combinations(roles, 2):
        rule = separation_of(one[0], other[0], same_organisation=one[1] == other[1])
        if rule is not None:
            found.append(rule.code)
    return found
