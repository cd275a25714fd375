"""Signing in with a government identity, and linking it to one's account."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.views import ActForm, signed_in_recently
from projects.forms.applications import KeyForm
from projects.identity import IdentityExchange, IdentityRefused, Refusal
from projects.queries.sign_in import identities_of
from projects.services import sign_in as acts


@require_POST
def identity_login(request: HttpRequest) -> HttpResponse:
    """Leave for the identity provider: to sign in, or to link what it answers to one's account."""
    _require_provider()
    process = AuthProcess.LOGIN
    if request.POST.get("process") == AuthProcess.CONNECT and request.user.is_authenticated:
        process = AuthProcess.CONNECT
        if not signed_in_recently(request):
            return redirect_to_login(reverse("projects:account"), resolve_url("account_reauthenticate"))
    try:
        provider = get_adapter(request).get_provider(request, "identity")
        return provider.redirect(request, process, next_url=get_next_redirect_url(request))
    except IdentityRefused as error:
        return refused(request, error.refusal)


def _require_provider() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


class Callback(OAuth2CallbackView):
    """The provider's answer: its state is used up, and its nonce given to the exchange."""

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")  # type: ignore[attr-defined]
        return state, response


@require_GET
def identity_callback(request: HttpRequest) -> HttpResponse:
    """What the identity provider answers, by the browser."""
    _require_provider()
    try:
        response = Callback.adapter_view(IdentityExchange(request))(request)
    except IdentityRefused as error:
        response = refused(request, error.refusal)
    add_never_cache_headers(response)
    return response


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page of a refusal: nothing changed, and the journal says why."""
    actor = request.user if request.user.is_authenticated else None
    acts.refuse_sign_in(why=str(refusal.value), person=None, actor=actor, now=timezone.now())
    context = {"refusal": refusal.label, "unknown": refusal == Refusal.UNKNOWN}
    return render(request, "projects/identity_refused.html", context, status=403)


def link(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """Link the identity that the provider vouches for to the person who asked for it, still signed in."""
    if not request.user.is_authenticated or not signed_in_recently(request):
        return refused(request, Refusal.STATE)
    account = sociallogin.account
    try:
        acts.link_identity(provider=account.provider, uid=account.uid, actor=request.user, now=timezone.now())
    except WrongState:
        return refused(request, Refusal.TAKEN)
    messages.success(request, _("Votre identité gouvernementale est liée à votre compte."))
    return redirect("projects:account")


class IdentityUnlink(ActForm):
    """Confirm that an identity no longer opens one's account."""

    template_name = "projects/identity_unlink.html"
    form_class = KeyForm
    needs_recent_sign_in = True

    @cached_property
    def identity(self) -> SocialAccount:
        return get_object_or_404(identities_of(self.request.user), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(identity=self.identity, identity_name=settings.OIDC_NAME, **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        acts.unlink_identity(identity_id=self.identity.pk, actor=self.request.user, now=timezone.now(), key=form.cleaned_data["key"])
        messages.success(self.request, _("L’identité n’est plus liée à votre compte."))
        return redirect("projects:account")
