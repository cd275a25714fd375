"""Documents as PDF: typst templates of `templates/pdf`, PDF/UA-1 and PDF/A-2a, the same bytes for the same data for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import typst
from django.conf import settings

from projects.services.journal import canonical

ROOT = settings.BASE_DIR / "templates" / "pdf"
STANDARDS: list[Literal["ua-1", "a-2a"]] = ["ua-1", "a-2a"]


def render(template_name: str, data: Mapping[str, Any], *, at: datetime | None = None) -> bytes:
    """The PDF of `templates/pdf/<template_name>` on this data.

    Data reaches the template as JSON (amounts as text, dates ISO); `at` is the instant written as the document's date.
    Only the fonts that typst carries are used, so that two machines make the same
    bytes. Slow (tens of milliseconds): call it before any lock.
    """
    return typst.compile(
        ROOT / template_name,
        root=ROOT,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": canonical(data)},
        pdf_standards=STANDARDS,
        timestamp=int(at.timestamp()) if at else 0,
    )
