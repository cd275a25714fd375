"""What the libraries of sign-in tell us, written in the journal and in the session. Our own apps never use signals among themselves."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import password_changed, password_reset, user_logged_in
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_reset
from django.contrib.auth.signals import user_logged_in as session_began
from django.dispatch import receiver
from django.utils import timezone

from projects.middleware import BEGAN, FACTOR, SEEN, last_day_of
from projects.services import sign_in as acts


@receiver(session_began)
def stamp_session(request: Any, **kwargs: Any) -> None:
    """A session begins to count when its person is known."""
    request.session[BEGAN] = request.session[SEEN] = timezone.now().timestamp()


@receiver(user_logged_in)
def came_in(request: Any, user: Any, **kwargs: Any) -> None:
    methods = [record.get("type") or record["method"] for record in get_authentication_records(request, user)]
    now = timezone.now()
    acts.sign_in(methods=methods, actor=user, now=now)
    last_day_of(request, now)  # so that the first page asks nothing


@receiver(authenticator_added)
def factor_added(request: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    request.session.pop(FACTOR, None)
    acts.add_second_factor(kind=str(authenticator.type), actor=user, now=timezone.now())


@receiver(authenticator_reset)
def codes_renewed(user: Any, **kwargs: Any) -> None:
    acts.renew_recovery_codes(actor=user, now=timezone.now())


@receiver(authentication_failed)
def code_refused(user: Any, **kwargs: Any) -> None:
    acts.refuse_sign_in(why="code", person=user, actor=None, now=timezone.now())


@receiver(password_changed)
def password_was_changed(user: Any, **kwargs: Any) -> None:
    acts.change_password(how="changed", actor=user, now=timezone.now())


@receiver(password_reset)
def password_was_reset(user: Any, **kwargs: Any) -> None:
    acts.change_password(how="reset", actor=user, now=timezone.now())
