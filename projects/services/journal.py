"""Steps that every act uses: state moves, facts for the journal, numbers, the knowledge clock. And the journal's one writer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError, Entry, Invalid, current_entry, on_constraint
from fondsinnovation.kit.states import Moves, require_move
from projects.models import JournalEntry

#: advisory lock of the knowledge clock: shared by acts that write money or gains, exclusive while a report fixes its date
KNOWLEDGE_LOCK = 270_030


def canonical(content: Mapping[str, Any] | list[Any]) -> str:
    """Canonical JSON: sorted keys, no spaces, UTF-8, Decimal as plain text, dates ISO, instants in UTC. Hashed exactly as stored."""
    return _ENCODER.encode(content)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form")


_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def name_of(obj: models.Model) -> str:
    return obj._meta.label_lower


def note(obj: models.Model, **facts: Any) -> None:
    """Say in the act's journal entry which object it touched, and what about it. The first one noted is the act's object."""
    entry = current_entry()
    entry.objects.append({"type": name_of(obj), "id": obj.pk, **facts})


def note_main(obj: models.Model) -> None:
    """Make an object that was noted the act's object, whatever the act had to settle before it came to it."""
    objects = current_entry().objects
    objects.sort(key=lambda noted: (noted["type"], noted["id"]) != (name_of(obj), obj.pk))


def note_reason(reason: str) -> None:
    current_entry().reason = reason


def note_organisation(organisation_id: int) -> None:
    """Say for which organisation the person acted."""
    current_entry().organisation_id = organisation_id


def note_money(rows: Iterable[Any]) -> None:
    """Put the SHA-256 of each money or gain row in the act's entry, so that the one chain covers them."""
    current_entry().money.extend(row.sha256 for row in rows)


def transition(rows: Iterable[models.Model], to: Any, *, moves: Moves, now: datetime, field: str = "state", **changes: Any) -> None:
    """Move each row to a state and write other fields with it. The one door: raises WrongState, notes the move.

    `now` is the instant of the move, kept with it in the journal.
    """
    for row in rows:
        before = getattr(row, field)
        require_move(moves, before, to)
        for name, value in {field: to, **changes}.items():
            setattr(row, name, value)
        row.save(update_fields=[field, *changes])
        note(row, **{"from": str(before), "to": str(to), "moved_at": now})


def write_entry(entry: Entry) -> JournalEntry:
    """Write the one journal row of an act; the database sets its typed columns and, at COMMIT, its link of the chain."""
    content = canonical(
        {
            "act": entry.act,
            "actor": entry.actor.pk if entry.actor else None,
            "at": entry.at,
            "facts": entry.facts,
            "money": entry.money,
            "objects": entry.objects,
            "organisation": entry.organisation_id,
            "reason": entry.reason,
        }
    )
    return JournalEntry.objects.create(content=content)


def next_numbers(series: str, count: int, *, width: int) -> list[str]:
    """The next numbers of a series (« DEM-2026-00001 »), gapless: a rolled-back act gives its numbers back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO projects_counter (series, last) VALUES (%s, %s) "
            "ON CONFLICT (series) DO UPDATE SET last = projects_counter.last + EXCLUDED.last RETURNING last",
            [series, count],
        )
        last = cursor.fetchone()[0]
    return [f"{series}-{n:0{width}d}" for n in range(last - count + 1, last + 1)]


@on_constraint("amount_within_bounds")
def _too_large(detail: dict[str, Any]) -> DomainError:
    return Invalid(_("Aucun montant ne dépasse 10 000 000 000,00 $."))


def money_clock(now: datetime) -> datetime:
    """The knowledge date of money and gains that this act writes: never at or before a date that a report has fixed.

    Takes the shared knowledge lock until COMMIT, so that no report fixes its date between this clock and this act's COMMIT.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [KNOWLEDGE_LOCK])
        cursor.execute("SELECT known FROM knowledge_floor WHERE id = 1")  # a statement of its own: it sees what was fixed during the wait
        floor = cursor.fetchone()[0]
    return max(now, floor + timedelta(microseconds=1))
