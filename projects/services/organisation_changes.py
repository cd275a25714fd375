"""The register of organisations as it changes: each act writes one row of history, and nothing is ever deleted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Invalid, Stale, WrongState, act, on_constraint
from fondsinnovation.templatetags.typography import long_date
from projects.enums import ChangeKind, FiscalCalendar, OrganisationKind
from projects.models import Organisation, OrganisationChange, User
from projects.models.organisations import NEQ, sort_key
from projects.policies import organisations as policies
from projects.queries.organisations import chain_from, lookalikes_of
from projects.services.journal import note, note_reason
from projects.services.locks import lock

#: before this day no date of an organisation is believable
FIRST_DAY = date(1867, 7, 1)
LONGEST_CODE = 40
_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_GEOGRAPHIC_CODE = re.compile(r"[0-9]{5}")


@on_constraint("organisation_in_force")
def _ended(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Cet organisme n’est plus en vigueur."))


@on_constraint("projects_organisation_code_key")
def _same_code(detail: dict[str, Any]) -> DomainError:
    return WrongState(_("Un autre organisme a déjà ce code."))


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """What is known of an organisation beside its code and its name. An empty NEQ is none."""

    kind: OrganisationKind
    fiscal_calendar: FiscalCalendar
    region_id: str | None = None
    mrc: str = ""
    population: int | None = None
    neq: str | None = None
    parent_id: int | None = None
    valid_from: date | None = None

    def check(self, organisation: Organisation) -> None:
        """Raise Invalid, each problem under its field, unless the organisation can have these facts."""
        errors: dict[str, str] = {}
        if self.neq and not re.fullmatch(NEQ, self.neq):
            errors["neq"] = _("Un NEQ a 10 chiffres et commence par 11, 22, 33 ou 88.")
        elif self.neq and (same := Organisation.objects.filter(neq=self.neq).exclude(pk=organisation.pk)):
            errors["neq"] = _("%(name)s a déjà ce NEQ.") % {"name": same[0].name}
        if self.valid_from and (problem := _unbelievable(self.valid_from)):
            errors["valid_from"] = problem
        elif self.valid_from and organisation.valid_to and self.valid_from > organisation.valid_to:
            errors["valid_from"] = _("L’organisme prend fin avant cette date.")
        if self.parent_id and organisation.pk and organisation.pk in _line_of(self.parent_id):
            errors["parent"] = _("Cet organisme relèverait de lui-même.")
        if errors:
            raise Invalid(errors=errors)


def _line_of(organisation_id: int) -> list[int]:
    """The organisation, the one it belongs to, and so on upwards."""
    line: list[int] = []
    above: int | None = organisation_id
    while above is not None and above not in line:
        line.append(above)
        above = Organisation.objects.values_list("parent_id", flat=True).get(pk=above)
    return line


# ── Acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@act
def create_organisation(
    *,
    code: str,
    name: str,
    facts: OrganisationFacts,
    actor: User,
    now: datetime,
    distinct_reason: str | None = None,
    key: str | None = None,
) -> Organisation:
    """Add an organisation. One in force that has, or had, the same name refuses it, unless `distinct_reason` says that it is another.

    Raises NotAllowed, Invalid.
    """
    policies.create_organisation(actor, now).require()
    day = timezone.localdate(now)
    organisation = Organisation(code=code.strip().upper(), name=tidy(name))
    _check_code(organisation.code, facts.kind)
    facts.check(organisation)
    _require_distinct(organisation, organisation.name, distinct_reason, day)
    _assign(organisation, facts)
    organisation.save()
    _record(
        organisation, ChangeKind.CREATED, effective_on=facts.valid_from or day, reason=distinct_reason or "", actor=actor, now=now,
        name_after=organisation.name,
    )  # fmt: skip
    note(organisation, code=organisation.code, name=organisation.name, neq=organisation.neq)
    note_reason(distinct_reason or "")
    return organisation


@act
def rename_organisation(
    *,
    organisation_id: int,
    version: int,
    name: str,
    effective_on: date,
    reason: str,
    actor: User,
    now: datetime,
    distinct_reason: str | None = None,
    key: str | None = None,
) -> Organisation:
    """Record the new name of an organisation; the old one stays in its history, and finds it.

    Raises NotAllowed, WrongState (it has ended), Stale, Invalid (same name, or that of another one in force; a date to come).
    """
    organisation = lock(Organisation, organisation_id)
    policies.rename_organisation(actor, organisation, now).require()
    _require_version(organisation, version)
    before, after, day = organisation.name, tidy(name), timezone.localdate(now)
    _check_rename(organisation, after, effective_on, reason, day)
    _require_distinct(organisation, after, distinct_reason, day)
    rename(organisation, after)
    organisation.save()
    said = " ".join(filter(None, (reason, distinct_reason)))
    _record(
        organisation, ChangeKind.RENAMED, effective_on=effective_on, reason=said, actor=actor, now=now,
        name_before=before, name_after=after,
    )  # fmt: skip
    note(organisation, version=organisation.version, name_before=before, name_after=after, effective_on=effective_on)
    note_reason(said)
    return organisation


@act
def correct_organisation(
    *, organisation_id: int, version: int, facts: OrganisationFacts, reason: str, actor: User, now: datetime, key: str | None = None
) -> Organisation:
    """Correct what is known of an organisation beside its code and its name. Raises NotAllowed, Stale, Invalid (nothing changes)."""
    organisation = lock(Organisation, organisation_id)
    policies.correct_organisation(actor, organisation, now).require()
    _require_version(organisation, version)
    _require_reason(reason)
    facts.check(organisation)
    before = said_of(organisation)
    _assign(organisation, facts)
    differences = differences_between(before, said_of(organisation))
    if not differences:
        raise Invalid(_("Rien n’a changé : corrigez au moins un renseignement."))
    organisation.version += 1
    organisation.save()
    _record(
        organisation, ChangeKind.CORRECTED, effective_on=timezone.localdate(now), reason=reason, actor=actor, now=now,
        differences=differences,
    )  # fmt: skip
    note(organisation, version=organisation.version, differences=differences)
    note_reason(reason)
    return organisation


@act
def merge_organisations(
    *,
    organisation_id: int,
    version: int,
    successor_id: int,
    effective_on: date,
    reason: str,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Organisation:
    """End an organisation that joins another, which succeeds it from `effective_on`. Its files, acts and members stay its own.

    Raises NotAllowed, WrongState (its end is recorded already), Stale, Invalid (a successor that is itself, has ended, or follows it).
    """
    organisation, successor = _lock_both(organisation_id, successor_id)
    policies.merge_organisations(actor, organisation, now).require()
    _require_version(organisation, version)
    return _end(organisation, ChangeKind.MERGED, successor, effective_on=effective_on, reason=reason, actor=actor, now=now)


@act
def abolish_organisation(
    *,
    organisation_id: int,
    version: int,
    effective_on: date,
    reason: str,
    actor: User,
    now: datetime,
    successor_id: int | None = None,
    key: str | None = None,
) -> Organisation:
    """End an organisation that no longer exists from `effective_on`, with the one that takes its place when there is one.

    Raises NotAllowed, WrongState (its end is recorded already), Stale, Invalid.
    """
    organisation, successor = _lock_both(organisation_id, successor_id)
    policies.abolish_organisation(actor, organisation, now).require()
    _require_version(organisation, version)
    return _end(organisation, ChangeKind.ABOLISHED, successor, effective_on=effective_on, reason=reason, actor=actor, now=now)


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def tidy(name: str) -> str:
    """A name with single spaces and typographic apostrophes. Raises Invalid when nothing is left of it."""
    tidied = " ".join(name.split()).replace("'", "’")
    if not sort_key(tidied):
        raise Invalid(errors={"name": _("Inscrivez le nom de l’organisme.")})
    return tidied


def rename(organisation: Organisation, name: str) -> None:
    """Give an organisation a name, unsaved: the key of the old one still finds it."""
    kept = organisation.former_keys.strip("\n").split("\n") if organisation.former_keys else []
    organisation.former_keys = "\n" + "\n".join([*kept, sort_key(organisation.name)]) + "\n"
    organisation.name, organisation.sort_key = name, sort_key(name)
    organisation.version += 1


def record(changes: Iterable[OrganisationChange], *, effective_on: date, reason: str, actor: User | None, now: datetime) -> None:
    """Write rows of history, each of them at the version that its organisation has after the change."""
    rows = list(changes)
    for row in rows:
        row.effective_on, row.reason, row.recorded_by, row.recorded_at = effective_on, reason, actor, now
    OrganisationChange.objects.bulk_create(rows)


def _record(
    organisation: Organisation, kind: ChangeKind, *, effective_on: date, reason: str, actor: User, now: datetime, **facts: Any
) -> None:
    change = OrganisationChange(organisation=organisation, kind=kind, version=organisation.version, **facts)
    record([change], effective_on=effective_on, reason=reason, actor=actor, now=now)


def said_of(organisation: Organisation) -> dict[str, str]:
    """The facts of an organisation as its history writes them: codes, ISO dates, and nothing for what is unknown."""
    parent = organisation.parent.code if organisation.parent else ""
    plain = ("kind", "fiscal_calendar", "mrc", "population", "neq", "valid_from")
    said = {name: getattr(organisation, name) for name in plain} | {"region": organisation.region_id, "parent": parent}
    return {name: "" if value is None else str(value) for name, value in said.items()}


def differences_between(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(name, before[name], after[name]) for name in before if before[name] != after[name]]


def _assign(organisation: Organisation, facts: OrganisationFacts) -> None:
    for field in fields(facts):
        setattr(organisation, field.name, getattr(facts, field.name) or None if field.name == "neq" else getattr(facts, field.name))


def _check_code(code: str, kind: OrganisationKind) -> None:
    if kind == OrganisationKind.MUNICIPALITY and not _GEOGRAPHIC_CODE.fullmatch(code):
        raise Invalid(errors={"code": _("Le code d’une municipalité est son code géographique de 5 chiffres.")})
    if not _CODE.fullmatch(code) or len(code) > LONGEST_CODE:
        raise Invalid(errors={"code": _("Un code a des lettres majuscules sans accent, des chiffres et des traits d’union, au plus 40.")})
    if same := Organisation.objects.filter(code=code):
        raise Invalid(errors={"code": _("%(name)s a déjà ce code.") % {"name": same[0].name}})


def _check_rename(organisation: Organisation, name: str, effective_on: date, reason: str, day: date) -> None:
    _require_reason(reason)
    if name == organisation.name:
        raise Invalid(errors={"name": _("C’est déjà le nom de cet organisme.")})
    problem = _unbelievable(effective_on)
    if effective_on > day:
        problem = _("Un changement de nom s’inscrit à partir du jour où il prend effet.")
    last = organisation.changes.filter(kind=ChangeKind.RENAMED).aggregate(last=Max("effective_on"))["last"]
    since = max(filter(None, (organisation.valid_from, last)), default=None)
    if since and effective_on < since:
        problem = _("L’organisme porte son nom actuel depuis le %(day)s : inscrivez une date à partir de celle-là.") % {
            "day": long_date(since)
        }
    if problem:
        raise Invalid(errors={"effective_on": problem})


def _require_distinct(organisation: Organisation, name: str, distinct_reason: str | None, day: date) -> None:
    """Raise Invalid when another one has, or had, that name, unless a reason says that they are two."""
    _hold_name(name)
    alike = list(lookalikes_of(name, day, besides=organisation.pk))
    if not alike:
        return
    if distinct_reason is None:
        names = ", ".join(f"{one.name} ({one.code})" for one in alike)
        raise Invalid(errors={"name": _("Ce nom est celui d’un organisme du registre : %(names)s.") % {"names": names}})
    if not distinct_reason.strip():
        raise Invalid(errors={"distinct_reason": _("Dites en quoi c’est un autre organisme.")})


def _hold_name(name: str) -> None:
    """Two people who enter the same name at once wait for each other here, until COMMIT: the second sees what the first wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('organisation name'), hashtext(%s))", [sort_key(name)])


def _require_version(organisation: Organisation, version: int) -> None:
    if organisation.version != version:
        raise Stale(_("Cet organisme a changé depuis que vous avez ouvert cette page. Rien n’a été remplacé."))


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif, par exemple le décret ou la source.")})


def _unbelievable(day: date) -> str:
    """What is wrong with a date of an organisation, or nothing."""
    return "" if day >= FIRST_DAY else _("Inscrivez une date à partir du %(day)s.") % {"day": long_date(FIRST_DAY)}


def _lock_both(organisation_id: int, successor_id: int | None) -> tuple[Organisation, Organisation | None]:
    """The two rows, locked in the order of their keys, so that two mergers never wait for each other in a circle."""
    rows = {pk: lock(Organisation, pk) for pk in sorted({organisation_id, *([successor_id] if successor_id else [])})}
    return rows[organisation_id], rows[successor_id] if successor_id else None


def _end(
    organisation: Organisation,
    kind: ChangeKind,
    successor: Organisation | None,
    *,
    effective_on: date,
    reason: str,
    actor: User,
    now: datetime,
) -> Organisation:
    _require_reason(reason)
    _check_end(organisation, successor, effective_on)
    organisation.valid_to, organisation.successor = effective_on - timedelta(days=1), successor
    organisation.version += 1
    organisation.save()
    _record(organisation, kind, effective_on=effective_on, reason=reason, actor=actor, now=now, successor=successor)
    note(
        organisation, version=organisation.version, effective_on=effective_on, successor=successor.pk if successor else None,
        valid_to=organisation.valid_to,
    )  # fmt: skip
    note_reason(reason)
    return organisation


def _check_end(organisation: Organisation, successor: Organisation | None, effective_on: date) -> None:
    errors: dict[str, str] = {}
    if problem := _unbelievable(effective_on):
        errors["effective_on"] = problem
    elif organisation.valid_from and effective_on <= organisation.valid_from:
        errors["effective_on"] = _("L’organisme n’existe que depuis le %(day)s.") % {"day": long_date(organisation.valid_from)}
    if successor and successor.pk == organisation.pk:
        errors["successor"] = _("Un organisme ne se succède pas à lui-même.")
    elif successor and organisation in chain_from(successor):
        errors["successor"] = _("%(name)s a pour successeur l’organisme qui prend fin : la suite tournerait en rond.") % {
            "name": successor.name
        }
    elif successor and not errors and not successor.is_in_force(effective_on):
        errors["successor"] = _("%(name)s n’est pas en vigueur à cette date.") % {"name": successor.name}
    if errors:
        raise Invalid(errors=errors)
