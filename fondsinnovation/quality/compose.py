"""The compose file, where no Docker can run it: its schema, then what the schema cannot see."""

import re
from pathlib import Path
from typing import Any

import yaml

VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::?([-?+])([^}]*))?\}|(?<!\$)\$(\w+)")
SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY$|_URL$")


def problems(path: Path, documented: str) -> list[str]:
    """Undeclared services, volumes, secrets and networks; variables that nobody explains; secrets written in the file."""
    text = path.read_text()
    document = yaml.safe_load(text)
    found = []
    for name, service in document["services"].items():
        found += [f"service {name}: {what}" for what in _undeclared(service, document)]
        found += [f"service {name}: {what}" for what in _open_secrets(service)]
    for match in VARIABLE.finditer(text):
        variable, operator = match[1] or match[4], match[2]
        if operator is None:
            found.append(f"variable {variable}: neither required (:?) nor given a default (:-)")
        if not re.search(rf"^#?\s*{variable}=", documented, re.MULTILINE):
            found.append(f"variable {variable}: not in the example environment")
    return [f"{path.name}: {what}" for what in sorted(set(found))]


def _undeclared(service: dict[str, Any], document: dict[str, Any]) -> list[str]:
    found = [f"depends on {other}, not a service" for other in service.get("depends_on", {}) if other not in document["services"]]
    for volume in service.get("volumes", []):
        source = volume.get("source", "") if isinstance(volume, dict) else volume.split(":")[0]
        if source and not source.startswith(("/", ".")) and source not in document.get("volumes", {}):
            found.append(f"volume {source} is not declared")
    for kind in ("networks", "secrets", "configs"):
        found += [f"{kind[:-1]} {name} is not declared" for name in service.get(kind, []) if name not in document.get(kind, {})]
    return found


def _open_secrets(service: dict[str, Any]) -> list[str]:
    """A secret must come from outside: each part of its value that is not a variable is only punctuation or a role's name."""
    return [
        f"{name} is written in the file"
        for name, value in service.get("environment", {}).items()
        if SECRET_NAME.search(name) and "${" not in str(value) and not str(value).startswith(("redis://", "/run/secrets/"))
    ]
