"""What every page shares: a GET cannot write, a refusal is a page with the right status."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import redirect_to_login
from django.db import connection, transaction
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.views.generic import FormView

from fondsinnovation.kit.errors import DomainError, Invalid

#: The only GET pages that may write: sessions and sign-in, and the access row that a download leaves (see docs/architecture.md).
WRITING_GETS = ("allauth.", "django.views.i18n", "projects.views.second_factor", "projects.views.identity")
#: where the session keeps a form that was sent when its sign-in had to be confirmed first
HELD_FORM = "held_form"


def writes_access(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a download: it reads first, then writes its one access row in a transaction of its own."""
    view.writes_access = True  # type: ignore[attr-defined]
    return view


@contextmanager
def read_only_transaction() -> Iterator[None]:
    """A transaction in which the database refuses to write. It begins as such, in one trip; inside another one, a statement says so."""
    if connection.in_atomic_block:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            yield
        return
    connection.ensure_connection()
    held = connection.connection
    held.read_only = True
    try:
        with transaction.atomic():
            yield
    finally:
        if not held.closed:
            held.read_only = None


class ReadOnlyGetMiddleware:
    """Run each GET and HEAD in a READ ONLY transaction, so that a page that would write fails in the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if "\x00" in request.path and not request.path.startswith(
            "/api/"
        ):  # nothing has such an address, and the database refuses even to look for it
            raise Http404
        target = getattr(view, "view_class", view)
        if request.method not in ("GET", "HEAD") or getattr(target, "writes_access", False):
            return None
        if target.__module__.startswith(WRITING_GETS):
            return None
        with read_only_transaction():
            try:
                response = view(request, *args, **kwargs)
            except DomainError as error:  # process_exception is not asked about what process_view raises
                response = refusal_page(request, error)
            if hasattr(response, "render") and callable(response.render) and not response.is_rendered:
                response.render()
        return response


class DomainErrorMiddleware:
    """Turn a domain error that no form caught into its page (or its JSON for the API), with its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return refusal_page(request, error) if isinstance(error, DomainError) else None


def refusal_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page of a refusal: what was refused and why, with the error's own status."""
    template = f"{error.status}.html" if error.status in (403, 409, 413, 429) else "409.html"
    return render(request, template, {"message": error.message}, status=error.status)


def signed_in_recently(request: HttpRequest) -> bool:
    """Whether this session proved who it is (password, code, key, government identity) a short time ago."""
    since = timezone.now().timestamp() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(record["at"] > since for record in get_authentication_records(request, request.user))


#: how a session proved more than a password → the code of that factor
FACTORS = {("mfa", "totp"): "totp", ("mfa", "webauthn"): "webauthn", ("mfa", "recovery_codes"): "recovery"}


def second_factor_of(request: HttpRequest) -> str:
    """The second factor that this session proved last, or nothing: a password alone signs nobody in for a signature."""
    proofs = sorted(get_authentication_records(request, request.user), key=lambda record: record["at"])
    found = [
        "identity" if record["method"] == "socialaccount" else FACTORS.get((record["method"], record.get("type", "")), "")
        for record in proofs
    ]
    return next((factor for factor in reversed(found) if factor), "")


def confirm_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who it is again, then come back here; what was typed waits in the session, and the form comes back with it."""
    if request.method == "POST":
        request.session[HELD_FORM] = {"path": request.path, "typed": request.POST.urlencode()}
    return redirect_to_login(request.get_full_path(), resolve_url("account_reauthenticate"))


class ActForm(LoginRequiredMixin, FormView):
    """A page with one form and one act: a bad form or a refused one comes back as typed, with its status.

    A subclass gives `template_name`, `form_class` and `perform(form)`; `perform` makes one domain call and returns its response.
    A dangerous act (money, roles, secrets) sets `needs_recent_sign_in`.
    """

    needs_recent_sign_in = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.needs_recent_sign_in and request.user.is_authenticated and not signed_in_recently(request):
            return confirm_sign_in(request)
        return super().dispatch(request, *args, **kwargs)

    def require_possible(self) -> None:
        """Raise WrongState when there is nothing to fill in any more. A good form is left to its act, which knows a second click."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.require_possible()
        return super().get(request, *args, **kwargs)

    def get_form(self, form_class: type[BaseForm] | None = None) -> BaseForm:
        form = super().get_form(form_class)
        held = self.request.session.get(HELD_FORM, {}) if self.needs_recent_sign_in else {}
        if held.get("path") == self.request.path:
            if self.request.method == "POST":
                del self.request.session[HELD_FORM]
            typed = QueryDict(held["typed"])
            form.initial |= {name: field.widget.value_from_datadict(typed, {}, name) for name, field in form.fields.items()}
        return form

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "key": uuid.uuid4().hex}

    def form_valid(self, form: BaseForm) -> HttpResponse:
        try:
            return self.perform(form)
        except DomainError as error:
            errors = getattr(error, "errors", {}) if isinstance(error, Invalid) else {}
            for name, message in errors.items():
                form.add_error(name if name in form.fields else None, message)
            if not errors:
                form.add_error(None, error.message)
            return self.form_invalid(form, status=error.status)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        """The form as typed. Where it could not lead anywhere, that is said in place of its mistakes, as a wrong state."""
        if status == HTTPStatus.UNPROCESSABLE_ENTITY:
            try:
                self.require_possible()
            except DomainError as error:
                form.errors.clear()
                form.add_error(None, error.message)
                status = error.status
        return self.render_to_response(self.get_context_data(form=form), status=status)

    def perform(self, form: BaseForm) -> HttpResponse:
        raise TypeError(f"{type(self).__name__} says what its form does")


def posted_key(request: HttpRequest) -> str | None:
    """The key of a posted act: the page was given it with its form, so a double click posts it twice."""
    return request.POST.get("key", "").replace("\x00", "") or None
