"""Files: read once, checked by their content, kept by their SHA-256 in private storage."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import partial
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, TooLarge, undo_on_failure
from projects.enums import DocumentKind
from projects.models import Application, Document, Project, User

LARGEST = 25 * 1024 * 1024

#: extension → (content type, how the file must begin)
TYPES: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (b"PK\x03\x04",)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (b"PK\x03\x04",)),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", (b"PK\x03\x04",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
}
ACCEPTED = "PDF, DOCX, XLSX, ODS, PNG, JPEG"


def check_upload(file: Any) -> str:
    """The content type of an uploaded file. Raises Invalid (TooLarge above 25 Mo) in words when it is not acceptable."""
    if not file.size:
        raise Invalid(_("Ce fichier est vide : choisissez le fichier à joindre."))
    if file.size > LARGEST:
        raise TooLarge(_("Ce fichier dépasse 25 Mo : réduisez-le ou séparez-le en plusieurs fichiers."))
    extension = file.name.rpartition(".")[2].lower()
    if extension not in TYPES:
        raise Invalid(_("Ce type de fichier n’est pas accepté. Formats acceptés : %(types)s.") % {"types": ACCEPTED})
    content_type, starts = TYPES[extension]
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if not head.startswith(starts):
        raise Invalid(
            _("Le contenu de ce fichier n’est pas celui d’un fichier %(type)s : enregistrez-le de nouveau dans ce format.")
            % {"type": extension.upper()}
        )
    return content_type


def store_upload(
    file: IO[bytes] | Any,
    *,
    kind: DocumentKind,
    actor: User,
    now: datetime,
    application: Application | None = None,
    project: Project | None = None,
) -> Document:
    """Check and keep an uploaded file. Call it before the first lock: it hashes. Raises Invalid."""
    content_type = check_upload(file)
    data = file.read()
    return store_bytes(
        data, name=file.name, content_type=content_type, kind=kind, actor=actor, now=now, application=application, project=project
    )


def store_bytes(
    data: bytes,
    *,
    name: str,
    content_type: str,
    kind: DocumentKind,
    actor: User,
    now: datetime,
    application: Application | None = None,
    project: Project | None = None,
) -> Document:
    """Keep bytes made by the portal or checked before, addressed by their SHA-256, and their row."""
    return Document.objects.create(
        application=application,
        project=project,
        kind=kind,
        name=name[-200:],
        content_type=content_type,
        uploaded_by=actor,
        uploaded_at=now,
        **keep_bytes(data),
    )


def keep_bytes(data: bytes) -> dict[str, Any]:
    """Put bytes in private storage unless they are there already; what a document's row says of them. A failed act leaves no file."""
    digest = hashlib.sha256(data).hexdigest()
    path = f"documents/{digest[:2]}/{digest}"
    _hold(path)
    if not default_storage.exists(path):
        undo_on_failure(partial(_forget, path))
        default_storage.save(path, ContentFile(data))
    return {"path": path, "size": len(data), "sha256": digest}


def _hold(path: str) -> None:
    """Only one act at a time writes or forgets the same bytes, until its COMMIT."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [path])


def _forget(path: str) -> None:
    """Take back the file of an act that failed, unless another act kept the same bytes meanwhile."""
    with transaction.atomic():
        _hold(path)
        if not Document.objects.filter(path=path).exists():
            default_storage.delete(path)
