"""The text of a draft is frozen when it is written: clauses with their values, annexes, SHA-256, and the PDF made of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from funding.models import Agreement, AgreementText
from funding.queries.agreement_texts import Draft, frozen_content
from projects import pdf
from projects.models import Document, User
from projects.services.journal import note, sha256


@dataclass(frozen=True, slots=True)
class Frozen:
    """A text, its SHA-256, and the PDF that says it."""

    content: str
    sha256: str
    pdf: bytes


def freeze(draft: Draft, now: datetime) -> Frozen:
    """The text of a draft and its PDF. Slow (tens of milliseconds): call it before any lock. Raises Invalid."""
    content = frozen_content(draft, now)
    return Frozen(content, sha256(content), render_text(content))


def render_text(content: str) -> bytes:
    """The PDF of a frozen text: the same bytes for the same text, whenever it is made."""
    said = json.loads(content)
    return pdf.render("agreement.typ", {**said, "sha256": sha256(content)}, at=datetime.fromisoformat(said["frozen_at"]))


def keep_text(agreement: Agreement, frozen: Frozen, document: Document, *, actor: User, now: datetime) -> AgreementText:
    """Keep the frozen text of the version that is being written."""
    text = AgreementText.objects.create(
        agreement=agreement,
        version=agreement.version,
        content=frozen.content,
        sha256=frozen.sha256,
        document=document,
        frozen_by=actor,
        frozen_at=now,
    )
    note(text, version=text.version, text_sha256=text.sha256)
    return text
