"""manage.py demo, and commands before and after it, as real processes on a new machine: everything starts, and nothing stays."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from fondsinnovation.embedded import stop
from fondsinnovation.management.commands import demo
from tests.house.processes import nothing_left, processes

BASE_DIR = Path(__file__).resolve().parents[2]
NOT_INHERITED = {"TESTING", "DATABASE_URL", "REDIS_URL", "DATABASE_NAME", "REDIS_PREFIX", "MEDIA_ROOT", "DJANGO_SETTINGS_MODULE"} | {
    "DEMO", "SECRET_KEY",
}  # fmt: skip


def environment(state: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return {**ours, "PORTAL_STATE_DIR": str(state), "PYTHONUNBUFFERED": "1"}


def run(state: Path, *arguments: str) -> tuple[int, str, str]:
    """A command to its end: its exit code, what it says, what it complains of."""
    command = [sys.executable, BASE_DIR / "manage.py", *arguments]
    done = subprocess.run(command, env=environment(state), capture_output=True, text=True, timeout=240, check=False)
    return done.returncode, done.stdout, done.stderr.replace("\xa0", " ")


def start(state: Path, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, BASE_DIR / "manage.py", "demo", *arguments],
        env=environment(state),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def lines_until(command: subprocess.Popen, end: str) -> list[str]:
    lines = []
    for line in command.stdout:
        lines.append(line.strip())
        if line.startswith(end):
            break
    return lines


def test_demonstration_of_a_new_machine_serves_recomputes_and_leaves_no_process_however_it_ends(state):
    """Three times on one state folder: the first start makes the database and the others find it. Commands before it find none."""
    code, out, err = run(state, "seed", "--stage", "fin")
    assert (code, out, err.count("\n"), err.startswith("seed")) == (2, "", 1, True), err
    unready = "La base de données n’est pas prête : lancez d’abord « python3 manage.py migrate ».\n"
    assert run(state, "check_invariants") == (2, "", unready)
    once = start(state, "--once")
    output, _ = once.communicate(timeout=240)
    assert once.returncode == 0, output
    assert [line.split(" :")[0] for line in output.splitlines()][-2:] == [
        "Portail",
        "Le « worker » a recalculé les rapports. Fin de la démonstration.",
    ]
    assert processes(state) == []
    full = "Cette base contient déjà un fonds : rien n’a été écrit.\n"
    assert run(state, "seed", "--stage", "intake", "--json") == (2, "", full)
    for how in (signal.SIGINT, signal.SIGKILL):
        command = start(state)
        lines = lines_until(command, "Ctrl-C")
        address = next((line.removeprefix("Portail : ") for line in lines if line.startswith("Portail")), None)
        assert address is not None, lines
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200
        assert {"Comptes de démonstration", "Ctrl-C arrête tout."} <= {line.split(", mot")[0] for line in lines}
        command.send_signal(how)
        stop(command, by=how)
        command.stdout.close()
        assert nothing_left(state)


def test_taken_port_is_refused_when_it_was_asked_for():
    with socket.socket() as server:
        server.bind((demo.HOST, 0))
        server.listen()
        with pytest.raises(demo.CommandError) as refusal:
            demo._free_port(server.getsockname()[1])
    assert refusal.value.returncode == 2


def test_next_free_port_is_taken_otherwise(monkeypatch):
    with socket.socket() as server:
        server.bind((demo.HOST, 0))
        server.listen()
        taken = server.getsockname()[1]
        monkeypatch.setattr(demo, "FIRST_PORT", taken)
        assert demo._free_port(None) > taken
