"""`import_portfolio`: a portfolio package checked whole, then written whole, in one act."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fondsinnovation.kit.errors import act, current_entry
from funding.models import Envelope
from funding.queries.calls import fund_years
from funding.services.envelopes import lock_years
from projects.models import User
from projects.services.journal import money_clock
from projects.services.outbox import queue
from reporting.importing.examine import examine
from reporting.importing.plan import Plan
from reporting.importing.reading import Package
from reporting.importing.writing import Writer


class _NothingNew(Exception):
    """Every row of the package is already there: the act leaves no trace."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


def rehearse_portfolio(*, package: Package, now: datetime) -> Plan:
    """What an import would do. Reads only. Raises Invalid, one line a problem, all of them at once."""
    with transaction.atomic():
        return examine(package, now=now)


def bring_portfolio(*, package: Package, actor: User | None, now: datetime) -> Plan:
    """Import a package; one whose rows are all there changes nothing, not even the journal. Slow for a large package.

    Raises Invalid (one line a problem, all of them at once), EnvelopeExceeded.
    """
    try:
        return import_portfolio(package=package, actor=actor, now=now)
    except _NothingNew as nothing:
        return nothing.plan


@act
def import_portfolio(*, package: Package, actor: User | None, now: datetime, key: str | None = None) -> Plan:
    """Write the rows of a package that are not there yet, all or nothing, known at their own dates; the reports are then recomputed.

    Raises Invalid, EnvelopeExceeded.
    """
    known = money_clock(now)
    envelopes = Envelope.objects.order_by("pk").values_list("pk", flat=True)
    lock_years((envelope, year) for envelope in envelopes for year in fund_years())
    plan = examine(package, now=known)
    if not plan.changes:
        raise _NothingNew(plan)
    current_entry().facts["rows"] = plan.changes
    Writer(plan, package, actor=actor).write()
    queue("money", now=now)
    return plan
