"""The crowd: processes that act without pause, of which the parent kills one with -9 at each beat and starts another.

A worker writes each act in its own file before it begins, with its key, and its outcome after it. The one that takes the place of a
killed worker first delivers again, under the same key, the act whose outcome is missing. Workers are forked: `run` belongs in a process
that has no thread and no browser, and no worker outlives it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

from django.db import DatabaseError, connection

from benchmarks.money.acts import choose, perform
from benchmarks.money.kinds import Attempt
from benchmarks.money.world import World
from fondsinnovation.kit.errors import DomainError
from projects.models import User
from tests.factories import NOW

ACCEPTED, REFUSED, FAILED = "accepted", "refused", "failed"
TWICE = 0.04  # how often a person clicks twice
PATIENCE = 60  # seconds that the last act of a worker may take; the database gives up sooner (lock_timeout)


@dataclass
class Race:
    """What happened: the lines of every worker, the acts whose outcome a kill left unknown, and how long it took."""

    seconds: float = 0
    kills: int = 0
    done: list[dict[str, Any]] = field(default_factory=list)
    unknown: list[Attempt] = field(default_factory=list)

    def outcomes(self) -> Counter[str]:
        return Counter(line["outcome"] for line in self.done)

    def failures(self) -> Counter[str]:
        return Counter(line["why"] for line in self.done if line["outcome"] == FAILED)

    def refusals(self) -> Counter[str]:
        return Counter(line["why"] for line in self.done if line["outcome"] == REFUSED)


def run(world: World, folder: Path, *, processes: int, seconds: float, seed: int, beat: float = 1.0) -> Race:
    """Let the crowd act, one of it killed at each beat; then read what each worker wrote."""
    connection.close()
    context = multiprocessing.get_context("fork")
    rng, began = random.Random(seed), time.time()
    until, started, kills = began + seconds, 0, 0

    def start(after: Path | None = None) -> tuple[Any, Path]:
        nonlocal started
        started += 1
        file = folder / f"{started:05d}.jsonl"
        process = context.Process(target=work, args=(world, file, after, f"{seed}-{started}", began, until), daemon=True)
        process.start()
        return process, file

    crowd = [start() for _ in range(processes)]
    due = began + beat
    while due < until:
        time.sleep(max(due - time.time(), 0))
        place = rng.randrange(len(crowd))
        process, file = crowd[place]
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        kills += 1
        crowd[place] = start(after=file)
        due += beat
    for process, file in crowd:
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{file.name} has not ended its last act: {lines(file)[-1:]}")
    return read(folder, Race(seconds=time.time() - began, kills=kills))


def work(world: World, file: Path, after: Path | None, seed: str, began: float, until: float) -> None:
    """One worker: what a killed one left, then acts chosen at random until the time is over."""
    rng = random.Random(seed)
    people: dict[int, User] = {}
    with file.open("a", buffering=1) as journal:
        if after is not None and (left := unfinished(after)) is not None:
            attempt(left, journal, people, began)
        number = 0
        while time.time() < until:
            number += 1
            one = choose(world, rng, f"{seed}-{number}")
            for _click in range(2 if rng.random() < TWICE else 1):
                if one is not None:
                    attempt(one, journal, people, began)
    connection.close()


def attempt(one: Attempt, journal: TextIO, people: dict[int, User], began: float) -> None:
    """Do an act: its line before, its outcome after. Nothing but a refusal of the house is expected."""
    if one.actor not in people:
        people[one.actor] = User.objects.get(pk=one.actor)
    journal.write(one.line() + "\n")
    outcome, why, clock = ACCEPTED, "", time.perf_counter()
    try:
        perform(one, people[one.actor], NOW + timedelta(seconds=time.time() - began))
    except DomainError as error:
        outcome, why = REFUSED, type(error).__name__
    except Exception as error:
        outcome, why = FAILED, reason_of(error)
    took = time.perf_counter() - clock
    journal.write(json.dumps({"key": one.key, "outcome": outcome, "why": why, "seconds": round(took, 5)}) + "\n")


def reason_of(error: Exception) -> str:
    """The class of an unexpected error, with the code of the database when it has one (40P01: a deadlock)."""
    code = getattr(error.__cause__, "sqlstate", None) if isinstance(error, DatabaseError) else None
    return f"{type(error).__name__} {code or ''} {str(error).splitlines()[0] if str(error) else ''}".strip()


def read(folder: Path, race: Race) -> Race:
    """Put the files of the workers together: an act, its outcome; or no outcome, when a kill came in between and nobody did it again."""
    unknown: dict[str, Attempt] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for line in lines(file):
            if "kind" in line:
                unknown[line["key"]] = Attempt(**line)
                continue
            one = unknown[line["key"]]
            race.done.append({**line, "kind": one.kind, "actor": one.actor, "given": one.given})
    settled = {line["key"] for line in race.done}
    race.unknown = [one for key, one in unknown.items() if key not in settled]
    return race


def unfinished(file: Path) -> Attempt | None:
    """The act that a killed worker had begun, if its outcome is missing."""
    last = lines(file)[-1:]
    return Attempt(**last[0]) if last and "kind" in last[0] else None


def lines(file: Path) -> list[dict[str, Any]]:
    """What a worker wrote; a kill may have cut its last line in two."""
    whole = file.read_text().split("\n")[:-1] if file.exists() else []
    return [json.loads(line) for line in whole]
