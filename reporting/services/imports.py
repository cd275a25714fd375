"""`import_portfolio`: a portfolio package checked whole, then written whole, in one act."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import WrongState, act, current_entry
from funding.models import Envelope
from funding.queries.calls import fund_years
from funding.services.envelopes import lock_years
from projects.models import User
from projects.services.journal import money_clock, transition
from projects.services.locks import lock
from projects.services.outbox import queue
from reporting.enums import IMPORT_MOVES, ImportState
from reporting.importing.examine import examine
from reporting.importing.plan import Plan
from reporting.importing.reading import Package
from reporting.importing.summary import fingerprint
from reporting.importing.writing import Writer
from reporting.models import PortfolioImport


class Moved(WrongState):
    """The database moved since the package was examined: what was confirmed is not what would be written."""


class _NothingNew(Exception):
    """Every row of the package is already there: the act leaves no trace."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


def rehearse_portfolio(*, package: Package, now: datetime, person: User | None = None) -> Plan:
    """What an import would do. Reads only. Raises Refused, one line a problem, all of them at once."""
    with transaction.atomic():
        return examine(package, now=now, person=person)


def bring_portfolio(*, package: Package, actor: User | None, now: datetime) -> Plan:
    """Import a package; one whose rows are all there changes nothing, not even the journal. Slow for a large package.

    Raises Refused (one line a problem, all of them at once), EnvelopeExceeded.
    """
    try:
        return import_portfolio(package=package, actor=actor, now=now)
    except _NothingNew as nothing:
        return nothing.plan


@act
def import_portfolio(
    *, package: Package, actor: User | None, now: datetime, portfolio_id: int | None = None, key: str | None = None
) -> Plan:
    """Write the rows of a package that are not there yet, all or nothing, known at their own dates; the reports are then recomputed.

    `portfolio_id`: the import that a person confirmed on its page, which must still be what they read.
    Raises Refused, EnvelopeExceeded, Moved.
    """
    known = money_clock(now)
    portfolio = lock(PortfolioImport, portfolio_id) if portfolio_id is not None else None
    envelopes = Envelope.objects.order_by("pk").values_list("pk", flat=True)
    lock_years((envelope, year) for envelope in envelopes for year in fund_years())
    plan = examine(package, now=known, person=actor)
    if portfolio is not None:
        _require_unmoved(portfolio, plan)
        transition([portfolio], ImportState.IMPORTED, moves=IMPORT_MOVES, now=now, ended_at=known, progress=100)
    if not plan.changes:
        raise _NothingNew(plan)
    current_entry().facts["rows"] = plan.changes
    Writer(plan, package, actor=actor, portfolio=portfolio).write()
    queue("money", now=now)
    return plan


def _require_unmoved(portfolio: PortfolioImport, plan: Plan) -> None:
    if fingerprint(plan) != portfolio.plan_sha256:
        raise Moved(
            _("La base a changé depuis l’examen de ce paquet : ce qui serait écrit n’est plus ce qui a été confirmé. Rien n’a été écrit.")
        )
