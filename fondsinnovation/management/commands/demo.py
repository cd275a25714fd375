"""manage.py demo: the whole portal on this machine, with a believable fund in it. manage.py has already started the services."""

import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.crypto import get_random_string

from fondsinnovation.commands import PlainCommand, database_is_ready, prepare_database
from fondsinnovation.embedded import spawn, state_dir, stop
from projects.demo import ACCOUNTS, PASSWORD

HOST = "127.0.0.1"
FIRST_PORT = 8000
PORTS_TRIED = 100
PATIENCE = 60  # seconds for the web server to answer

Servers = dict[str, subprocess.Popen]


class Command(PlainCommand):
    help = "Démarre le portail avec un fonds de démonstration : base de données, file de tâches, pages. Ctrl-C arrête tout."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="port HTTP (8000, ou le premier libre ensuite)")
        parser.add_argument("--once", action="store_true", help="sert une page, recalcule un rapport, puis s’arrête")

    def handle(self, *args: Any, port: int | None, once: bool, **options: Any) -> None:
        os.environ["SECRET_KEY"] = _secret_key()
        port = _free_port(port)
        os.environ["PORTAL_URL"] = f"http://{HOST}:{port}"  # what links in e-mails begin with
        _listen_to_signals()
        try:
            self._prepare()
            with _servers(port) as running:
                _wait_for_page(port, running)
                self.stdout.write(f"Portail : http://{HOST}:{port}/")
                if once:
                    self._recompute()
                else:
                    self._serve(running)
        except KeyboardInterrupt:
            self.stdout.write("\nArrêt.")

    def _prepare(self) -> None:
        if not database_is_ready():
            prepare_database()
        if not get_user_model().objects.exists():
            self.stdout.write("Création du fonds de démonstration…")
            call_command("seed", stage="report", live=True)

    def _recompute(self) -> None:
        call_command("recompute_reports", wait=True, stdout=StringIO())
        self.stdout.write("Le « worker » a recalculé les rapports. Fin de la démonstration.")

    def _serve(self, running: Servers) -> None:
        self.stdout.write(f"Journaux des serveurs : {_folder()}")
        self.stdout.write(f"Comptes de démonstration, mot de passe « {PASSWORD} » :")
        width = max(len(str(account.role.label)) for account in ACCOUNTS) + 2
        for account in ACCOUNTS:
            self.stdout.write(f"  {account.email:<36}{account.role.label:<{width}}{account.name}")
        self.stdout.write("Ctrl-C arrête tout.")
        while True:
            _check_alive(running)
            time.sleep(0.5)


def _listen_to_signals() -> None:
    """A closed terminal and a polite kill end the demonstration as Ctrl-C does, even where a shell made it deaf to Ctrl-C."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.default_int_handler)


@contextmanager
def _servers(port: int) -> Iterator[Servers]:
    running: Servers = {}
    try:
        for name, command, death_signal in _commands(port):
            with (_folder() / f"{name}.log").open("w") as log:
                running[name] = spawn(
                    [sys.executable, "-m", *command], death_signal=death_signal,
                    cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                )  # fmt: skip
        yield running
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            stop(process)


def _commands(port: int) -> Iterator[tuple[str, list[str], int]]:
    """Name, command, and the signal that ends it when this command is killed: a worker does not finish its task first."""
    web = ["gunicorn", "fondsinnovation.wsgi", f"--bind={HOST}:{port}", "--worker-class=gthread", "--workers=2", "--threads=4"]
    yield "web", [*web, "--graceful-timeout=3", "--no-control-socket"], signal.SIGTERM
    celery = ["celery", "-A", "fondsinnovation"]
    yield "worker", [*celery, "worker", "--pool=threads", "--concurrency=2", "--loglevel=INFO"], signal.SIGQUIT
    yield "beat", [*celery, "beat", "--loglevel=INFO", "--pidfile="], signal.SIGTERM


def _check_alive(running: Servers) -> None:
    for name, process in running.items():
        if process.poll() is not None:
            raise CommandError(f"« {name} » s’est arrêté. Voir {_folder() / name}.log.")


def _wait_for_page(port: int, running: Servers) -> None:
    deadline = time.monotonic() + PATIENCE
    while (status := _first_page_status(port)) is None:
        _check_alive(running)
        if time.monotonic() > deadline:
            raise CommandError(f"Le portail ne répond pas. Voir {_folder() / 'web.log'}.")
        time.sleep(0.1)
    if status != 200:
        raise CommandError(f"La première page répond {status}. Voir {_folder() / 'web.log'}.")


def _first_page_status(port: int) -> int | None:
    connection = HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except ConnectionError:
        return None  # not listening yet
    finally:
        connection.close()


def _free_port(wanted: int | None) -> int:
    if wanted is not None:
        if not 0 < wanted < 65536:
            raise CommandError(f"--port {wanted} : un port de 1 à 65535 est attendu.", returncode=2)
        if not _is_free(wanted):
            raise CommandError(f"Le port {wanted} est déjà pris.", returncode=2)
        return wanted
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        if _is_free(port):
            return port
    raise CommandError("Aucun port libre : précisez --port.", returncode=2)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _folder() -> Path:
    return state_dir(settings.EMBEDDED_KIND)


def _secret_key() -> str:
    """One key for web and worker, kept so that a restart does not sign everybody out."""
    path = _folder() / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(get_random_string(64))
    return path.read_text()
