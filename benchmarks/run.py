#!/usr/bin/env python3
"""How the portal does with a large fund: `python3 benchmarks/run.py [--scale 400] [--keep]`.

An embedded server of its own (durable), the web and worker processes of the demonstration, clients on the same machine.
`--keep` writes the tables in benchmarks/README.md; `--state DIR` leaves the servers' state there and uses it again.
"""

import argparse
import http.client
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures: written by run.py --keep -->\n", "<!-- end of figures -->\n"
sys.path.insert(0, str(BASE_DIR))
MB = 1024 * 1024
PARTS = ("worker", "files", "web")
CLIENTS, SECONDS, ALONE, SUBMISSIONS = 8, 6.0, 60, 40
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
KEY = re.compile(r'name="key" value="([^"]*)"')


@dataclass(frozen=True)
class Page:
    """A page, who reads it, and what it must hold: queries, kilobytes, milliseconds at one client, requests a second at eight."""

    name: str
    account: str
    path: str
    queries: int | None = None
    kilobytes: int | None = None
    milliseconds: int | None = None
    rate: int | None = None


def main() -> int:
    from fondsinnovation import bootstrap

    bootstrap.enter([__file__, "demo", *sys.argv[1:]])
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scale", type=int, default=400)
    options.add_argument("--state", type=Path)
    options.add_argument("--keep", action="store_true")
    options.add_argument("--part", choices=PARTS, action="append", help="only this part; may be given twice")
    asked = options.parse_args([word for word in sys.argv[1:] if word != "demo"])
    with tempfile.TemporaryDirectory(prefix="portail-bench-", ignore_cleanup_errors=True) as folder:
        state = asked.state or Path(folder)
        state.mkdir(exist_ok=True)
        state.chmod(0o755)
        os.environ |= {"PORTAL_STATE_DIR": str(state), "DJANGO_SETTINGS_MODULE": "fondsinnovation.settings", "DEMO": "1"}
        from fondsinnovation.embedded import services

        with services("demo"):
            return measure(asked.scale, asked.part or PARTS, keep=asked.keep)


def measure(scale: int, parts: Sequence[str], *, keep: bool) -> int:
    load = os.getloadavg()[0]
    seeding = prepare(scale)
    import django

    django.setup()
    tables: list[str] = []
    missed: list[str] = []

    def say(text: str) -> None:
        tables.append(text)
        print(text, flush=True)

    say(facts(scale, load) + seeding)
    if "worker" in parts:
        say(recompute())
    if "files" in parts:
        say(report_files())
    if "web" in parts:
        with web_server() as (port, web):
            say(pages(port, (web, database_server()), missed))
            say(submissions(port, missed))
            say(application_file(port, web, missed))
    say("Targets missed: " + "; ".join(missed) + ".\n" if missed else "Every target is met.\n")
    if keep:
        before, rest = README.read_text().split(BEGIN)
        README.write_text(before + BEGIN + "\n" + "\n".join(tables) + "\n" + END + rest.split(END)[1])
    return 1 if missed else 0


# ── The fund ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def manage(*words: object, role: str = "app") -> tuple[float, float]:
    """Run a command of the portal: its seconds and its peak memory in MB."""
    began = time.perf_counter()
    command = subprocess.Popen(
        [sys.executable, BASE_DIR / "manage.py", *map(str, words)],
        env={**os.environ, "FONDS_DB_ROLE": role}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _pid, status, usage = os.wait4(command.pid, 0)
    if status:
        sys.exit(f"{words[0]} failed")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def prepare(scale: int) -> str:
    """Migrate and seed a new server; one that was kept is used as it is."""
    manage("migrate", "--verbosity=0", role="owner")
    if int(owner_query("SELECT count(*) FROM projects_application")):
        return ""
    seconds, memory = manage("seed", "--stage", "report", "--scale", scale)
    owner_query("VACUUM ANALYZE")  # what autovacuum has done by the next day
    return (
        f"| command | seconds | peak memory |\n|---|---|---|\n| `seed --stage report --scale {scale}` | {seconds:.0f} | {memory:.0f} MB |\n"
    )


def owner_query(sql: str) -> str:
    """One statement as the owner, in psql's own words: what the application's role may not do."""
    import psycopg

    from fondsinnovation import settings

    owner = settings.DATABASE_ROLES["owner"]
    with psycopg.connect(dbname=owner["NAME"], host=owner["HOST"], user=owner["USER"], autocommit=True) as connection:
        cursor = connection.execute(sql)
        return str(cursor.fetchone()[0]) if cursor.description else ""


def facts(scale: int, load: float) -> str:
    processor = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    rows = [owner_query(f"SELECT count(*) FROM {table}") for table in ("projects_application", "gain", "ledger_entry", "projects_project")]
    return (
        f"{time.strftime('%Y-%m-%d')}, {processor}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, PostgreSQL {owner_query('SHOW server_version')}, load {load:.1f} before the run.\n"
        f"Scale {scale}: {rows[0]} applications, {rows[1]} gain rows, {rows[2]} ledger rows, {rows[3]} projects.\n"
    )


# ── Processes ────────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def running(name: str, *command: str) -> Iterator[int]:
    """A server of the demonstration, by its process id."""
    from fondsinnovation.embedded import spawn, stop

    with tempfile.TemporaryFile() as log:
        process = spawn([sys.executable, "-m", *command], cwd=BASE_DIR, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield process.pid
            if process.poll() is not None:
                log.seek(0)
                sys.exit(f"{name} stopped:\n{log.read().decode()[-2000:]}")
        finally:
            process.terminate()
            stop(process)


def family(pid: int) -> list[int]:
    """A process and those it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def resident(pid: int, name: str = "VmRSS") -> float:
    """The memory of the largest process of a family, in MB; VmHWM is its peak since `forget_peak`."""
    found = [re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{one}/status").read_text()) for one in family(pid)]
    return max(int(match[1]) / 1024 for match in found if match)


def forget_peak(pid: int) -> None:
    for one in family(pid):
        Path(f"/proc/{one}/clear_refs").write_text("5")


def processor_seconds(*pids: int) -> float:
    """What these processes and those that they started have had of the processors, so far."""
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for pid in pids for one in family(pid)]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def database_server() -> int:
    from fondsinnovation.embedded import state_dir

    return int((state_dir("demo") / "data" / "postmaster.pid").read_text().split()[0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def web_server() -> Iterator[tuple[int, int]]:
    """The web server: its port and its process id."""
    port = free_port()
    threads = ("--worker-class=gthread", "--workers=2", "--threads=4")
    with running("web", "gunicorn", "fondsinnovation.wsgi", f"--bind=127.0.0.1:{port}", *threads, "--no-control-socket") as web:
        wait_for(port)
        yield port, web


def wait_for(port: int) -> None:
    for _attempt in range(300):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
    sys.exit("the web server does not answer")


# ── Recompute and report files ───────────────────────────────────────────────────────────────────────────────────────
def recompute() -> str:
    """A full recompute by a real worker: all four reports."""
    celery = ("celery", "-A", "fondsinnovation", "worker", "--pool=threads", "--concurrency=2", "--loglevel=WARNING")
    with running("worker", *celery) as worker:
        return recomputed_by(worker)


def recomputed_by(worker: int) -> str:
    from django.utils import timezone

    from reporting.enums import RunState
    from reporting.services.snapshots import request_recompute

    time.sleep(5)  # the worker starts
    idle = resident(worker)
    forget_peak(worker)
    began = time.perf_counter()
    run = request_recompute(now=timezone.now())
    while run.state not in (RunState.DONE, RunState.FAILED):
        time.sleep(0.1)
        run.refresh_from_db()
    if run.state == RunState.FAILED:
        sys.exit(run.error)
    return (
        "| worker | seconds | idle | peak | after |\n|---|---|---|---|---|\n"
        f"| full recompute, all reports | {time.perf_counter() - began:.1f} | {idle:.0f} MB | {resident(worker, 'VmHWM'):.0f} MB "
        f"| {resident(worker):.0f} MB |\n"
    )


def report_files() -> str:
    lines = ["| file | seconds | peak memory | size |", "|---|---|---|---|"]
    for code, form in (("roi-projects", "csv"), ("roi-projects", "xlsx"), ("gains", "csv"), ("gains", "xlsx"), ("gains", "json")):
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / f"{code}.{form}"
            seconds, memory = manage("export_report", code, "--format", form, "--output", output)
            size = output.stat().st_size / MB
            lines.append(f"| `export_report {code}` {form.upper()} | {seconds:.1f} | {memory:.0f} MB | {size:.1f} MB |")
    return "\n".join(lines) + "\n"


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def chosen_pages() -> list[Page]:
    from projects.models import Application, Call, Project
    from reporting.models import GainReport

    file = Application.objects.filter(state="converted").order_by("-pk")[0]
    drafts = Application.objects.filter(organisation__code="10043", state="draft").order_by("pk").values_list("pk", flat=True)
    own = next(iter(drafts[:1]), None) or complete_drafts(1)[0]  # a small fund may have no draft there
    call = Call.objects.order_by("pk")[0]
    project = Project.objects.order_by("-pk")[0]
    gain = GainReport.objects.order_by("-pk")[0]
    return [
        Page("home, anonymous", "", "/"),
        Page("list of calls, anonymous", "", "/appels/"),
        Page("applications, staff list", "agente1", "/secretariat/demandes/", 12, 60, 50, 60),
        Page("the same, last page", "agente1", "/secretariat/demandes/?view=all&page=800"),
        Page("the same, one call by amount", "agente1", f"/secretariat/demandes/?call={call.pk}&sort=-amount_requested"),
        Page("application, staff", "agente1", f"/secretariat/demandes/{file.number}/", 15, None, 40),
        Page("staff dashboard", "direction", "/tableau-de-bord/", 15, None, 60),
        Page("ranking of a call", "comite", f"/secretariat/appels/{call.reference}/classement/"),
        Page("decisions", "tete", "/decisions/"),
        Page("agreements", "agente1", "/conventions/"),
        Page("payments", "paiement1", "/paiements/"),
        Page("milestones", "agente1", "/jalons/"),
        Page("envelopes", "controle", "/enveloppes/"),
        Page("ledger", "controle", "/enveloppes/registre/"),
        Page("projects", "direction", "/projets/"),
        Page("project", "direction", f"/projets/{project.reference}/"),
        Page("gains", "verification", "/gains/"),
        Page("gain", "verification", f"/gains/{gain.number}/"),
        Page("report roi-projects", "direction", "/rapports/roi-projects/"),
        Page("report gains", "direction", "/rapports/gains/"),
        Page("journal", "audit", "/journal/"),
        Page("own applications", "greffe.rimouski", "/demandes/"),
        Page("own draft, task list", "redaction.rimouski", f"/demandes/{own}/"),
    ]


def cookies(account: str) -> str:
    """A session of an account, made without its password: signing in is slow on purpose and not what is measured."""
    if not account:
        return ""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model

    person = get_user_model().objects.get(email=f"{account}@exemple.quebec")
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(person.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session["session_began"] = session["session_seen"] = time.time()
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


class Client:
    """One reader with one connection."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.cookies = SimpleCookie(cookie)

    def send(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes, float]:
        """Status, bytes and seconds."""
        headers = {"Cookie": "; ".join(f"{name}={kept.coded_value}" for name, kept in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        for given in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(given)
        return answer.status, content, seconds

    def form(self, path: str) -> str:
        """The hidden fields of a page's form."""
        text = self.send("GET", path)[1].decode()
        token, key = TOKEN.search(text), KEY.search(text)
        if token is None:
            sys.exit(f"{path} has no form")
        return f"csrfmiddlewaretoken={token[1]}&key={key[1] if key else ''}"


def pages(port: int, servers: tuple[int, ...], missed: list[str]) -> str:
    lines = [
        f"| page | queries | KB | p50, 1 client | p95 | p50, {CLIENTS} clients | p95 | requests/s | processor |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for page in chosen_pages():
        cookie = cookies(page.account)
        asked, size = queries(page, cookie)
        alone = one_client(port, page, cookie)
        before = processor_seconds(*servers)
        together, rate = many_clients(port, page, cookie)
        used = (processor_seconds(*servers) - before) / len(together) * 1000
        times = [percentile(each, rank) for each in (alone, together) for rank in (50, 95)]
        lines.append(
            f"| {page.name} | {asked} | {size / 1024:.0f} | "
            + " | ".join(f"{ms:.0f} ms" for ms in times)
            + f" | {rate:.0f} | {used:.0f} ms |"
        )
        print(lines[-1], file=sys.stderr, flush=True)
        wanted = (
            ("queries", asked, page.queries), ("KB", size / 1024, page.kilobytes), ("ms", times[0], page.milliseconds),
        )  # fmt: skip
        missed += [f"{page.name}: {found:.0f} {what} for {limit}" for what, found, limit in wanted if limit is not None and found > limit]
        if page.rate is not None and rate < page.rate:
            missed.append(f"{page.name}: {rate:.0f} requests/s for {page.rate}")
    return "\n".join(lines) + "\n"


def queries(page: Page, cookie: str) -> tuple[int, int]:
    """Queries and bytes of a page, counted in this process."""
    from django.db import connection
    from django.test import Client as InProcess
    from django.test.utils import CaptureQueriesContext

    client = InProcess(SERVER_NAME="127.0.0.1", headers={"cookie": cookie})
    for _warm in range(2):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(page.path)
    if answer.status_code != 200:
        sys.exit(f"{page.path} answers {answer.status_code} to {page.account}")
    return len(captured), len(answer.content)


def one_client(port: int, page: Page, cookie: str) -> list[float]:
    client = Client(port, cookie)
    for _warm in range(6):
        client.send("GET", page.path)
    return [client.send("GET", page.path)[2] for _request in range(ALONE)]


def many_clients(port: int, page: Page, cookie: str) -> tuple[list[float], float]:
    """The times of eight clients that ask without a pause, and what they get a second."""
    found: list[list[float]] = [[] for _client in range(CLIENTS)]
    gate, until, refused = threading.Barrier(CLIENTS + 1), [0.0], list[int]()

    def ask(times: list[float]) -> None:
        client = Client(port, cookie)
        gate.wait()
        while time.perf_counter() < until[0]:
            status, _content, seconds = client.send("GET", page.path)
            if status != 200:
                refused.append(status)
            times.append(seconds)

    threads = [threading.Thread(target=ask, args=(times,)) for times in found]
    for thread in threads:
        thread.start()
    until[0] = time.perf_counter() + SECONDS
    gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    if refused:
        sys.exit(f"{page.path} answers {sorted(set(refused))} to {page.account or 'nobody'} when eight ask together")
    whole = [seconds for times in found for seconds in times]
    return whole, len(whole) / (time.perf_counter() - began)


def percentile(values: list[float], rank: int) -> float:
    """In milliseconds."""
    return statistics.quantiles(values, n=100, method="inclusive")[rank - 1] * 1000


# ── Acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def submissions(port: int, missed: list[str]) -> str:
    """Complete drafts of one organisation, submitted one after the other by its signatory."""
    client = Client(port, cookies("greffe.rimouski"))
    times = []
    for pk in complete_drafts(SUBMISSIONS):
        path = f"/demandes/{pk}/verification/"
        body = client.form(path)
        status, _content, seconds = client.send("POST", path, body)
        if status != 302:
            sys.exit(f"a submission answered {status}")
        times.append(seconds)
    median = percentile(times, 50)
    if median > 60:
        missed.append(f"submit: {median:.0f} ms for 60")
    return f"| act | p50 | p95 |\n|---|---|---|\n| submit an application | {median:.0f} ms | {percentile(times, 95):.0f} ms |\n"


def complete_drafts(count: int) -> list[int]:
    """Drafts that only wait for their signature, filled by the acts of the pages."""
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from projects.enums import CallState, DocumentKind
    from projects.models import Call, User
    from projects.services.applications import start_application
    from projects.services.attachments import attach_document
    from projects.services.sections import fill_sections

    now = timezone.now()
    writer = User.objects.get(email="redaction.rimouski@exemple.quebec")
    organisation = writer.memberships.get().organisation
    call = Call.objects.filter(state=CallState.OPEN, closes_at__gt=now).order_by("pk")[0]
    found = []
    for number in range(count):
        draft = start_application(call_id=call.pk, organisation_id=organisation.pk, actor=writer, now=now)
        file = ContentFile(b"%PDF-1.7\nresolution\n", name="resolution.pdf")
        attach_document(application_id=draft.pk, kind=DocumentKind.RESOLUTION, file=file, actor=writer, now=now)
        fill_sections(application_id=draft.pk, sections=answers(number, writer, organisation), actor=writer, now=now)
        found.append(draft.pk)
    return found


def answers(number: int, writer: Any, organisation: Any) -> dict[str, dict[str, str]]:
    """What the seed's own applicants answer."""
    from decimal import Decimal

    from django.utils import timezone

    from projects.enums import Nature
    from reporting.seeding.applications import answers_of
    from reporting.seeding.story import Applicant, File, rounds
    from reporting.seeding.words import THEMES

    one = rounds(timezone.localdate())[-1]
    first, second = one.budgets
    share = {first: Decimal(60_000), second: Decimal(40_000)}
    return answers_of(
        File(
            one, number, "draft", Applicant(organisation, writer, writer, writer), THEMES[number % len(THEMES)], f"Essai de dépôt {number}",
            share, share, {}, Nature.CASH, Decimal(30_000), Decimal(3_000), one.opens_at + timedelta(days=1),
        )
    )  # fmt: skip


def application_file(port: int, web: int, missed: list[str]) -> str:
    """The CSV of every application that the staff may read."""
    client = Client(port, cookies("agente1"))
    body = client.form("/secretariat/demandes/")
    forget_peak(web)
    status, content, seconds = client.send("POST", "/secretariat/demandes/exporter/?view=all", body)
    memory = resident(web, "VmHWM")
    lines = content.count(b"\n") - 1
    if status != 200:
        sys.exit(f"the export answered {status}")
    missed += [f"CSV of applications: {seconds:.0f} s for 8"] if seconds > 8 else []
    missed += [f"CSV of applications: {memory:.0f} MB for 150"] if memory > 150 else []
    return (
        "| file | rows | seconds | peak memory of the web process | size |\n|---|---|---|---|---|\n"
        f"| CSV of all applications | {lines} | {seconds:.1f} | {memory:.0f} MB | {len(content) / MB:.1f} MB |\n"
    )


if __name__ == "__main__":
    sys.exit(main())
