"""Where the embedded services keep their state, and which account they run under."""

import contextlib
import hashlib
import os
import pwd
import secrets
import subprocess
import tempfile
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parents[2]
LONGEST_SOCKET_DIR = 80  # a Unix socket's whole path is limited to 107 bytes


def is_root() -> bool:
    return os.geteuid() == 0


def service_account() -> dict[str, Any]:
    """Keywords for `subprocess`: PostgreSQL refuses to run as root, so root drops to an unprivileged account."""
    if not is_root():
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("Aucun compte sans privilège (postgres ou nobody) pour PostgreSQL.")


def service_account_can(*command: str | Path) -> bool:
    try:
        return subprocess.run([*map(str, command)], capture_output=True, **service_account()).returncode == 0
    except PermissionError:
        return False


def state_dir(kind: str) -> Path:
    """The folder of one cluster, made on first use: `demo` and `test` never share one, nor do two clones."""
    root = Path(os.environ.get("PORTAL_STATE_DIR") or BASE_DIR / ".run")
    root.mkdir(parents=True, exist_ok=True)
    if is_root() and not service_account_can("test", "-x", root):
        root = _reachable_root(root)
    folder = root / kind
    folder.mkdir(exist_ok=True)
    return folder


def _reachable_root(root: Path) -> Path:
    """A clone under /root is closed to the service account: its state moves to a place that account can reach."""
    moved = Path("/var/tmp") / f"portail-{hashlib.sha256(str(root).encode()).hexdigest()[:12]}"  # noqa: S108
    moved.mkdir(mode=0o711, exist_ok=True)
    return _ours(moved)


def _ours(folder: Path) -> Path:
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), service_account().get("user", os.geteuid())}:
        raise RuntimeError(f"{folder} appartient à un autre compte.")
    return folder


def socket_dir(kind: str) -> Path:
    """The folder of the sockets, named by a random id per cluster; in the temporary folder when the path is too long."""
    state = state_dir(kind)
    identity = _identity(state)
    folder = state / f"s-{identity}"
    if len(str(folder)) > LONGEST_SOCKET_DIR:
        folder = Path(tempfile.gettempdir()) / f"portail-{identity}"
    return _ours(folder) if folder.exists() else folder


def _identity(state: Path) -> str:
    path = state / "id"
    if not path.exists():
        draft = state / f"id.{os.getpid()}"
        draft.write_text(secrets.token_hex(6))
        with contextlib.suppress(FileExistsError):  # another process was first: its id stands
            os.link(draft, path)
        draft.unlink()
    return path.read_text()
