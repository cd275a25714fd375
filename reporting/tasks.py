"""Queued work of the reports. A task loads by id, makes one service call, and is safe to run twice, late, or after a crash."""

from __future__ import annotations

import gc
from datetime import datetime
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_init
from django.utils import timezone

from projects.services.outbox import serves
from reporting.models import Run
from reporting.queries.follow_ups import agreements_to_schedule, calendar_is_behind, reports_with_something_to_do
from reporting.services.exports import forget_expired
from reporting.services.follow_up_calendar import schedule_follow_ups, tick_follow_up
from reporting.services.portfolio_imports import forget_portfolios, wake_portfolios
from reporting.services.portfolio_work import work_on_portfolio as work
from reporting.services.snapshots import Busy, forget_old, request_recompute, run_recompute


@worker_init.connect
def prepare(**kwargs: object) -> None:
    """Import pandas before the first task, so that the figures of the first gain do not wait for it.

    What is loaded by then stays as long as the worker: the collector need not look at it again in the middle of a report.
    """
    from reporting import analysis  # noqa: F401

    gc.freeze()


@shared_task(bind=True, max_retries=600, default_retry_delay=2)
def recompute(self: Task, run_id: int) -> None:
    """Do one run; wait for the one under way, if any."""
    try:
        run_recompute(run_id=run_id, now=timezone.now())
    except Busy as busy:
        raise self.retry(exc=busy) from busy


@shared_task
def recompute_nightly() -> int:
    """Recompute at the day's dates, even when nothing changed: time alone ends periods. Gives the id of the run."""
    now = timezone.now()
    forget_old(now=now)
    forget_expired(now=now)
    forget_portfolios(now=now)
    run: Run = request_recompute(now=now)
    return run.pk


@shared_task
def tick_follow_ups() -> int:
    """Establish the calendars that are missing, then do what the clock asks of each report. Gives how many reports it touched."""
    now = timezone.now()
    for agreement_id in list(agreements_to_schedule().values_list("pk", flat=True)):
        schedule_follow_ups(agreement_id=agreement_id, actor=None, now=now)
    waiting = list(reports_with_something_to_do(now))
    for report_id in waiting:
        tick_follow_up(report_id=report_id, actor=None, now=now)
    return len(waiting)


@shared_task
def work_on_portfolio(portfolio_id: int) -> None:
    """Examine a package, or write the one that was confirmed."""
    work(portfolio_id=portfolio_id, now=timezone.now())


@shared_task
def wake_sleeping_portfolios() -> list[int]:
    """Call a worker again for packages that none has touched for a while."""
    return wake_portfolios(now=timezone.now())


@serves("follow_up")
def agreement_changed(payload: dict[str, Any], now: datetime) -> None:
    """An agreement came in force, was amended, classed again or terminated: its calendar follows."""
    agreement_id = payload["agreement"]
    if calendar_is_behind(agreement_id, now):
        schedule_follow_ups(agreement_id=agreement_id, actor=None, now=now)


@serves("money")
def money_changed(payload: dict[str, Any], now: datetime) -> None:
    """An act wrote money or gains: the working snapshots are behind."""
    request_recompute(now=now)
