"""Queued work of the reports. A task loads by id, makes one service call, and is safe to run twice, late, or after a crash."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_init
from django.utils import timezone

from projects.services.outbox import serves
from reporting.models import Run
from reporting.services.exports import forget_expired
from reporting.services.snapshots import Busy, forget_old, request_recompute, run_recompute


@worker_init.connect
def prepare(**kwargs: object) -> None:
    """Import pandas before the first task, so that the figures of the first gain do not wait for it."""
    from reporting import analysis  # noqa: F401


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
    run: Run = request_recompute(now=now)
    return run.pk


@serves("money")
def money_changed(payload: dict[str, Any], now: datetime) -> None:
    """An act wrote money or gains: the working snapshots are behind."""
    request_recompute(now=now)
