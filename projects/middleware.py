"""What stands around every page: when it arrived, how long a session lasts, who must prove twice who they are, and the trace of an
exceptional access."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from projects.policies.rights import rights_of
from projects.policies.sign_in import SECOND_FACTOR_ROLES, last_day_without, needs_second_factor
from projects.queries.exceptional import USED, accesses_during
from projects.queries.sign_in import first_day_of_need, has_second_factor
from projects.services.exceptional import record_exceptional_reading
from projects.services.sign_in import forget_sessions, mark_seen, sign_out

#: what a session keeps, in seconds since 1970: when it began, and when it was last used
BEGAN, SEEN = "session_began", "session_seen"
#: how often the last use is written
SEEN_EVERY = 60
#: what a session keeps of its person's second factor: the day, their roles that need one, and the last day without it
FACTOR = "second_factor"
#: how long before the last day the pages begin to say it
NOTICE_DAYS = 30


class ArrivalMiddleware:
    """Note on the request when it arrived: `request.received_at`. It stands first, so that a slow upload is not late."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.received_at = timezone.now()  # type: ignore[attr-defined]
        return self.get_response(request)


class SessionLifetimeMiddleware:
    """End a session that nobody used for a while, or that has lasted a working day; and lose no form without saying so.

    The last use is written at most once a minute. A page that only asks how long is left (`asks_session`) is not a use.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        ended = self.end(request) if SESSION_KEY in request.session else ""
        response = self.get_response(request)
        if SESSION_KEY in request.session:
            self.keep(request, response)
        elif sends_to_sign_in(response):
            return self.say(request, response, ended)
        return response

    def end(self, request: HttpRequest) -> str:
        """Sign out of a session past one of its ends; which one it was, or nothing."""
        now: datetime = request.received_at  # type: ignore[attr-defined]
        ends = {"longest": ends_at(request, BEGAN), "idle": ends_at(request, SEEN)}
        why = min((name for name, end in ends.items() if end <= now.timestamp()), key=lambda name: ends[name], default="")
        if why:
            key = request.session.session_key
            if request.user.is_authenticated:
                sign_out(why=why, actor=request.user, now=now)
            logout(request)
            forget_sessions([key])
        return why

    def keep(self, request: HttpRequest, response: HttpResponse) -> None:
        now: datetime = request.received_at  # type: ignore[attr-defined]
        request.session.setdefault(BEGAN, now.timestamp())
        if getattr(response, "asks_session", False) or now.timestamp() - request.session.get(SEEN, 0) < SEEN_EVERY:
            return
        request.session[SEEN] = now.timestamp()
        mark_seen(request.session.session_key, now)

    def say(self, request: HttpRequest, response: HttpResponse, ended: str) -> HttpResponse:
        """Instead of sending a person whose session ended to sign in without a word: say it, above all when a form was sent.

        A form comes from a page of ours, which left a cookie; without one, nobody typed anything.
        """
        if request.method in ("GET", "HEAD"):
            if ended:
                messages.warning(request, why_it_ended(ended))
            return response
        if not {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME} & set(request.COOKIES):
            return response
        context = {"why": why_it_ended(ended), "sign_in_url": response["Location"], "typed": long_texts(request)}
        return render(request, "projects/session_ended.html", context, status=401)


def ends_at(request: HttpRequest, what: str) -> float:
    """When a session ends for want of use (SEEN) or at its longest (BEGAN), in seconds since 1970."""
    length = settings.SESSION_IDLE if what == SEEN else settings.SESSION_LONGEST
    unknown = request.received_at.timestamp()  # type: ignore[attr-defined]
    return request.session.get(what, unknown) + length.total_seconds()


def sends_to_sign_in(response: HttpResponse) -> bool:
    """Whether a page that wants a person signed in sends to sign in, to come back to it."""
    return response.status_code == 302 and response["Location"].startswith(f"{resolve_url(settings.LOGIN_URL)}?next=")


def why_it_ended(ended: str) -> str:
    if ended == "idle":
        minutes = int(settings.SESSION_IDLE.total_seconds() // 60)
        return _("Votre session a pris fin après %(minutes)s minutes sans activité.") % {"minutes": minutes}
    if ended == "longest":
        hours = int(settings.SESSION_LONGEST.total_seconds() // 3600)
        return _("Votre session a pris fin : elle dure au plus %(hours)s heures.") % {"hours": hours}
    return _("Votre session a pris fin.")


def long_texts(request: HttpRequest) -> list[str]:
    """What somebody would not like to type again, to copy; never a secret."""
    secret = ("csrf", "password", "key", "code", "credential")
    return [text for name, texts in request.POST.lists() if not any(word in name for word in secret) for text in texts if len(text) >= 40]


class SecondFactorMiddleware:
    """Past the grace period, a person whose roles need a second factor reaches only the pages that set one up.

    What it found is kept in the session for the day, so that it asks the database nothing on the next page.
    """

    #: the pages of one's own account stay open: to set a factor up, to sign out, to read this
    OPEN = ("account_", "mfa_", "identity_", "set_language", "health", "projects:account", "projects:session")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if SESSION_KEY not in request.session or not request.user.is_authenticated:
            return None
        last_day = last_day_of(request, request.received_at)  # type: ignore[attr-defined]
        if last_day is None:
            return None
        today = timezone.localdate(request.received_at)  # type: ignore[attr-defined]
        if today <= last_day:
            near = (last_day - today).days < NOTICE_DAYS
            request.second_factor_until = last_day if near else None  # type: ignore[attr-defined]
            return None
        if has_second_factor(request.user):  # set up since, in another session
            request.session.pop(FACTOR, None)
            return None
        request.second_factor_due = True  # type: ignore[attr-defined]
        match = request.resolver_match
        if match is not None and match.view_name and match.view_name.startswith(self.OPEN):
            return None
        if request.method in ("GET", "HEAD"):
            return redirect("mfa_index")
        message = _("Vos rôles demandent un second facteur : ajoutez-en un, puis recommencez.")
        return render(request, "403.html", {"message": message}, status=403)


def last_day_of(request: HttpRequest, now: datetime) -> date | None:
    """The last day that a person may work without a second factor; None when they have one or their roles need none.

    The session knows it; else the database is asked, once a day and a set of roles. A session that began with a second factor has
    one: nothing is asked.
    """
    if any(record["method"] == "mfa" for record in get_authentication_records(request, request.user)):
        return None
    rights = rights_of(request.user, now)
    if not needs_second_factor(rights):
        return None
    today = timezone.localdate(now)
    roles = sorted(rights.roles & SECOND_FACTOR_ROLES)
    kept = request.session.get(FACTOR, {})
    if kept.get("roles") != roles or kept.get("on") != today.isoformat():
        first_day = None if has_second_factor(request.user) else first_day_of_need(request.user, today)
        kept = {"on": today.isoformat(), "roles": roles, "until": last_day_without(first_day).isoformat() if first_day else ""}
        request.session[FACTOR] = kept
    return date.fromisoformat(kept["until"]) if kept["until"] else None


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
