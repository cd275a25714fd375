"""How every command refuses bad usage and bad input: one line a problem on standard error, exit code 2, nothing written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fondsinnovation.kit.errors import DomainError

#: what the parser of the standard library says, in English only → what a person reads here
USAGE = (
    (r"the following arguments are required: (?P<names>.+)", gettext_noop("il manque %(names)s")),
    (r"unrecognized arguments: (?P<names>.+)", gettext_noop("%(names)s : argument inconnu")),
    (r"argument (?P<name>\S+): invalid choice: (?P<value>.+?) \(choose from (?P<choices>.+)\)",
     gettext_noop("%(name)s : %(value)s n’est pas un choix; attendu : %(choices)s")),
    (r"argument (?P<name>\S+): invalid int value: (?P<value>.+)", gettext_noop("%(name)s : %(value)s; nombre entier attendu")),
    (r"argument (?P<name>\S+): expected .*", gettext_noop("%(name)s : une valeur est attendue")),
    (r"argument (?P<name>\S+): (?P<what>.+)", "%(name)s : %(what)s"),
)  # fmt: skip


class PlainCommand(BaseCommand):
    """A command that says what is wrong with its arguments in one line."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if parser.called_from_command_line:
            parser.error = lambda message: parser.exit(2, f"{subcommand} : {usage_problem(message)}\n")  # type: ignore[method-assign]
        return parser


class PortalCommand(PlainCommand):
    """A command whose domain errors are lines for a person, not a traceback. `run` does the work and gives the exit code."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = self.run(**options)
        except DomainError as error:
            code = _refuse(error.message)
        except OSError as error:
            code = _refuse(f"{error.filename}:1:1: {_file_problem(error)}")
        except DatabaseError:
            if database_is_ready():
                raise
            code = _refuse(_("La base de données n’est pas prête : lancez d’abord « python3 manage.py migrate »."))
        if code:
            sys.exit(code)

    def run(self, **options: Any) -> int:
        raise TypeError(f"{type(self).__name__} says what it does")


def _refuse(message: str) -> int:
    sys.stderr.write(message + "\n")
    return 2


def usage_problem(message: str) -> str:
    """A complaint of the parser as one line in the reader's language; as it stands when it is not one we know."""
    for pattern, sentence in USAGE:
        if found := re.fullmatch(pattern, message):
            return _(sentence) % found.groupdict()
    return message


def _file_problem(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return _("introuvable; chemin existant attendu")
        case IsADirectoryError():
            return _("c’est un dossier; fichier attendu")
        case PermissionError():
            return _("accès refusé; droits de lecture ou d’écriture attendus")
        case _other:
            return _("%(what)s; fichier lisible attendu") % {"what": error.strerror}


def database_is_ready() -> bool:
    """Whether the database answers and has every migration."""
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError:
        return False


def prepare_database() -> None:
    """Every migration, by the owner of the schema, which this process is not."""
    manage = [sys.executable, settings.BASE_DIR / "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(manage, env={**os.environ, "FONDS_DB_ROLE": "owner"}, check=True)  # noqa: S603 — our own command
