"""What the walks share: half of their thousands of requests are refused, and the page of a refusal costs more than the refusal."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import pytest
from django.contrib import auth
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found

from fondsinnovation import urls
from fondsinnovation.kit import views
from fondsinnovation.kit.errors import DomainError
from projects.policies.rights import rights_of
from tests.factories import NOW


@contextmanager
def short_refusals() -> Iterator[None]:
    """The pages of refusals are the same but for their message: each is shown once to a person, then its message alone; no log line."""
    whole, shown = views.refusal_page, set()

    def is_first(request: HttpRequest, status: int) -> bool:
        seen = (request.user.pk if hasattr(request, "user") else None, status)
        return seen not in shown and not shown.add(seen)

    def refusal_page(request: HttpRequest, error: DomainError) -> HttpResponse:
        return whole(request, error) if is_first(request, error.status) else HttpResponse(error.message, status=error.status)

    def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
        return page_not_found(request, exception) if is_first(request, 404) else HttpResponse(status=404)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "refusal_page", refusal_page)
        patch.setattr(urls, "handler404", not_found, raising=False)
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


@contextmanager
def known(person: Any) -> Iterator[None]:
    """The session of a person finds them, with their roles of NOW, without asking the database at each request who they are."""
    rights_of(person, NOW)  # kept on the person, whose every copy has it
    find, key = auth.get_user, str(getattr(person, "pk", ""))

    def get_user(request: HttpRequest) -> Any:
        return copy(person) if request.session.get(SESSION_KEY) == key else find(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "get_user", get_user)
        yield
