"""One's own account: what signs in, what is signed in, and how long that lasts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fondsinnovation.kit.views import ActForm
from projects.forms.applications import KeyForm
from projects.middleware import BEGAN, SEEN, ends_at
from projects.policies.rights import rights_of
from projects.policies.sign_in import needs_second_factor
from projects.queries.sign_in import factors_of, identities_of, sessions_of
from projects.queries.tokens import tokens_of
from projects.services.sign_in import end_sessions
from projects.tables.sessions import SessionTable


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Everything about one's own account, on one page."""
    now = timezone.now()
    factors = list(factors_of(request.user))
    context = {
        "apps": [factor for factor in factors if factor.type == factor.Type.TOTP],
        "passkeys": [factor for factor in factors if factor.type == factor.Type.WEBAUTHN],
        "second_factor_needed": needs_second_factor(rights_of(request.user, now)),
        "sessions": sessions_of(request.user, now).count(),
        "tokens": tokens_of(request.user).filter(revoked_at__isnull=True, expires_on__gte=timezone.localdate(now)).count(),
        "identities": identities_of(request.user),
    }
    return render(request, "projects/account.html", context)


@require_safe
@login_required
def session_list(request: HttpRequest) -> HttpResponse:
    """The devices that are signed in, this one first said."""
    table = SessionTable.for_page(request, sessions_of(request.user, timezone.now()), current=request.session.session_key)
    return render(request, "projects/session_list.html", {"table": table, **session_lengths()})


def session_lengths() -> dict[str, int]:
    """How long a session lasts, in words' numbers."""
    return {
        "idle_minutes": int(settings.SESSION_IDLE.total_seconds() // 60),
        "longest_hours": int(settings.SESSION_LONGEST.total_seconds() // 3600),
    }


class SessionEnd(ActForm):
    """Confirm that a device is signed out."""

    template_name = "projects/session_end.html"
    form_class = KeyForm

    @cached_property
    def session(self) -> Any:
        return get_object_or_404(sessions_of(self.request.user, timezone.now()), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(session=self.session, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        end_sessions(session_ids=[self.session.pk], actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("L’appareil est déconnecté."))
        return redirect("projects:session_list")


class SessionEndOthers(ActForm):
    """Confirm that every other device is signed out."""

    template_name = "projects/session_end_others.html"
    form_class = KeyForm

    def perform(self, form: BaseForm) -> HttpResponse:
        now = timezone.now()
        others = sessions_of(self.request.user, now).exclude(session_key=self.request.session.session_key)
        end_sessions(session_ids=others.values_list("pk", flat=True), actor=self.request.user, now=now, key=form.cleaned_data["key"])
        messages.success(self.request, _("Les autres appareils sont déconnectés."))
        return redirect("projects:session_list")


@require_http_methods(["GET", "POST"])
def session_state(request: HttpRequest) -> HttpResponse:
    """How long is left, for the page's script; a POST is a use of the session, so it lets one stay.

    Without a script, the button of the notice posts here and comes back to its page.
    """
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    if request.method == "POST" and "application/json" not in request.headers.get("Accept", ""):
        return redirect("projects:session_list")
    now = request.received_at.timestamp()  # type: ignore[attr-defined]
    idle = settings.SESSION_IDLE.total_seconds() if request.method == "POST" else ends_at(request, SEEN) - now
    longest = ends_at(request, BEGAN) - now
    response = JsonResponse({"left": int(min(idle, longest)), "may_stay": longest > idle, "csrf": get_token(request)})
    response.asks_session = request.method == "GET"  # type: ignore[attr-defined]
    add_never_cache_headers(response)
    return response
