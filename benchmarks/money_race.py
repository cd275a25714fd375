#!/usr/bin/env python3
"""The money under concurrency, while workers are killed: `python3 benchmarks/money_race.py`.

Thirty-two processes act at random for a minute on calls, awards, agreements and payments that hold less than everyone wants; one is
killed with -9 every second and another takes its place. Then every invariant must hold, every order must exist once, and the sum of the
accepted acts must be the ledger. `--without-guards` runs the same race on a copy of the database without the guards, and must find what
they prevent. Targets: no deadlock, at least 60 accepted acts a second on 2 cores, and a third of what the same statements reach without
the services. An embedded PostgreSQL of its own, that flushes to disk, is started and removed.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))
KIND = "demo"  # the embedded server that is durable; the tests' one does not flush
RATE, SHARE = 60, 1 / 3
SHOWN = 20


def main() -> int:
    from fondsinnovation import bootstrap

    given = [word for word in sys.argv[1:] if word != "test"]
    bootstrap.enter([__file__, "test", *given])  # it needs what the tests need
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--processes", type=int, default=32)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--files", type=int, default=120, help="at each stage, before the race")
    options.add_argument("--connections", type=int, default=8, help="of the comparison with psycopg alone")
    options.add_argument("--lives", type=int, default=12, help="files whose life each of these connections leads")
    options.add_argument("--without-guards", action="store_true", help="on a copy of the database without its guards")
    asked = options.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="portail-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        os.environ |= {"PORTAL_STATE_DIR": folder, "DJANGO_SETTINGS_MODULE": "fondsinnovation.settings", "DEMO": "1"}
        from fondsinnovation.embedded import services

        with services(KIND):
            return measure(asked, Path(folder))


def measure(asked: argparse.Namespace, folder: Path) -> int:
    load = os.getloadavg()[0]
    migrate()
    import psycopg
    from django.conf import settings

    name = settings.DATABASES["default"]["NAME"]
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load {load:.1f} before the run")
    with psycopg.connect(
        f"host={settings.DATABASES['default']['HOST']} user={settings.DATABASE_ROLES['owner']['USER']} dbname={name}"
    ) as one:
        print(
            f"PostgreSQL {one.execute('SHOW server_version').fetchone()[0]}, synchronous_commit",
            one.execute("SHOW synchronous_commit").fetchone()[0],
        )
    from tests.databases import copy_of

    with copy_of(name) as copy:
        held = race(asked, folder, copy)
    if asked.without_guards:
        return held
    return max(held, compare(asked, folder, name))


def migrate() -> None:
    """Migrate the new server as the owner, then connect to it as the application."""
    subprocess.run(
        [sys.executable, BASE_DIR / "manage.py", "migrate", "--verbosity=0"], check=True, env={**os.environ, "FONDS_DB_ROLE": "owner"}
    )
    import django

    django.setup()


def race(asked: argparse.Namespace, folder: Path, database: str) -> int:
    """The race, what it found, and whether that is what was expected: nothing with the guards, something without."""
    from benchmarks.money import crowd, guards, settlement, world
    from tests.databases import owner_connection

    place = world.build(asked.files)
    before, stages = settlement.start(), world.stages()
    print(", ".join(f"{count} {name}" for name, count in stages.items()) + "\n")
    with owner_connection(database) as owner:
        owner.execute("ANALYZE")
        if asked.without_guards:
            print(f"{guards.remove(owner)} guards removed\n")
    papers = folder / "race"
    papers.mkdir()
    found = crowd.run(place, papers, processes=asked.processes, seconds=asked.seconds, seed=asked.seed)
    differences = settlement.settle(before, found)
    rate = report(asked, found)
    print(f"differences: {len(differences)}")
    print("".join(f"- {one}\n" for one in differences[:SHOWN]))
    if asked.without_guards:
        print("without the guards the race breaks the money:", "yes" if differences else "NO: the race proves nothing")
        return 0 if differences else 1
    failures = sum(found.failures().values())
    verdict("every invariant holds, every order exists once, accepted acts make the ledger", not differences)
    verdict("no deadlock and no unexpected error", not failures)
    verdict(f"at least {RATE} accepted acts/s", rate >= RATE)
    return 1 if differences or failures or rate < RATE else 0


def verdict(what: str, is_so: bool) -> None:
    print(f"{what}: {'yes' if is_so else 'NO'}")


def report(asked: argparse.Namespace, found) -> float:
    """Print what the crowd did; accepted acts a second, over the whole time of the race."""
    accepted = [line for line in found.done if line["outcome"] == "accepted"]
    rate = len(accepted) / found.seconds
    deadlocks = sum(count for why, count in found.failures().items() if "40P01" in why)
    print("| processes | seconds | killed | accepted | refused | left unknown by a kill | deadlocks | unexpected | accepted/s |")
    print("|---|---|---|---|---|---|---|---|---|")
    outcomes, unknown = found.outcomes(), len(found.unknown)
    print(
        f"| {asked.processes} | {found.seconds:.0f} | {found.kills} | {outcomes['accepted']} | {outcomes['refused']} | {unknown} "
        f"| {deadlocks} | {outcomes['failed']} | {rate:.1f} |\n"
    )
    print("| act | accepted | refused | p50 | p95 |\n|---|---|---|---|---|")
    refused = Counter(line["kind"] for line in found.done if line["outcome"] == "refused")
    for kind in sorted({line["kind"] for line in found.done}):
        times = [line["seconds"] for line in accepted if line["kind"] == kind]
        cells = [f"{percentile(times, rank) * 1000:.0f} ms" for rank in (50, 95)] if len(times) > 1 else ["–", "–"]
        print(f"| {kind} | {len(times)} | {refused[kind]} | {' | '.join(cells)} |")
    print("\nrefused: " + ", ".join(f"{count} {why}" for why, count in found.refusals().most_common()))
    print("".join(f"unexpected, {count} times: {why}\n" for why, count in found.failures().most_common(SHOWN)))
    return rate


def percentile(values: list[float], rank: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[rank - 1]


def compare(asked: argparse.Namespace, folder: Path, name: str) -> int:
    """The same acts on two copies of one database: through the services, then their statements over psycopg alone."""
    from django.db import connections

    from benchmarks.money import bare
    from tests.databases import copy_of, owner_connection

    papers = folder / "speed"
    papers.mkdir()
    chunks, people = bare.build(asked.connections, asked.lives)
    with owner_connection(name) as owner:
        bare.far_apart(owner)
    connections.close_all()
    with copy_of(name):
        served = bare.through_services(chunks, people, papers)
        left = bare.outcome()
    with copy_of(name):
        direct = bare.by_psycopg(served, asked.connections, papers)
        again = bare.outcome()
    if left != again:
        sys.exit(f"the services left {left} and their statements {again}")
    share = served.rate / direct.rate
    print("\n| connections | acts | statements | through the services | psycopg alone | share |\n|---|---|---|---|---|---|")
    print(f"| {asked.connections} | {served.acts} | {served.statements} | {served.rate:.1f}/s | {direct.rate:.1f}/s | {share:.2f} |\n")
    verdict(f"at least {SHARE:.2f} of what psycopg alone reaches", share >= SHARE)
    return 0 if share >= SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
