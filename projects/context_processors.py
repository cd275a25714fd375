"""What every page shows: the menu of the roles held today, and the demonstration's accounts on its sign-in page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from projects.demo import ACCOUNTS, PASSWORD
from projects.enums import Role
from projects.menu import menu_of
from projects.policies.rights import rights_of
from projects.queries.exceptional import accesses_in_force


def portal(request: HttpRequest) -> dict[str, Any]:
    """`menu` (entries with url, label, current), `rights`, `exceptional_accesses` (those in force), `demo`.

    In demo mode, `demo_accounts` and `demo_password` too. And about signing in: `second_factor_until` (a day, during the grace
    period), `second_factor_due` (it is over), `session_idle` (seconds), `session_minutes`, `identity_name` (the government's, when
    there is one).
    """
    person = getattr(request, "user", None)
    now = timezone.now()
    return {
        "menu": SimpleLazyObject(lambda: menu_of(rights_of(person, now), request.path)),
        "rights": SimpleLazyObject(lambda: rights_of(person, now)),
        "exceptional_accesses": SimpleLazyObject(
            lambda: list(accesses_in_force(person, now)) if rights_of(person, now).has(Role.TECHNICAL_ADMIN) else []
        ),
        "demo": settings.DEMO,
        "demo_accounts": ACCOUNTS if settings.DEMO else (),
        "demo_password": PASSWORD if settings.DEMO else "",
        "contact_email": settings.CONTACT_EMAIL,
        "second_factor_until": getattr(request, "second_factor_until", None),
        "second_factor_due": getattr(request, "second_factor_due", False),
        "session_idle": int(settings.SESSION_IDLE.total_seconds()),
        "session_minutes": int(settings.SESSION_IDLE.total_seconds() // 60),
        "identity_name": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
    }
