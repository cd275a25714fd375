#!/usr/bin/env python3
"""The register of organisations with 10 000 of them and 50 000 roles, on one core: `python3 benchmarks/people.py`.

An embedded server of its own (durable); the database, the web process and the client share that core. The targets: the list and its
search in at most 6 queries, with a 95th percentile under 100 ms; what sign-in checks adds at most 2 queries to a page.
"""

import argparse
import os
import platform
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))
KIND = "demo"  # the embedded server that is durable
SAINTS = ("Adèle", "Agathe", "Alban", "Alexis", "Alphonse", "André", "Anselme", "Antoine", "Barnabé", "Blaise", "Bruno", "Camille")
PLACES = ("Chûtes", "Collines", "Érables", "Étangs", "Forêts", "Îles", "Lacs", "Monts", "Plaines", "Prés", "Rives", "Vallées", "Vents")
FORMS = ("Saint-{saint}-des-{place}", "L’Île-{saint}", "Mont-{saint}", "Régie des {place} de Saint-{saint}", "Office {saint}-des-{place}")
LARGE = "GRANDE"  # the one organisation with many members
QUERIES, MILLISECONDS, SIGN_IN = 6, 100, 2
#: what a sign-in check reads: the session, the account, and what a sign-in library adds to them
SIGN_IN_TABLES = re.compile(
    r'^SELECT .*? FROM "(django_session|projects_user|account_\w+|mfa_\w+|usersessions_\w+|socialaccount_\w+)"', re.DOTALL
)


@dataclass(frozen=True)
class Asked:
    """A page of the register, with its targets when it has some."""

    name: str
    path: str
    queries: int | None = None
    milliseconds: int | None = None


PAGES = (
    Asked("list", "/organismes/", QUERIES, MILLISECONDS),
    Asked("list, last page", "/organismes/?page=400", QUERIES, MILLISECONDS),
    Asked("list by population, page 200", "/organismes/?sort=-population&page=200", QUERIES, MILLISECONDS),
    Asked("search, one word", "/organismes/?q=erables", QUERIES, MILLISECONDS),
    Asked("search, two words", "/organismes/?q=st+adele+des+iles", QUERIES, MILLISECONDS),
    Asked("search, a former name", "/organismes/?q=ancienne+4321", QUERIES, MILLISECONDS),
    Asked("search, one letter", "/organismes/?q=e", QUERIES, MILLISECONDS),
    Asked("search, nothing found", "/organismes/?q=introuvable", QUERIES, MILLISECONDS),
    Asked("filter: region, kind, in force", "/organismes/?region=05&kind=municipality&state=in_force", QUERIES, MILLISECONDS),
    Asked("search and filter", "/organismes/?q=saint&region=05&state=in_force", QUERIES, MILLISECONDS),
    Asked("organisation, 5 members", "/organismes/B-00007/"),
    Asked("organisation, 500 members", f"/organismes/{LARGE}/"),
)


def main() -> int:
    from fondsinnovation import bootstrap

    bootstrap.enter([__file__, "demo", *sys.argv[1:]])
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--organisations", type=int, default=10_000)
    options.add_argument("--roles", type=int, default=50_000)
    options.add_argument("--requests", type=int, default=100, help="for each page")
    asked = options.parse_args([word for word in sys.argv[1:] if word != "demo"])
    load = os.getloadavg()[0]
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # every process from here on has the same one core
    with tempfile.TemporaryDirectory(prefix="portail-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        os.environ |= {"PORTAL_STATE_DIR": folder, "DJANGO_SETTINGS_MODULE": "fondsinnovation.settings", "DEMO": "1"}
        from fondsinnovation.embedded import services

        with services(KIND):
            return measure(asked, load)


def measure(asked: argparse.Namespace, load: float) -> int:
    import run

    run.manage("migrate", "--verbosity=0", role="owner")
    import django

    django.setup()
    fill(asked.organisations, asked.roles)
    run.owner_query("VACUUM ANALYZE")  # what autovacuum has done by the next day
    print(facts(load), flush=True)
    missed: list[str] = []
    with one_process() as (port, web):
        print(pages(port, (web, run.database_server()), asked.requests, missed), flush=True)
    print(sign_in(missed))
    print("Targets missed: " + "; ".join(missed) + "." if missed else "Every target is met.")
    return 1 if missed else 0


# ── Rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def fill(organisations: int, roles: int) -> None:
    """Organisations, a tenth of them renamed and a twentieth merged; people with two or three roles each."""
    from projects.enums import Role
    from projects.models import Membership, Organisation, OrganisationChange, User

    now, dice = datetime.now(UTC), random.Random(2026)
    made = Organisation.objects.bulk_create([organisation(number, dice) for number in range(organisations)], batch_size=2000)
    OrganisationChange.objects.bulk_create(
        [
            OrganisationChange(
                organisation=one, kind="renamed", version=2, effective_on=date(2025, 1, 1), name_before=f"Ancienne {number}",
                name_after=one.name, reason="Avis", recorded_at=now,
            )
            for number, one in enumerate(made) if one.former_keys
        ],
        batch_size=2000,
    )  # fmt: skip
    Organisation.objects.filter(pk__in=[one.pk for one in made[10::20]]).update(successor=made[0], valid_to=date(2025, 12, 31))
    people = User.objects.bulk_create(
        [User(email=f"personne{number}@exemple.quebec", name=f"Personne {number}", password="!") for number in range(roles * 2 // 5)],
        batch_size=2000,
    )
    living = [one for number, one in enumerate(made) if number % 20 != 10]
    held = [(people[number % len(people)], living[0] if number < 500 else living[number % len(living)], number) for number in range(roles)]
    Membership.objects.bulk_create(
        [
            Membership(person=person, organisation=where, role=list(Role)[number // len(people) % 3], starts_on=date(2024, 4, 1))
            for person, where, number in held
        ],
        batch_size=5000,
    )
    officer = User.objects.create_user("agente1@exemple.quebec", name="Agente")
    unit = Organisation.objects.create(code="SIP-FIN", name="Direction du financement", kind="unit", fiscal_calendar="state")
    Membership.objects.create(person=officer, organisation=unit, role=Role.OFFICER, starts_on=date(2024, 4, 1))


def organisation(number: int, dice: random.Random) -> Any:
    from projects.models import Organisation
    from projects.models.organisations import sort_key

    saint, place = dice.choice(SAINTS), dice.choice(PLACES)
    name = f"{FORMS[number % len(FORMS)].format(saint=saint, place=place)} {number}"
    was_renamed = number % 10 == 1
    return Organisation(
        code=f"B-{number:05}" if number else LARGE,
        kind=("municipality", "municipality", "municipality", "agency", "other")[number % 5],
        name=name,
        sort_key=sort_key(name),
        former_keys=f"\nancienne {number}\n" if was_renamed else "",
        version=2 if was_renamed else 1,
        region_id=f"{number % 17 + 1:02}",
        population=dice.randrange(100, 90_000),
        fiscal_calendar="calendar",
    )


def facts(load: float) -> str:
    import run

    processor = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?")
    rows = [
        run.owner_query(f"SELECT count(*) FROM projects_{table}") for table in ("organisation", "membership", "organisationchange", "user")
    ]
    return (
        f"{time.strftime('%Y-%m-%d')}, {processor}, one core of {os.cpu_count()}, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, PostgreSQL {run.owner_query('SHOW server_version')}, load {load:.1f} before the run.\n"
        f"{rows[0]} organisations, {rows[1]} roles, {rows[2]} former names, {rows[3]} people.\n"
    )


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def one_process() -> Iterator[tuple[int, int]]:
    """The web server with one process of four threads: its port and its process id."""
    import run

    port = run.free_port()
    threads = ("--worker-class=gthread", "--workers=1", "--threads=4")
    with run.running("web", "gunicorn", "fondsinnovation.wsgi", f"--bind=127.0.0.1:{port}", *threads, "--no-control-socket") as web:
        run.wait_for(port)
        yield port, web


def pages(port: int, servers: tuple[int, ...], requests: int, missed: list[str]) -> str:
    """`processor` is what the web process and the database used for a request: it does not depend on what else the machine does."""
    import run

    cookie = run.cookies("agente1")
    lines = ["| page | queries | KB | p50 | p95 | max | processor |", "|---|---|---|---|---|---|---|"]
    for page in PAGES:
        asked, size = run.queries(run.Page(page.name, "agente1", page.path), cookie)
        client = run.Client(port, cookie)
        for _warm in range(10):
            client.send("GET", page.path)
        before = run.processor_seconds(*servers)
        times = [client.send("GET", page.path)[2] for _request in range(requests)]
        used = (run.processor_seconds(*servers) - before) / requests * 1000
        p50, p95 = (run.percentile(times, rank) for rank in (50, 95))
        lines.append(
            f"| {page.name} | {asked} | {size / 1024:.0f} | {p50:.0f} ms | {p95:.0f} ms | {max(times) * 1000:.0f} ms | {used:.0f} ms |"
        )
        if page.queries is not None and asked > page.queries:
            missed.append(f"{page.name}: {asked} queries for {page.queries}")
        if page.milliseconds is not None and p95 >= page.milliseconds:
            missed.append(f"{page.name}: {p95:.0f} ms for {page.milliseconds}")
    return "\n".join(lines) + "\n"


# ── What signing in costs a page ─────────────────────────────────────────────────────────────────────────────────────
def sign_in(missed: list[str]) -> str:
    """The queries of a public page without and with a person, and which of the difference are the checks of the sign-in."""
    lines = ["| page | anonymous | signed in | of which sign-in checks | of which roles, for the menu |", "|---|---|---|---|---|"]
    for path in ("/", "/appels/", "/accessibilite/"):
        without, known = statements(path, signed_in=False), statements(path, signed_in=True)
        checks = sum(bool(SIGN_IN_TABLES.search(sql)) for sql in known) - sum(bool(SIGN_IN_TABLES.search(sql)) for sql in without)
        lines.append(f"| {path} | {len(without)} | {len(known)} | {checks} | {len(known) - len(without) - checks} |")
        if checks > SIGN_IN:
            missed.append(f"{path}: sign-in checks add {checks} queries for {SIGN_IN}")
    return "\n".join(lines) + "\n"


def statements(path: str, *, signed_in: bool) -> Sequence[str]:
    import run
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    headers = {"cookie": run.cookies("agente1")} if signed_in else {}
    client = Client(SERVER_NAME="127.0.0.1", headers=headers)
    for _warm in range(2):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
    if answer.status_code != 200:
        sys.exit(f"{path} answers {answer.status_code}")
    return [query["sql"] for query in captured]


if __name__ == "__main__":
    sys.exit(main())
