"""`manage.py recompute_reports`: queue the recompute, and with `--wait` return when the snapshots are there."""

from __future__ import annotations

import json
import time
from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.commands import PortalCommand
from fondsinnovation.kit.errors import Invalid
from reporting.enums import RunState
from reporting.management.dates import effective_day, knowledge_date
from reporting.models import Run
from reporting.services.snapshots import Busy, request_recompute, run_recompute

#: how long a worker has to take the run before this command does it itself
PATIENCE = timedelta(seconds=5)
PAUSE = 0.2


class Command(PortalCommand):
    help = "Met en file le recalcul des rapports; avec --wait, attend que les instantanés soient là (et calcule ici sans travailleur)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--effective", type=effective_day, help="date d’effet, un jour ISO (par défaut : aujourd’hui)")
        parser.add_argument(
            "--known", type=knowledge_date, help="date de connaissance, un jour ou un instant ISO (par défaut : maintenant)"
        )
        parser.add_argument("--wait", action="store_true", help="attend la fin du calcul")
        parser.add_argument("--json", action="store_true", help="résultat en JSON")

    def run(self, *, effective: date | None = None, known: datetime | None = None, **options: Any) -> int:
        now = timezone.now()
        if known is not None and known > now:
            raise Invalid(
                _("--known : %(known)s est dans le futur; une date de connaissance passée est attendue") % {"known": known.isoformat()}
            )
        if effective is not None or known is not None:
            effective, known = effective or timezone.localdate(now), known or now
        run = request_recompute(now=now, effective=effective, known=known)
        if options["wait"]:
            run = self._wait(run, now)
        self._say(run, as_json=options["json"])
        return 1 if run.state == RunState.FAILED else 0

    def _wait(self, run: Run, since: datetime) -> Run:
        """Let a worker do it; without one, do it here."""
        while run.state not in (RunState.DONE, RunState.FAILED):
            if run.state == RunState.QUEUED and timezone.now() - since > PATIENCE:
                try:
                    return run_recompute(run_id=run.pk, now=timezone.now())
                except Busy:
                    since = timezone.now()
            time.sleep(PAUSE)
            run.refresh_from_db()
        return run

    def _say(self, run: Run, *, as_json: bool) -> None:
        snapshots = {each.report: each.sha256 for each in run.snapshots.order_by("report", "pk")}
        if as_json:
            self.stdout.write(json.dumps({"run": run.pk, "state": run.state, "error": run.error, "snapshots": snapshots}))
            return
        if run.state == RunState.FAILED:
            self.stderr.write(_("Calcul %(run)s échoué : %(error)s") % {"run": run.pk, "error": run.error})
            return
        self.stdout.write(_("Calcul %(run)s : %(state)s") % {"run": run.pk, "state": run.get_state_display()})
        for report, digest in snapshots.items():
            self.stdout.write(f"{report} {digest}")
