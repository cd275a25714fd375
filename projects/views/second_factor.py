"""Signing in and the second factor: allauth's views, where ours answer otherwise.

Too many attempts are a 429; a factor that a person's roles need is not removed; a key is always a passkey.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView, ReauthenticateView
from allauth.core.internal.ratelimit import respond_429
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, LoginWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from fondsinnovation.kit.views import ActForm
from projects.forms.applications import KeyForm
from projects.forms.sign_in import PasskeyForm
from projects.middleware import FACTOR
from projects.queries.sign_in import factors_of
from projects.services import sign_in as acts

#: what the libraries call too many attempts
TOO_MANY = {"too_many_login_attempts", "rate_limited"}


def too_many(form: BaseForm) -> bool:
    return any(error.code in TOO_MANY for errors in form.errors.as_data().values() for error in errors)


class Limited:
    """Too many attempts answer as such, whether or not the account exists."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        if too_many(form):
            return respond_429(self.request)  # type: ignore[attr-defined]
        return super().form_invalid(form)  # type: ignore[misc]


class SignIn(Limited, LoginView):
    pass


class Reauthenticate(Limited, ReauthenticateView):
    pass


class ReauthenticateByCode(Limited, CodeReauthenticateView):
    pass


@method_decorator(login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login"), name="dispatch")
class Authenticate(Limited, AuthenticateView):
    """The second step of a sign-in: a code, or a key."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        passkeys = factors_of(self.stage.login.user).filter(type=Authenticator.Type.WEBAUTHN)
        return {**super().get_context_data(**kwargs), "has_passkeys": passkeys.exists()}


class PasskeySignIn(LoginWebAuthnView):
    """A sign-in with a key alone, that comes back to the page that asked for it."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        key = form.cleaned_data["credential"]
        login = Login(user=key.user, redirect_url=get_next_redirect_url(self.request))
        return perform_passwordless_login(self.request, key, login)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        acts.refuse_sign_in(why="passkey", person=None, actor=None, now=timezone.now())
        return super().form_invalid(form)


class PasskeyAdd(AddWebAuthnView):
    """A passkey: kept by the device and opened by a finger, a face or a number, so that it signs in alone."""

    form_class = PasskeyForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)  # begins a ceremony that ours replaces
        return {**context, "js_data": {"creation_options": webauthn.begin_registration(self.request.user, True)}}


class PasskeyRename(EditWebAuthnView):
    success_url = reverse_lazy("mfa_index")


@require_GET
@never_cache
@login_required
def totp_picture(request: HttpRequest) -> HttpResponse:
    """The picture that an authenticator application reads, of the secret that the set-up page shows; kept nowhere."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret:
        raise Http404
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return HttpResponse(picture, content_type="image/svg+xml")


class FactorRemove(ActForm):
    """Confirm that a second factor is taken away."""

    template_name = "mfa/remove.html"
    form_class = KeyForm
    needs_recent_sign_in = True

    @cached_property
    def factor(self) -> Authenticator:
        return get_object_or_404(factors_of(self.request.user), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(factor=self.factor, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.remove_second_factor(factor_id=self.factor.pk, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        self.request.session.pop(FACTOR, None)
        messages.success(self.request, _("Le second facteur est retiré."))
        return redirect("mfa_index")
