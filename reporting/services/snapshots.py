"""Recompute: fix what is known, compute the reports at one moment, replace the working snapshots all at once."""

from __future__ import annotations

import json
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import IO, Any

from celery import current_app
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import DomainError, Invalid, act
from fondsinnovation.kit.states import require_move
from projects.models import KnowledgeFloor, User
from projects.services.journal import KNOWLEDGE_LOCK, canonical, note
from reporting.catalogue import GAINS, REPORTS
from reporting.columns import Report
from reporting.enums import RUN_MOVES, RunState, SnapshotKind
from reporting.models import GainSheet, Run, Snapshot, SnapshotRow
from reporting.policies import reports as policies
from reporting.queries.increments import BY_FACTS
from reporting.queries.snapshots import high_water, under_way
from reporting.services.compute import Content, Row, compute, manifest
from reporting.services.increments import basis_at, keep_facts
from reporting.services.registers import KeptSheet, forget_sheets, sheets_of, write_sheets

FUTURE = gettext_lazy("La date de connaissance est dans le futur : choisissez un moment passé. Un jour veut dire la fin de ce jour.")
WORKING = "working"
_CHUNK = 2_000
#: advisory lock: one recompute at a time, and a worker that dies lets it go
RECOMPUTE_LOCK = 270_031
#: how long a snapshot that somebody asked for is kept
KEPT = timedelta(days=7)


class Busy(DomainError):
    """Another recompute is under way: try again later."""


def fix_knowledge(known: datetime, *, now: datetime) -> datetime:
    """Make a knowledge date sharp: whatever is recorded from here on is known after it. Raises Invalid for a future date.

    The exclusive lock waits for the acts that write money or gains, and is held for an instant only.
    """
    if known > now:
        raise Invalid(FUTURE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KNOWLEDGE_LOCK])
        KnowledgeFloor.objects.filter(pk=1, known__lt=known).update(known=known)
    return known


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction in which every query sees the database as it was at the first one; inside another, that one's rule holds."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '15min'")  # a large report thinks between two queries
        yield


# -- asking --------------------------------------------------------------------------------------------------------------


def scope_of(effective: date | None, known: datetime | None) -> str:
    """The scope of a run: the working snapshots, or one pair of dates."""
    return WORKING if effective is None or known is None else f"{effective:%Y%m%d}/{known.timestamp():.6f}"


def request_recompute(*, now: datetime, effective: date | None = None, known: datetime | None = None, by: User | None = None) -> Run:
    """Queue a recompute unless one is queued for that scope, and nudge a worker at COMMIT. A step: it may run inside an act."""
    scope = scope_of(effective, known)
    parameters = {} if scope == WORKING else {"effective": str(effective), "known": known.isoformat() if known else ""}
    run = Run(scope=scope, requested_at=now, requested_by=by, parameters=parameters)
    run_id = _queue(run)
    transaction.on_commit(lambda: _nudge(run_id), robust=True)
    return Run.objects.get(pk=run_id)


def _queue(run: Run) -> int:
    """The id of the one queued run of the scope, in one statement: nobody can start it between the question and the answer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reporting_run (scope, state, progress, parameters, requested_by_id, requested_at, error) "
            "VALUES (%s, 'queued', 0, %s, %s, %s, '') ON CONFLICT (scope) WHERE state = 'queued' "
            "DO UPDATE SET requested_at = reporting_run.requested_at RETURNING id",
            [run.scope, json.dumps(run.parameters), run.requested_by_id, run.requested_at],
        )
        return int(cursor.fetchone()[0])


def _nudge(run_id: int) -> None:
    current_app.send_task("reporting.tasks.recompute", [run_id])  # by name: tasks sit above services


@act
def ask_recompute(*, effective: date | None, known: datetime | None, actor: User, now: datetime, key: str | None = None) -> Run:
    """Have the reports computed, at today's dates or at another pair. A run under way for the same pair is given back.

    Raises NotAllowed, and Invalid for a knowledge date in the future.
    """
    policies.compute_report(actor, now).require()
    if known is not None and known > now:
        raise Invalid(FUTURE)
    run = under_way(scope_of(effective, known)) or request_recompute(now=now, effective=effective, known=known, by=actor)
    note(run, effective=str(effective or ""), known=known.isoformat() if known else "")
    return run


# -- computing -----------------------------------------------------------------------------------------------------------


def run_recompute(*, run_id: int, now: datetime) -> Run:
    """Do a run. Safe twice (a run that is done stays as it is), late, and after a crash (a run left under way starts again).

    Raises Busy when another recompute holds the lock. Progress is written outside the transaction that replaces the snapshots.
    """
    with _alone():
        run = Run.objects.get(pk=run_id)
        if run.state == RunState.DONE:
            return run
        _begin(run, now)
        try:
            _replace(run, now)
        except Exception as error:
            _end(run, RunState.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
            raise
        _end(run, RunState.DONE, progress=100)
        return run


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [RECOMPUTE_LOCK])
        if not cursor.fetchone()[0]:
            raise Busy(_("Un autre calcul est en cours."))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [RECOMPUTE_LOCK])


def _begin(run: Run, now: datetime) -> None:
    if run.state != RunState.RUNNING:  # left under way by a worker that died: it starts again
        require_move(RUN_MOVES, run.state, RunState.RUNNING)
    _write(run, state=RunState.RUNNING, progress=0, started_at=now, ended_at=None, error="")


def _end(run: Run, state: RunState, **changes: Any) -> None:
    require_move(RUN_MOVES, run.state, state)
    _write(run, state=state, ended_at=Now(), **changes)  # a run lasts: the instant of its start is not that of its end
    run.refresh_from_db(fields=["ended_at"])


def _write(run: Run, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(run, name, value)
    run.save(update_fields=list(changes))


def _replace(run: Run, now: datetime) -> None:
    """Compute every report and put the snapshots in place of the last ones.

    The reports made from the facts of projects come first, from what changed when that is enough: their figures are right before the
    other reports are computed, at the same dates.
    """
    asked = run.parameters
    effective = date.fromisoformat(asked["effective"]) if asked else timezone.localdate(now)
    known = fix_knowledge(datetime.fromisoformat(asked["known"]) if asked else now, now=now)
    made = _Made(run, now, effective, known, SnapshotKind.ASKED if asked else SnapshotKind.WORKING)
    if _replace_some(made, BY_FACTS, alone=False):
        _write(run, progress=60)
        _replace_some(made, [code for code in REPORTS if code not in BY_FACTS], alone=True)


@dataclass(frozen=True)
class _Made:
    """What the snapshots of a run have in common."""

    run: Run
    now: datetime
    effective: date
    known: datetime
    kind: SnapshotKind

    @cached_property
    def marks(self) -> dict[str, int]:
        return high_water(self.known)

    def snapshot(self, content: Content) -> Snapshot:
        dates: dict[str, Any] = {"effective": self.effective, "known": self.known}
        return Snapshot(
            report=content.report.code, kind=self.kind, row_count=content.rows, sha256=content.sha256, computed_at=self.now, run=self.run,
            manifest=manifest(content, **dates, marks=self.marks), **dates,
        )  # fmt: skip


def _replace_some(made: _Made, codes: Sequence[str], *, alone: bool) -> bool:
    """Compute some reports at one moment, aside; then put their snapshots in place of the last ones, all or nothing.

    When everything is read again, all the reports are computed at that one moment. Gives whether the others are still to be.
    """
    dates: dict[str, Any] = {"effective": made.effective, "known": made.known}
    basis = sheets = None
    with tempfile.TemporaryFile() as lines:
        with one_moment():
            if not alone:
                basis = basis_at(**dates, working=made.kind == SnapshotKind.WORKING)
                codes = list(REPORTS) if basis.whole else codes
                sheets = sheets_of(Content(GAINS), basis.read, **dates, others=basis.sheets)
            texts = [code for code in codes if code != GAINS.code]
            drafts = [_draft(made, report, rows, lines) for report, rows in compute(texts, **dates, frames=basis and basis.frames)]
        _write(made.run, progress=60)
        lines.seek(0)
        with transaction.atomic():
            for draft in drafts:
                _keep(draft, islice(lines, draft.row_count), _copy)
            if basis and sheets:
                write_sheets(sheets)
                _keep(made.snapshot(sheets.content), sheets.in_order(), _copy_sheets, moved=bool(sheets.new))
                keep_facts(basis)
                forget_sheets()
    return basis is not None and not basis.whole


def _draft(made: _Made, report: Report, rows: Iterable[Row], lines: IO[bytes]) -> Snapshot:
    """A snapshot whose rows wait in `lines`, one each: its key, a tab, its canonical JSON."""
    content = Content(report)
    for _row, key, line in content.take(rows):
        lines.write(f"{key}\t{line}\n".encode())
    return made.snapshot(content)


def _keep(draft: Snapshot, rows: Iterable[Any], copy: Callable[[int, Iterable[Any]], None], *, moved: bool = False) -> None:
    """Put a snapshot in place of the one of its kind. The same rows are not written again: only their dates are.

    `moved`: what holds them is new, even if they are the same.
    """
    found = Snapshot.objects.filter(report=draft.report, kind=draft.kind)
    if draft.kind == SnapshotKind.ASKED:
        found = found.filter(effective=draft.effective, known=draft.known)
    if not moved and found.filter(sha256=draft.sha256, row_count=draft.row_count, manifest__version=draft.manifest["version"]).update(
        effective=draft.effective, known=draft.known, manifest=draft.manifest, computed_at=draft.computed_at, run=draft.run
    ):
        deque(rows, maxlen=0)
        return
    # A page that began on the snapshot before this one ends on it: its rows stay until the next change.
    Snapshot.objects.filter(report=draft.report, kind=SnapshotKind.REPLACED).delete()
    found.update(kind=SnapshotKind.REPLACED)
    draft.save(force_insert=True)
    copy(draft.pk, rows)


def _copy(snapshot_id: int, lines: Iterable[bytes]) -> None:
    """Each line is as `_draft` wrote it: what stands before it in the table is added, and COPY's own escape is doubled."""
    table = connection.ops.quote_name(SnapshotRow._meta.db_table)
    numbered = enumerate(lines, start=1)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} (snapshot_id, position, key, data) FROM STDIN") as copy:
        while chunk := list(islice(numbered, _CHUNK)):
            copy.write(b"".join(b"%d\t%d\t%b" % (snapshot_id, position, line.replace(b"\\", b"\\\\")) for position, line in chunk))


def _copy_sheets(snapshot_id: int, sheets: Iterable[tuple[str, KeptSheet | GainSheet]]) -> None:
    table = connection.ops.quote_name(SnapshotRow._meta.db_table)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} (snapshot_id, position, key, data, sheet_id) FROM STDIN") as copy:
        for position, (key, sheet) in enumerate(sheets, start=1):
            data = canonical({"rows": str(sheet.rows), "sha256": sheet.sha256})
            copy.write_row((snapshot_id, position, key, data, sheet.pk))


def forget_old(*, now: datetime) -> int:
    """Remove the snapshots that were asked for more than a week ago: the same dates give the same bytes again. Gives their number."""
    old = Snapshot.objects.filter(kind=SnapshotKind.ASKED, computed_at__lt=now - KEPT)
    return old.delete()[1].get("reporting.Snapshot", 0)
