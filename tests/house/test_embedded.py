"""The embedded services live exactly as long as the commands that use them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from fondsinnovation.embedded import spawn, stop
from tests.house.processes import PATIENCE, nothing_left, processes

BASE_DIR = Path(__file__).resolve().parents[2]

COMMAND = """
import sys, time
from fondsinnovation.embedded import services
with services("test"):
    print("up", flush=True)
    sys.stdin.read()
"""


def start(state: Path, **options) -> subprocess.Popen:
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    command = subprocess.Popen(
        [sys.executable, "-c", COMMAND],
        cwd=BASE_DIR,
        env={**environment, "PORTAL_STATE_DIR": str(state)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        **options,
    )
    assert command.stdout.readline() == "up\n"
    return command


def finish(command: subprocess.Popen) -> None:
    command.stdin.close()
    command.wait(PATIENCE)
    command.stdout.close()


def names(state: Path) -> set[str]:
    return {process.name() for process in processes(state)}


def test_services_stop_with_their_command(state):
    command = start(state)
    assert {"postgres", "valkey-server"} <= names(state)
    finish(command)
    assert processes(state) == []


def test_signal_leaves_no_process(state):
    """On one state folder: a cluster that was killed is there for the next command."""
    for how in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
        command = start(state)
        assert {"postgres", "valkey-server"} <= names(state), how
        os.killpg(command.pid, how)
        command.wait(PATIENCE)
        command.stdin.close()
        command.stdout.close()
        assert nothing_left(state), how


def test_services_outlive_the_command_that_started_them_while_another_uses_them(state):
    first, second = start(state), start(state)
    postgres = {process.pid for process in processes(state) if process.name() == "postgres"}
    first.kill()
    first.wait(PATIENCE)
    first.stdin.close()
    first.stdout.close()
    third = start(state)
    assert postgres & {process.pid for process in processes(state) if process.name() == "postgres"}
    finish(second)
    assert "postgres" in names(state)
    finish(third)
    assert nothing_left(state)


def test_killed_supervisor_takes_its_servers_along_and_the_next_command_starts_anew(state):
    command = start(state)
    supervisor = next(process for process in processes(state) if "fondsinnovation.embedded" in process.cmdline())
    supervisor.kill()
    command.kill()
    command.wait(PATIENCE)
    command.stdin.close()
    command.stdout.close()
    assert nothing_left(state)
    finish(start(state))


def test_two_clones_side_by_side(clones):
    one, other = clones(), clones()
    here, there = start(one), start(other)
    finish(here)
    assert (nothing_left(one), "postgres" in names(other)) == (True, True)
    finish(there)
    assert nothing_left(other)


def test_spawned_child_dies_with_a_killed_parent():
    script = """
import sys, time
from fondsinnovation.embedded import spawn
print(spawn([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    gone, alive = psutil.wait_procs([child], timeout=PATIENCE)
    assert (len(gone), alive) == (1, [])


def test_stop_kills_what_does_not_listen():
    deaf = spawn(
        [sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); signal.pause()"],
        stdout=subprocess.PIPE,
    )
    deaf.stdout.readline()
    stop(deaf, patience=0.2)
    deaf.stdout.close()
    assert deaf.returncode == -signal.SIGKILL
