#!/usr/bin/env python3
"""Every command of the portal. The first one on a new machine installs what it needs in .venv."""

import os
import sys
from contextlib import nullcontext

# These change the schema, so they connect as its owner; everything else connects as the application.
OWNER_COMMANDS = {"migrate", "makemigrations", "sqlmigrate", "showmigrations", "squashmigrations", "flush", "dbshell"}
WITHOUT_SERVICES = {"", "help", "--help", "--version", "collectstatic", "compilemessages", "messages", "quality", "test"}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    from fondsinnovation import bootstrap

    bootstrap.enter(sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fondsinnovation.settings")
    if command == "demo" or (command == "seed" and not os.environ.get("SECRET_KEY")):  # no server starts in production without one
        os.environ["DEMO"] = "1"
    if command in OWNER_COMMANDS:
        os.environ.setdefault("FONDS_DB_ROLE", "owner")

    from django.core.management import execute_from_command_line

    from fondsinnovation.embedded import ServiceUnavailable, services

    kind = "test" if os.environ.get("TESTING") else "demo"
    try:
        with nullcontext() if command in WITHOUT_SERVICES else services(kind):
            execute_from_command_line(sys.argv)
    except ServiceUnavailable as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
