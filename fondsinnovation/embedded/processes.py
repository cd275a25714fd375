"""Child processes that never outlive the one that started them."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1


def spawn(command: Sequence[str | Path], *, death_signal: int = signal.SIGTERM, **options: Any) -> subprocess.Popen:
    """Start a child in its own session; the kernel sends it `death_signal` when this process dies, however it dies."""
    parent = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform.startswith("linux") else None

    def die_with_parent() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:  # the parent died before the line above
                os._exit(1)

    return subprocess.Popen([str(part) for part in command], start_new_session=True, preexec_fn=die_with_parent, **options)


def stop(process: subprocess.Popen, *, by: int = signal.SIGTERM, patience: float = 20) -> None:
    if process.poll() is None:
        process.send_signal(by)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
