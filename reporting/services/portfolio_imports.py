"""A package brought by its page: kept as received, examined by a worker, confirmed by a person, written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, Stale, TooLarge, WrongState, act
from fondsinnovation.kit.states import require_move
from projects.models import User
from projects.services.journal import note, transition
from projects.services.locks import lock
from reporting.enums import IMPORT_MOVES, ImportState
from reporting.models import PortfolioFile, PortfolioImport
from reporting.policies import portfolio_imports as policies
from reporting.services.portfolio_files import forget_file, hold_files, keep_file, sha256_of

#: what one package may weigh, as it is sent: 200 000 gains weigh 20 Mo as CSV, and 7 Mo as XLSX
LARGEST = 50 * 1024 * 1024
MOST_FILES = 12
EXTENSIONS = (".csv", ".xlsx", ".zip")
#: how long the files of a package that was never imported are kept
KEPT = timedelta(days=30)
#: a worker that has not touched a package for that long has died, and another takes its place
SILENCE = timedelta(minutes=1)
WAITING = (ImportState.QUEUED, ImportState.EXAMINING, ImportState.CONFIRMED)


# -- what a person does --------------------------------------------------------------------------------------------------


@act
def upload_portfolio(*, files: Sequence[Any], actor: User, now: datetime, key: str | None = None) -> PortfolioImport:
    """Keep the files of a package as they were received, and have them examined. Raises NotAllowed, Invalid, TooLarge."""
    policies.bring_portfolio(actor, now).require()
    check_files(files)
    received = [(_name_of(file), file.size, sha256_of(file), file) for file in files]
    hold_files(digest for _name, _size, digest, _file in received)
    row = PortfolioImport.objects.create(
        name=received[0][0] if len(received) == 1 else _("%(count)d fichiers CSV") % {"count": len(received)},
        size=sum(size for _name, size, _digest, _file in received),
        sha256=_sha256_of_all([(name, digest) for name, _size, digest, _file in received]),
        uploaded_by=actor,
        uploaded_at=now,
        touched_at=now,
    )
    for name, size, digest, file in received:
        PortfolioFile.objects.create(portfolio=row, name=name, size=size, sha256=digest, path=keep_file(file, digest))
    note(row, sha256=row.sha256, files=[{"file": name, "sha256": digest} for name, _size, digest, _file in received])
    _call_worker(row.pk)
    return row


def check_files(files: Sequence[Any]) -> None:
    """One ZIP, one XLSX, or CSV files each of its own name. Raises Invalid, and TooLarge above 50 Mo, in words."""
    names = [_name_of(file) for file in files]
    kinds = {PurePosixPath(name).suffix.lower() for name in names}
    if sum(file.size for file in files) > LARGEST:
        said = _("Ce paquet dépasse 50 Mo : réduisez-le, ou séparez-le en plusieurs paquets.")
        raise TooLarge(said, errors={"files": said})
    if not files:
        said = _("Choisissez le ZIP, le classeur ou les fichiers CSV à importer.")
    elif not kinds <= set(EXTENSIONS):
        said = _("Ce type de fichier n’est pas accepté. Envoyez un ZIP, un classeur XLSX, ou des fichiers CSV.")
    elif len(files) > 1 and kinds != {".csv"}:
        said = _("Envoyez un seul ZIP, un seul classeur, ou seulement des fichiers CSV.")
    elif len(files) > MOST_FILES or len(set(names)) < len(names):
        said = _("Envoyez chaque fichier CSV une seule fois, sous son nom.")
    elif any(not file.size for file in files):
        said = _("Un fichier est vide : choisissez le fichier à importer.")
    else:
        return
    raise Invalid(said, errors={"files": said})


def _name_of(file: Any) -> str:
    return PurePosixPath(str(file.name).replace("\\", "/")).name[-200:]


def _sha256_of_all(files: list[tuple[str, str]]) -> str:
    """The SHA-256 of the one file, or of the lines « SHA-256, two spaces, name » of several, as `sha256sum` writes them."""
    if len(files) == 1:
        return files[0][1]
    return sha256_of("".join(f"{digest}  {name}\n" for name, digest in sorted(files)).encode())


@act
def confirm_portfolio(*, portfolio_id: int, seen: str, actor: User, now: datetime, key: str | None = None) -> PortfolioImport:
    """Have a package that was examined written. `seen`: the examination that the person read.

    Raises NotAllowed, WrongState, Stale (it was examined again since).
    """
    row = lock(PortfolioImport, portfolio_id)
    policies.bring_portfolio(actor, now).require()
    require_move(IMPORT_MOVES, row.state, ImportState.CONFIRMED)
    if seen != row.plan_sha256:
        raise Stale(_("Ce paquet a été examiné de nouveau : relisez ce qui serait écrit avant de confirmer."))
    transition(
        [row], ImportState.CONFIRMED, moves=IMPORT_MOVES, now=now, confirmed_by=actor, confirmed_at=now, progress=0, attempts=0,
        touched_at=now, error="",
    )  # fmt: skip
    _call_worker(row.pk)
    return row


@act
def examine_again(*, portfolio_id: int, actor: User, now: datetime, key: str | None = None) -> PortfolioImport:
    """Have the same files examined against the database as it is now. Raises NotAllowed, WrongState."""
    row = lock(PortfolioImport, portfolio_id)
    policies.bring_portfolio(actor, now).require()
    if row.files.filter(forgotten_at__isnull=False).exists():
        raise WrongState(_("Les fichiers de ce paquet ne sont plus conservés : téléversez-le de nouveau."))
    transition(
        [row], ImportState.QUEUED, moves=IMPORT_MOVES, now=now, progress=0, attempts=0, touched_at=now, error="",
        confirmed_by=None, confirmed_at=None,
    )  # fmt: skip
    _call_worker(row.pk)
    return row


@act
def cancel_portfolio(*, portfolio_id: int, actor: User, now: datetime, key: str | None = None) -> PortfolioImport:
    """Leave a package aside for good: nothing of it was written. Raises NotAllowed, WrongState."""
    row = lock(PortfolioImport, portfolio_id)
    policies.bring_portfolio(actor, now).require()
    transition([row], ImportState.CANCELLED, moves=IMPORT_MOVES, now=now, ended_at=now)
    return row


# -- what goes on without anybody ----------------------------------------------------------------------------------------


def _call_worker(portfolio_id: int) -> None:
    transaction.on_commit(lambda: _nudge(portfolio_id), robust=True)


def _nudge(portfolio_id: int) -> None:
    current_app.send_task("reporting.tasks.work_on_portfolio", [portfolio_id])  # by name: tasks sit above services


def wake_portfolios(*, now: datetime) -> list[int]:
    """Call a worker again for the packages that none has touched for a while: a broker was down, or a worker died. Gives their ids."""
    silent = PortfolioImport.objects.filter(state__in=WAITING, touched_at__lt=now - SILENCE).order_by("pk")
    found = list(silent.values_list("pk", flat=True))
    for portfolio_id in found:
        _nudge(portfolio_id)
    return found


def forget_portfolios(*, now: datetime) -> int:
    """Remove the files of packages that were not imported within a month; those of the others stay, as evidence. Gives their number."""
    old = PortfolioFile.objects.filter(forgotten_at__isnull=True, portfolio__uploaded_at__lt=now - KEPT)
    count = 0
    for file in old.exclude(portfolio__state__in=(ImportState.IMPORTED, *WAITING)).order_by("pk"):
        forget_file(file, now=now)
        count += 1
    return count
