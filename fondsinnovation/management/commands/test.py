"""manage.py test [pytest arguments]: the whole test suite."""

import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand

PROCESSES = ("-n", "--numprocesses")


class Command(BaseCommand):
    help = "Exécute tous les essais. Les arguments sont ceux de pytest."
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Become pytest: every argument is its own, and so is the exit code."""
        arguments = argv[2:]
        if not any(argument.startswith(PROCESSES) for argument in arguments):
            arguments = ["-n", os.environ.get("TEST_PROCESSES", "2"), "--dist=worksteal", *arguments]
        os.chdir(settings.BASE_DIR)
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)  # pytest has its own, in pyproject.toml
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])
