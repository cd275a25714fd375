"""Which processes a clone has, for the tests that none stays behind."""

import time
from pathlib import Path

import psutil

PATIENCE = 60  # seconds: a busy machine stops its services slowly


def processes(state: Path) -> list[psutil.Process]:
    """What runs for this clone: each names its state folder in its command line, current folder or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.cwd(), process.environ().get("PORTAL_STATE_DIR", "")]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(state) in word for word in words):
                found.append(process)
        except psutil.Error:
            continue  # it ended while we looked
    return found


def nothing_left(state: Path) -> bool:
    deadline = time.monotonic() + PATIENCE
    while processes(state) and time.monotonic() < deadline:
        time.sleep(0.05)
    return processes(state) == []
