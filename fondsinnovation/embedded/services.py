"""Sharing one pair of services between commands.

Each command that needs them holds a shared lock for as long as it runs. A supervisor process starts the services, then
waits for the exclusive lock: it gets it when the last command is gone, however that command ended, and stops them.
The kernel frees the locks of a killed process, so nothing is left behind.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO

from fondsinnovation.embedded import servers
from fondsinnovation.embedded.paths import BASE_DIR, state_dir
from fondsinnovation.embedded.processes import stop

READY = "ready"

_shared: list[subprocess.Popen] = []  # supervisors that other commands still use: not ours to wait for


@contextlib.contextmanager
def services(kind: str) -> Iterator[None]:
    """PostgreSQL and Valkey for the length of the block. Does nothing when the environment names both.

    Raises ServiceUnavailable.
    """
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield
        return
    with _lock(state_dir(kind) / "users", fcntl.LOCK_SH) as users:
        with _lock(state_dir(kind) / "start", fcntl.LOCK_EX):
            supervisor = None if _supervised(kind) else _start_supervisor(kind)
        try:
            yield
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            _wait_for_stop(kind, supervisor)


@contextlib.contextmanager
def _lock(path: Path, mode: int) -> Iterator[IO[str]]:
    with path.open("a") as file:
        fcntl.flock(file, mode)
        yield file


def _supervised(kind: str) -> bool:
    try:
        with _lock(state_dir(kind) / "supervisor", fcntl.LOCK_EX | fcntl.LOCK_NB):
            return False
    except BlockingIOError:
        return True


def _start_supervisor(kind: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "fondsinnovation.embedded", kind]
    # Its own session: Ctrl-C or a closed terminal reaches the command, not the services that the command may still use.
    supervisor = subprocess.Popen(
        command, cwd=BASE_DIR, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    message = supervisor.stdout.readline().strip()
    supervisor.stdout.close()
    if message != READY:
        raise servers.ServiceUnavailable(message or "Les services intégrés n’ont pas démarré.")
    return supervisor


def _wait_for_stop(kind: str, supervisor: subprocess.Popen | None) -> None:
    """Return once the services are stopped, or at once when another command still uses them."""
    time.sleep(0.05)  # the supervisor takes the exclusive lock as soon as the last shared one is gone
    with _lock(state_dir(kind) / "users", fcntl.LOCK_SH):
        pass
    if supervisor is not None:
        if _supervised(kind):
            _shared.append(supervisor)
        else:
            supervisor.wait()


def supervise(kind: str) -> int:
    """Start both services, say so, and keep them until nobody uses them any more or one of them dies."""
    started: list[tuple[subprocess.Popen, int]] = []

    def child_ended(signum: int, frame: FrameType | None) -> None:
        if any(process.poll() is not None for process, _ in started):
            raise SystemExit(1)

    # The lock on "users" is the last to go: whoever gets it next finds that there is no supervisor any more.
    with (state_dir(kind) / "users").open("a") as users, _lock(state_dir(kind) / "supervisor", fcntl.LOCK_EX):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            started.append((servers.start_valkey(kind), signal.SIGTERM))
            started.append((servers.start_postgres(kind), signal.SIGINT))
            signal.signal(signal.SIGCHLD, child_ended)
            _tell(READY)
            fcntl.flock(users, fcntl.LOCK_EX)
        except servers.ServiceUnavailable as error:
            _tell(str(error))
            return 1
        finally:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for process, how in reversed(started):
                stop(process, by=how)
    return 0


def _tell(message: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # the command that asked is already gone
        sys.stdout.write(message + "\n")
        sys.stdout.flush()
