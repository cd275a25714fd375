"""manage.py demo: everything starts, and nothing stays."""

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
NOT_INHERITED = {"TESTING", "DATABASE_URL", "REDIS_URL", "DATABASE_NAME", "REDIS_PREFIX", "MEDIA_ROOT", "DJANGO_SETTINGS_MODULE"}


def start(state: Path, *arguments: str) -> subprocess.Popen:
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return subprocess.Popen(
        [sys.executable, BASE_DIR / "manage.py", "demo", *arguments],
        env={**environment, "PORTAL_STATE_DIR": str(state), "PYTHONUNBUFFERED": "1"},
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


def test_demonstration_serves_recomputes_and_leaves_no_process_however_it_ends(state):
    """Three times on one state folder, because the first start makes the database and the others find it."""
    once = start(state, "--once")
    output, _ = once.communicate(timeout=240)
    assert once.returncode == 0, output
    assert [line.split(" :")[0] for line in output.splitlines()][-2:] == [
        "Portail",
        "Le « worker » a recalculé les rapports. Fin de la démonstration.",
    ]
    assert processes(state) == []
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
