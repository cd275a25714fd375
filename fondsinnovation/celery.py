"""The queue: `celery -A fondsinnovation worker` and `celery -A fondsinnovation beat`."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fondsinnovation.settings")

app = Celery("fondsinnovation")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# The schedule is code: every deployment runs the same one, and a review sees it change.
app.conf.beat_schedule = {
    "tick-calls": {"task": "projects.tasks.tick_calls", "schedule": crontab(minute="*")},
    "sweep-outbox": {"task": "projects.tasks.sweep_outbox", "schedule": 10.0, "options": {"expires": 10}},
    "purge-sessions": {"task": "projects.tasks.purge_sessions", "schedule": crontab(hour="3", minute="10")},
    "recompute-nightly": {"task": "reporting.tasks.recompute_nightly", "schedule": crontab(hour="2", minute="30")},
    "tick-follow-ups": {"task": "reporting.tasks.tick_follow_ups", "schedule": crontab(hour="6", minute="0")},
    "wake-portfolios": {"task": "reporting.tasks.wake_sleeping_portfolios", "schedule": crontab(minute="*")},
    "close-inactive-accounts": {"task": "projects.tasks.close_inactive_accounts", "schedule": crontab(hour="3", minute="30")},
}
app.conf.beat_scheduler = "celery.beat:Scheduler"  # in memory: every task is safe to run late, so nothing is kept on disk


@worker_init.connect
@beat_init.connect
def refuse_unsafe_start(**kwargs: object) -> None:
    from fondsinnovation.checks import refuse_unsafe_start

    refuse_unsafe_start()
