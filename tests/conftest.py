"""Fixtures of every test: databases, services, browser; and the traps of tests/traps.py, always set."""

import gc
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import kombu.pools
import pytest
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db.backends.signals import connection_created
from django.db.models import QuerySet
from django.test import Client
from django.utils import translation

from fondsinnovation.celery import app
from fondsinnovation.embedded import services, spawn, stop
from tests import databases, traps

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps an event loop in the main thread


#: an instant after every clock that a test sets, in seconds since 1970
FAR = 4_102_444_800.0


#: what lasts longest is begun first, in each process of a run, so that what is left at the end is short and they end together.
LONGEST = (
    "tests/house/test_demo.py",
    "tests/house/test_commands.py",
    "tests/browser/test_every_page.py",
    "tests/access/",
    "tests/funding/test_recusal_walk.py",
    "tests/journeys/",
    "tests/browser/",
    "tests/projects/test_exceptional_pages.py",
    "tests/reporting/test_auditor_walk.py",
    "tests/races/",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order stays a random one but for this."""
    places = {item: next((place for place, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST)) for item in items}
    items.sort(key=places.__getitem__)
    longest = sum(place < len(LONGEST) for place in places.values())
    items[:] = _dealt(items[:longest], items[longest:], int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _dealt(longest: list[pytest.Item], others: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """The parts that `--dist=worksteal` cuts, one for each process: each begins with its share of what lasts longest."""
    found: list[pytest.Item] = []
    total, rest = len(longest) + len(others), iter(others)
    for number in range(processes):
        hand = longest[number::processes]
        size = (total - len(found)) // (processes - number)
        found += [*hand, *islice(rest, max(size - len(hand), 0))]
    return [*found, *rest]


def pytest_collection_finish() -> None:
    """What is loaded by now lives as long as the run: looking through it for garbage again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


# ── Traps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(autouse=True)
def _traps(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    request = Client.request

    def checked_request(self: Client, **environ: Any) -> Any:
        response = request(self, **environ)
        traps.check_html(response)
        return response

    force_login = Client.force_login

    def signed_in(self: Client, user: Any, backend: str | None = None) -> None:
        """A sign-in with a second factor that no clock of a test makes old; tests of signing in send the form instead."""
        force_login(self, user, backend)
        session = self.session
        session["session_began"] = session["session_seen"] = FAR
        session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": FAR}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()

    monkeypatch.setattr(Client, "force_login", signed_in)
    monkeypatch.setattr(Client, "request", checked_request)
    monkeypatch.setattr(QuerySet, "_fetch_all", traps.shuffle_unordered(random.Random(random.random())))
    monkeypatch.setattr(socket.socket, "connect", traps.guard_network(socket.socket.connect))
    translation.activate(settings.LANGUAGE_CODE)  # a page read in English leaves its thread in English
    traps.watch_locks()
    connection_created.connect(traps.watch_locks)
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setenv("MEDIA_ROOT", str(settings.MEDIA_ROOT))  # for a worker process
    cache.clear()


# ── Databases and services ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="session")
def embedded() -> Iterator[None]:
    """PostgreSQL and Valkey for this run, shared with every other run of this clone."""
    with services("test"):
        yield


@pytest.fixture(scope="session")
def template_database(embedded: None) -> str:
    return databases.ensure_template()


@pytest.fixture(scope="session")
def django_db_setup(template_database: str) -> Iterator[None]:
    """The database of this process: a copy of the template. Tests run in it as the application's role, in transactions.

    It stays closed to a test that has no `django_db` mark: what such a test wrote would be there for every test after it.
    """
    with databases.copy_of(template_database):
        yield


@pytest.fixture
def committed_db(template_database: str, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database of its own for a test that commits: races, deferred rules, workers. Every thread connects to it."""
    with django_db_blocker.unblock(), databases.copy_of(template_database) as name:
        yield name


@pytest.fixture
def valkey(embedded: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The broker, under a prefix of this test's own."""
    prefix = f"test-{os.getpid()}-{time.monotonic_ns()}:"
    monkeypatch.setenv("REDIS_PREFIX", prefix)
    monkeypatch.setitem(app.conf.broker_transport_options, "global_keyprefix", prefix)
    _forget_broker()
    yield prefix
    _forget_broker()


def _forget_broker() -> None:
    """Close what this process has open to the broker: the next message opens a connection with the settings of then."""
    kombu.pools.reset()
    app._pool = app.amqp._producer_pool = None


@pytest.fixture
def celery_worker_process(committed_db: str, valkey: str, tmp_path: Path) -> Iterator[subprocess.Popen]:
    """A real worker, on this test's database and broker."""
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "-A", "fondsinnovation", "worker", "--pool=threads", "--concurrency=2"]
    command += ["--loglevel=INFO", f"--logfile={log}", f"--hostname=test-{os.getpid()}@%h", "--without-mingle", "--without-gossip"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "fondsinnovation.settings"}
    with (tmp_path / "worker.out").open("w") as output:
        worker = spawn(command, env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 30
        while not (log.exists() and " ready." in log.read_text()):
            if worker.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the worker did not start:\n{(tmp_path / 'worker.out').read_text()}")
            time.sleep(0.05)
        yield worker
    finally:
        stop(worker, patience=5)


# ── Browser ──────────────────────────────────────────────────────────────────────────────────────────────────────────
AXE_RUN = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"], iframes: false, preload: false });
  return violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`));
}"""
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--in-process-gpu",  # one process less to start and to talk to: nothing is drawn on a screen
    "--js-flags=--no-maglev --no-turbofan",  # no page lives long enough to give back what its optimised code costs
]


@dataclass(frozen=True)
class LiveServer:
    """A real server on this test's database. `committed_db` names that database."""

    url: str
    database: str


@pytest.fixture
def live(committed_db: str) -> Iterator[LiveServer]:
    handler = WSGIHandler()
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietRequestHandler)
    server.set_app(handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield LiveServer(url=f"http://127.0.0.1:{server.server_port}", database=committed_db)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class QuietRequestHandler(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Keep the test report readable: a failing request shows in the page."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One Chromium for the run. Without it the browser tests are skipped, except in CI, where that is a failure."""
    program = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if program is None:
        reason = "Chromium introuvable : les essais de navigateur ne peuvent pas se dérouler (apt-get install chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, live: LiveServer) -> Iterator[Any]:
    """A page at 1280 px whose relative addresses are those of `live`. An error in its console fails the test."""
    context = chromium.new_context(base_url=live.url, locale="fr-CA", viewport={"width": 1280, "height": 900})
    errors = watch(context)
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()
    assert errors == []


def watch(context: Any) -> list[str]:
    """The faults of every page of a browser context, as they come."""
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda message: faults.append(message.text) if _is_fault(message) else None)
    return faults


def _is_fault(message: Any) -> bool:
    """A script's error or a broken content policy; a page that answers 4xx on purpose is not one."""
    return message.type == "error" and "Failed to load resource" not in message.text


@pytest.fixture
def accessibility_violations() -> Any:
    """`accessibility_violations(page)`: what axe finds wrong, one line each. Its script enters a page once, whatever the widths; from the
    second address of a page on, the browser has it already."""
    from axe_playwright_python.base import AXE_SCRIPT

    def violations(page: Any) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.add_init_script(AXE_SCRIPT)
            page.evaluate(AXE_SCRIPT)
        return page.evaluate(AXE_RUN)

    return violations
