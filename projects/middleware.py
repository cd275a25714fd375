"""The instant that counts for a deadline (when the request reached the server), and the trace that an exceptional access leaves."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from projects.queries.exceptional import USED, accesses_during
from projects.services.exceptional import record_exceptional_reading


class ArrivalMiddleware:
    """Note on the request when it arrived: `request.received_at`. It stands first, so that a slow upload is not late."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.received_at = timezone.now()  # type: ignore[attr-defined]
        return self.get_response(request)


class ExceptionalAccessMiddleware:
    """Journal each page that read files through an exceptional access, in its own transaction once the page is made.

    It asks nothing for anybody else: the query that opens a file to a technical administrator says so on the person.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        person = getattr(request, "user", None)
        if response.status_code == 200 and person is not None and person.__dict__.get(USED):
            now, since = timezone.now(), request.received_at  # type: ignore[attr-defined]
            if accesses_during(person, since, now).exists():
                view = request.resolver_match.view_name if request.resolver_match else ""
                record_exceptional_reading(view=view, path=request.path, since=since, actor=person, now=now)
        return response
