"""The bytes of a package: kept once under their SHA-256, given back to a worker exactly as they were received, forgotten in time."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import WrongState, undo_on_failure
from reporting.models import PortfolioFile, PortfolioImport

_CHUNK = 1 << 20


def path_of(digest: str) -> str:
    return f"imports/{digest[:2]}/{digest}"


def sha256_of(content: Any) -> str:
    """The SHA-256 of bytes, or of a file, which is read piece by piece."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    content.seek(0)
    digest = hashlib.sha256()
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
    content.seek(0)
    return digest.hexdigest()


def hold_files(digests: Iterable[str]) -> None:
    """Only one act at a time writes or forgets the same bytes, until its COMMIT; always in one order."""
    with connection.cursor() as cursor:
        for digest in sorted(set(digests)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [path_of(digest)])


def keep_file(file: Any, digest: str) -> str:
    """Put a file in private storage unless its bytes are there; gives its path. Held first; a failed act leaves no file."""
    path = path_of(digest)
    if not default_storage.exists(path):
        undo_on_failure(partial(_remove_unless_kept, digest))
        default_storage.save(path, File(file))
    return path


def _remove_unless_kept(digest: str) -> None:
    with transaction.atomic():
        hold_files([digest])
        if not PortfolioFile.objects.filter(sha256=digest, forgotten_at__isnull=True).exists():
            default_storage.delete(path_of(digest))


def forget_file(file: PortfolioFile, *, now: datetime) -> None:
    """Remove the bytes of one file, unless another package has the same; its name and its SHA-256 stay. Its problems go with it."""
    with transaction.atomic():
        hold_files([file.sha256])
        file.forgotten_at = now
        file.save(update_fields=["forgotten_at"])
        if not PortfolioFile.objects.filter(sha256=file.sha256, forgotten_at__isnull=True).exists():
            default_storage.delete(path_of(file.sha256))
    if file.portfolio.problems_path:
        default_storage.delete(file.portfolio.problems_path.name)
        PortfolioImport.objects.filter(pk=file.portfolio_id).update(problems_path="")


def keep_problems(row: PortfolioImport, text: str) -> str:
    """Keep the list of all that is wrong with a package; gives its path."""
    return str(default_storage.save(f"imports/problemes/{row.pk}.csv", ContentFile(text.encode("utf-8-sig"))))


@contextmanager
def unpacked(row: PortfolioImport) -> Iterator[Path]:
    """The files of a package on disk, under their names: the one archive or workbook, or a folder of CSV files.

    Raises WrongState when their bytes are not those that were received.
    """
    with tempfile.TemporaryDirectory(prefix="portail-import-") as name:
        folder = Path(name)
        files = list(row.files.order_by("name", "pk"))
        for file in files:
            with default_storage.open(file.path.name) as source, (folder / file.name).open("wb") as target:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)
            with (folder / file.name).open("rb") as copy:
                if sha256_of(copy) != file.sha256:
                    raise WrongState(_("Le fichier conservé n’est plus celui qui a été téléversé : rien n’a été écrit."))
        yield folder if files[0].name.lower().endswith(".csv") else folder / files[0].name
