"""How allauth behaves here: nobody signs up alone, secrets are encrypted, an identity is linked by its subject only."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.views import signed_in_recently
from projects.identity import Refusal, refusal_of
from projects.queries.sign_in import person_with_email
from projects.services import secrets
from projects.services.sign_in import forget_sessions, refuse_sign_in, sign_out


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """The library's own pages ask for what ours ask: a sign-in a short time ago, its first one counts."""
        return not signed_in_recently(self.request)

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            sign_out(why="out", actor=request.user, now=timezone.now())
            forget_sessions([request.session.session_key])
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        person = person_with_email(str(credentials.get("email", "")))
        actor = request.user if request.user.is_authenticated else None
        refuse_sign_in(why="password", person=person, actor=actor, now=timezone.now())


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return secrets.encrypt(text, purpose="second-factor")

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.decrypt(encrypted_text, purpose="second-factor")

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:
        return _("Clé %(number)s") % {"number": Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}


class IdentityAdapter(DefaultSocialAccountAdapter):
    def list_apps(self, request: Any, provider: str | None = None, client_id: str | None = None) -> list[SocialApp]:
        """The one identity provider, from the environment: no row of the database says where people sign in."""
        if not settings.OIDC_ISSUER:
            return []
        return [
            SocialApp(
                provider="identity",
                provider_id=settings.OIDC_ISSUER,  # kept with each linked identity: a subject is one of its issuer's
                name=settings.OIDC_NAME,
                client_id=settings.OIDC_CLIENT_ID,
                secret=settings.OIDC_CLIENT_SECRET,
                settings={"server_url": settings.OIDC_ISSUER},
            )
        ]

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """An identity whose subject nobody linked opens nothing, whatever its e-mail says."""
        from projects.views import identity  # the views stand above the adapters

        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(identity.link(request, sociallogin))
        if not sociallogin.is_existing:
            raise ImmediateHttpResponse(identity.refused(request, Refusal.UNKNOWN))

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Exception | None = None, extra_context: Any = None
    ) -> None:
        from projects.views import identity

        raise ImmediateHttpResponse(identity.refused(request, refusal_of(exception, cancelled=error == AuthError.CANCELLED)))

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> HttpResponse | None:
        return None
