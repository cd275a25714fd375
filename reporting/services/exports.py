"""Files that people take out of the portal: who took which report, at which dates, with which SHA-256, is in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage

from fondsinnovation.kit.errors import act
from projects.models import User
from projects.services.journal import note
from reporting.catalogue import REPORTS
from reporting.models import Export
from reporting.policies import reports as policies

#: how long a file waits to be downloaded
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file of a report, made and not yet kept."""

    name: str
    format: str
    rows: int
    size: int
    sha256: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@act
def keep_export(
    *, report: str, effective: date, known: datetime, made: MadeFile, content: IO[bytes], actor: User, now: datetime, key: str | None = None
) -> Export:
    """Keep a file for its author, in private storage under its SHA-256, and write who took what. Raises NotAllowed."""
    policies.export_report(actor, REPORTS[report], now).require()
    path = f"exports/{made.sha256[:2]}/{made.sha256}"
    if not default_storage.exists(path):
        default_storage.save(path, File(content))
    export = Export.objects.create(
        report=report, format=made.format, effective=effective, known=known, parameters=dict(made.parameters), path=path,
        name=made.name, size=made.size, rows=made.rows, sha256=made.sha256, created_by=actor, created_at=now, expires_at=now + KEPT,
    )  # fmt: skip
    note(
        export, report=report, format=made.format, effective=effective, known=known, filters=dict(made.parameters), rows=made.rows,
        sha256=made.sha256,
    )  # fmt: skip
    return export


def forget_expired(*, now: datetime) -> int:
    """Remove the files that have expired; what the journal says of them stays. Gives their number."""
    expired = Export.objects.filter(expires_at__lt=now).order_by("pk")
    paths = set(expired.values_list("path", flat=True)) - set(Export.objects.filter(expires_at__gte=now).values_list("path", flat=True))
    for path in sorted(paths):
        default_storage.delete(path)
    return len(paths)
