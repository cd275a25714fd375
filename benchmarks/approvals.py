#!/usr/bin/env python3
"""Final approvals a second on one call and one envelope × fiscal year, the worst case: `python3 benchmarks/approvals.py`.

Eight processes with a connection each, on an embedded PostgreSQL of its own that flushes to disk. The targets: at least
60 approvals a second on 2 cores, and a 95th percentile of COMMIT under 50 ms.
"""

import argparse
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))
KIND = "demo"  # the embedded server that is durable; the tests' one does not flush
ASKED = Decimal("50000.00")
RATE, COMMIT_MS = 60, 50


def main() -> int:
    from fondsinnovation import bootstrap

    given = [word for word in sys.argv[1:] if word != "test"]
    bootstrap.enter([__file__, "test", *given])  # it needs what the tests need
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--connections", type=int, default=8)
    options.add_argument("--approvals", type=int, default=75, help="for each connection")
    asked = options.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="portail-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        os.environ |= {"PORTAL_STATE_DIR": folder, "DJANGO_SETTINGS_MODULE": "fondsinnovation.settings", "DEMO": "1"}
        from fondsinnovation.embedded import services

        with services(KIND):
            return measure(asked.connections, asked.approvals)


def measure(connections: int, approvals: int) -> int:
    load = os.getloadavg()[0]
    prepare()
    pairs = awards(connections, approvals)
    context = multiprocessing.get_context("fork")
    gate, results = context.Barrier(connections + 1), context.Queue()
    workers = [context.Process(target=work, args=(chunk, gate, results)) for chunk in pairs]
    for worker in workers:
        worker.start()
    gate.wait()
    began = time.perf_counter()
    found = [results.get() for _ in workers]
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.join()
    acts = [one for times, _commits in found for one in times]
    commits = [one for _times, times in found for one in times]
    check(connections * approvals)
    return report(connections, seconds, acts, commits, load)


def prepare() -> None:
    """Migrate the new server as the owner, then connect to it as the application."""
    subprocess.run(
        [sys.executable, BASE_DIR / "manage.py", "migrate", "--verbosity=0"], check=True, env={**os.environ, "FONDS_DB_ROLE": "owner"}
    )
    import django

    django.setup()


def awards(connections: int, approvals: int) -> list[list[tuple[int, int]]]:
    """For each connection, (award, director) pairs: certified awards of one call that holds enough for all of them."""
    from django.db import connection

    from projects.enums import ApplicationState, Role
    from tests.factories import NOW, ApplicationFactory, CallFactory, award_certified, person_with, reserve

    call = CallFactory()
    reserve(call=call, amounts={2026: ASKED * connections * approvals}, actor=None, now=NOW)
    chunks = []
    for _ in range(connections):
        director = person_with(Role.DIRECTOR)
        made = [award_certified(ApplicationFactory(call=call, state=ApplicationState.RECOMMENDED), amount=ASKED) for _ in range(approvals)]
        chunks.append([(award.pk, director.pk) for award in made])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()
    return chunks


def work(pairs: list[tuple[int, int]], gate: object, results: object) -> None:
    """One process: its own connection, its own approvals, the seconds of each act and of each COMMIT."""
    from django.db import connection

    from funding.services.awards import approve_award
    from projects.models import User
    from tests.factories import NOW

    commits: list[float] = []
    commit = connection._commit

    def timed() -> None:
        began = time.perf_counter()
        commit()
        commits.append(time.perf_counter() - began)

    connection._commit = timed
    connection.ensure_connection()
    acts = []
    gate.wait()
    for award, director in pairs:
        began = time.perf_counter()
        approve_award(award_id=award, actor=User.objects.get(pk=director), now=NOW)
        acts.append(time.perf_counter() - began)
    results.put((acts, commits))


def check(expected: int) -> None:
    """What was measured really happened: every approval is in the ledger, and the call holds nothing any more."""
    from funding.enums import AwardState
    from funding.models import Award, CallYear, LedgerEntry

    approved = Award.objects.filter(state=AwardState.APPROVED).count()
    rows, left = LedgerEntry.objects.filter(award__isnull=False).count(), CallYear.objects.get().reserved
    if (approved, rows, left) != (expected, expected, 0):
        sys.exit(f"{approved} approvals, {rows} ledger rows and {left} $ left instead of {expected}, {expected} and 0")


def report(connections: int, seconds: float, acts: list[float], commits: list[float], load: float) -> int:
    rate, commit = len(acts) / seconds, percentile(commits, 95) * 1000
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load {load:.1f} before the run\n")
    print("| connections | approvals | approvals/s | act p50 | act p95 | COMMIT p50 | COMMIT p95 | COMMIT max |")
    print("|---|---|---|---|---|---|---|---|")
    cells = [percentile(acts, 50), percentile(acts, 95), percentile(commits, 50), percentile(commits, 95), max(commits)]
    print(f"| {connections} | {len(acts)} | {rate:.1f} | " + " | ".join(f"{cell * 1000:.1f} ms" for cell in cells) + " |\n")
    fast, light = rate >= RATE, commit < COMMIT_MS
    print(f"at least {RATE} approvals/s: {'yes' if fast else 'NO'}; p95 of COMMIT under {COMMIT_MS} ms: {'yes' if light else 'NO'}")
    return 0 if fast and light else 1


def percentile(values: list[float], rank: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[rank - 1]


if __name__ == "__main__":
    sys.exit(main())
