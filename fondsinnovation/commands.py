"""How every command refuses bad input: one line a problem on standard error, exit code 2, nothing written."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from fondsinnovation.kit.errors import DomainError


class PortalCommand(BaseCommand):
    """A command whose domain errors are lines for a person, not a traceback. `run` does the work and gives the exit code."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = self.run(**options)
        except DomainError as error:
            sys.stderr.write(error.message + "\n")
            code = 2
        except OSError as error:
            sys.stderr.write(f"{error.filename}:1:1: {error.strerror}; fichier lisible attendu\n")
            code = 2
        if code:
            sys.exit(code)

    def run(self, **options: Any) -> int:
        raise TypeError(f"{type(self).__name__} says what it does")
