"""Make the environment that manage.py needs, with the standard library alone.

An environment that somebody else made (a container, a developer's own) is used as it is. One that this module made
carries a stamp: the digest of the requirements it was installed from, so that a newer file is installed by itself.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
VENV = BASE_DIR / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".requirements"
DEVELOPMENT_COMMANDS = {"messages", "quality", "test"}
OLDEST_PYTHON = (3, 11)


def enter(argv: list[str]) -> None:
    """Return when this process has what the command needs; otherwise install it and start again inside .venv."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python 3.11 ou plus récent est requis; celui-ci est {sys.version.split()[0]}.")
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    if not inside and importlib.util.find_spec("django") is not None:
        return
    wanted = requirements(argv[1] if len(argv) > 1 else "")
    with (BASE_DIR / ".venv.lock").open("w") as lock:  # two commands started together install once
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = is_stale(wanted)
        if installed:
            install(wanted)
    if installed or not inside:
        os.execv(PYTHON, [str(PYTHON), *argv])


def requirements(command: str) -> Path:
    return BASE_DIR / "requirements" / ("dev.txt" if command in DEVELOPMENT_COMMANDS else "embedded.txt")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_stale(wanted: Path) -> bool:
    """Whether .venv must be made, or was made by this module from other requirements. Those of development hold the rest."""
    if not PYTHON.exists():
        return True
    if not STAMP.exists():
        return False
    return STAMP.read_text() not in {digest(wanted), digest(requirements("test"))}


def install(wanted: Path) -> None:
    started = time.monotonic()
    print(f"Installation de ce qu’il faut dans {VENV.name} (une seule fois)…", flush=True)
    uv = shutil.which("uv")
    if not PYTHON.exists():
        create_environment(uv)
    STAMP.write_text("")  # ours from now on, and incomplete until the last line
    if uv:
        command = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(PYTHON)]
    else:
        command = [*pip(), "install", "--quiet", "--disable-pip-version-check"]
    # The file names every package: resolving again would only let an older pip prefer a release newer than the pin of a package
    # that another asks for with an extra (coverage[toml]), and then refuse it for want of a hash.
    subprocess.run([*command, "--no-deps", "--require-hashes", "-r", str(wanted)], check=True)
    STAMP.write_text(digest(wanted))
    print(f"Installation terminée en {time.monotonic() - started:.0f} s.", flush=True)


def create_environment(uv: str | None) -> None:
    if uv:
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)], check=True)
        return
    # Debian's Python may lack ensurepip: then the pip of this interpreter installs into the environment from outside.
    without_pip = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", "--clear", *without_pip, str(VENV)], check=True)


def pip() -> list[str]:
    inside = subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True)
    if inside.returncode == 0:
        return [str(PYTHON), "-m", "pip"]
    if importlib.util.find_spec("pip") is None:
        sys.exit("Ni pip ni uv n’est installé : installez l’un des deux (par exemple le paquet python3-venv).")
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
