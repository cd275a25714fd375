"""The work on a package that a person brought: examined, then, once confirmed, written. Safe twice, late, and after a crash."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import DomainError
from fondsinnovation.kit.states import require_move
from projects.models import User
from reporting.enums import IMPORT_MOVES, ImportState
from reporting.importing.reading import read_package
from reporting.importing.summary import fingerprint, tallies, totals
from reporting.importing.tables import Problem, Refused
from reporting.models import PortfolioImport
from reporting.policies import portfolio_imports as policies
from reporting.services.imports import import_portfolio, rehearse_portfolio
from reporting.services.portfolio_files import keep_problems, unpacked

#: advisory lock, with the id of the package: one worker at a time, and a worker that dies lets it go
WORK_LOCK = 270_050
#: a package that ended so many workers will not end another one
MOST_ATTEMPTS = 3
#: how a text begins that a spreadsheet would run
_RUNS = ("=", "+", "-", "@", "\t", "\r")
#: problems of one file that the page shows; the others are in the list to download
SHOWN = 20


def work_on_portfolio(*, portfolio_id: int, now: datetime) -> None:
    """Do what a package waits for, if anything and if nobody is at it."""
    with _alone(portfolio_id) as is_mine:
        if not is_mine:
            return
        row = PortfolioImport.objects.select_related("uploaded_by", "confirmed_by").get(pk=portfolio_id)
        if row.state in (ImportState.QUEUED, ImportState.EXAMINING):
            _examine(row, now)
        elif row.state == ImportState.CONFIRMED:
            _write(row, now)


@contextmanager
def _alone(portfolio_id: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [WORK_LOCK, portfolio_id])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [WORK_LOCK, portfolio_id])


def _move(row: PortfolioImport, to: ImportState, **changes: Any) -> bool:
    require_move(IMPORT_MOVES, row.state, to)
    return _keep(row, state=to, **changes)


def _keep(row: PortfolioImport, **changes: Any) -> bool:
    """What a worker found, written at once and outside any act: the page reads it while the work goes on. False: it was cancelled."""
    if not PortfolioImport.objects.filter(pk=row.pk, state=row.state).update(touched_at=Now(), **changes):
        return False
    for name, value in changes.items():
        setattr(row, name, value)
    return True


def _begin(row: PortfolioImport) -> bool:
    """Count one more attempt; after too many, what ended the workers is said in place of a new one."""
    if row.attempts >= MOST_ATTEMPTS:
        _move(row, ImportState.FAILED, error=_("Le travail s’est interrompu trois fois. Rien n’a été écrit."))
        return False
    return _keep(row, attempts=row.attempts + 1, progress=0)


# -- the examination -----------------------------------------------------------------------------------------------------


def _examine(row: PortfolioImport, now: datetime) -> None:
    if not _begin(row):
        return
    if not _move(row, ImportState.EXAMINING, plan={}, plan_sha256="", problems={}, problems_path=_without_problems(row)):
        return
    try:
        with unpacked(row) as path:
            package = read_package(path)
        _keep(row, progress=60)
        plan = rehearse_portfolio(package=package, now=now, person=row.uploaded_by)
    except Refused as refused:
        _refuse(row, refused.problems, now)
    except Exception as error:
        _fail(row, error)
        raise
    else:
        found = {"files": tallies(plan), "totals": totals(plan, package)}
        done = {"progress": 100, "examined_at": now, "plan": found, "plan_sha256": fingerprint(plan)}
        if plan.changes:
            _move(row, ImportState.READY, **done)
        else:
            _move(row, ImportState.NOTHING, ended_at=now, **done)


def _without_problems(row: PortfolioImport) -> str:
    """Remove the list that an examination before this one left."""
    if row.problems_path:
        default_storage.delete(str(row.problems_path.name))
    return ""


def _refuse(row: PortfolioImport, problems: list[Problem], now: datetime) -> None:
    by_file: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_file[problem.file].append(problem)
    files = [
        {"file": file, "count": len(found), "first": [[one.row, one.column, *_split(one.what)] for one in found[:SHOWN]]}
        for file, found in by_file.items()
    ]
    path = keep_problems(row, _listed(problems))
    _move(row, ImportState.REFUSED, progress=100, examined_at=now, problems={"count": len(problems), "files": files}, problems_path=path)


def _split(what: str) -> tuple[str, str]:
    """What is wrong, and what was expected: the part after the last semicolon."""
    wrong, _semicolon, expected = what.rpartition("; ")
    return (wrong, expected) if wrong else (expected, "")


def _listed(problems: list[Problem]) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([_("Fichier"), _("Rangée"), _("Colonne"), _("Problème"), _("Attendu")])
    for one in problems:
        rows.writerow([_neutral(one.file), one.row, _neutral(one.column), *map(_neutral, _split(one.what))])
    return out.getvalue()


def _neutral(text: str) -> str:
    return f"'{text}" if text.startswith(_RUNS) else text


def _fail(row: PortfolioImport, error: Exception) -> None:
    """Keep why the work stopped: a refusal in its own words, anything else by its name, for those who repair."""
    said = error.message if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"
    _move(row, ImportState.FAILED, error=said[:2000] or type(error).__name__)


# -- the writing ---------------------------------------------------------------------------------------------------------


def _write(row: PortfolioImport, now: datetime) -> None:
    """Write the very bytes that were examined, when they would still write what was confirmed."""
    if not _begin(row):
        return
    try:
        policies.bring_portfolio(cast("User", row.confirmed_by), now).require()  # a CHECK holds that someone confirmed
        with unpacked(row) as path:
            package = read_package(path)
        _keep(row, progress=40)
        import_portfolio(package=package, actor=row.confirmed_by, now=now, portfolio_id=row.pk)
    except DomainError as refusal:
        said = _("La base a changé depuis l’examen de ce paquet. Rien n’a été écrit.") if isinstance(refusal, Refused) else refusal.message
        _move(row, ImportState.MOVED, error=said)
    except Exception as error:
        _fail(row, error)
        raise
