"""Documents leave through here only: the permission is asked again at each download, and the reading leaves a trace."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import writes_access
from projects.queries.applications import documents_for
from projects.services.access import record_access


@writes_access
@require_safe
@login_required
def document_download(request: HttpRequest, pk: int) -> Any:
    """One file, as an attachment: a browser never shows it as a page of the portal."""
    now = timezone.now()
    document = get_object_or_404(documents_for(request.user, now), pk=pk)
    file = document.path.open("rb")
    record_access(obj=document, what="file", actor=request.user, now=now, sha256=document.sha256)
    response = FileResponse(file, as_attachment=True, filename=document.name, content_type=document.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    return response
