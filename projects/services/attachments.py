"""Files that an applicant attaches to a draft and takes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act
from projects.enums import DocumentKind, SectionKind
from projects.models import Application, ApplicationSection, Document, User
from projects.queries.applications import facts_of
from projects.sections import ATTACHABLE, section_form
from projects.services.documents import store_upload
from projects.services.journal import note
from projects.services.sections import lock_draft


@act
def attach_document(*, application_id: int, kind: DocumentKind, file: Any, actor: User, now: datetime, key: str | None = None) -> Document:
    """Check and keep a file of a draft. Raises NotAllowed, WrongState, Invalid, TooLarge; nothing is kept then."""
    if kind not in ATTACHABLE:
        raise Invalid(errors={"kind": _("Choisissez le type du document.")})
    application = Application.objects.get(pk=application_id)
    document = store_upload(file, kind=kind, actor=actor, now=now, application=application)  # hashed before the lock
    lock_draft(application_id, actor, now)
    note(document, kind=str(kind), sha256=document.sha256)
    _refresh(application)
    return document


@act
def remove_document(*, document_id: int, actor: User, now: datetime, key: str | None = None) -> Document:
    """Take a file back from a draft: it leaves the pages, its row stays. Raises NotAllowed, WrongState."""
    document = Document.objects.get(pk=document_id, kind__in=ATTACHABLE, application__isnull=False)
    application = lock_draft(document.application_id or 0, actor, now)
    Document.objects.filter(pk=document_id, removed_at__isnull=True).update(removed_at=now)
    document.refresh_from_db()
    note(document, removed=True)
    _refresh(application)
    return document


def _refresh(application: Application) -> None:
    """Whether the section of documents is complete depends on the files as well as on what was typed."""
    try:
        section = ApplicationSection.objects.get(application=application, kind=SectionKind.DOCUMENTS)
    except ApplicationSection.DoesNotExist:
        return
    section.is_complete = section_form(section.kind, section.data, facts_of(application)).is_valid()
    section.save(update_fields=["is_complete"])
