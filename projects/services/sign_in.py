"""What happens around a sign-in, each in the journal: in, out, refused, factors, linked identities, sessions ended.

The journal says who, never from where: no address, no name of a device, and of a refusal the account only when it exists.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import WrongState, act, current_entry
from projects.models import User
from projects.policies import sign_in as policies
from projects.queries.sign_in import factors_of
from projects.services.journal import note
from projects.services.locks import lock


@act
def sign_in(*, methods: Iterable[str], actor: User, now: datetime, key: str | None = None) -> None:
    """A person came in, with a password, a code, a key or their government identity."""
    note(actor, methods=sorted(set(methods)))


@act
def sign_out(*, why: str, actor: User, now: datetime, key: str | None = None) -> None:
    """A session ended: by its person (out), by 30 minutes without activity (idle) or at the end of the day (longest)."""
    note(actor, why=why)


@act
def refuse_sign_in(*, why: str, person: User | None, actor: User | None, now: datetime, key: str | None = None) -> None:
    """Somebody was refused; `person` is the account that they tried to enter, when there is one."""
    if person is not None:
        note(person, why=why)
    current_entry().facts["why"] = why


@act
def change_password(*, how: str, actor: User, now: datetime, key: str | None = None) -> None:
    """A person chose another password: with the old one (changed) or by the link sent to their address (reset)."""
    note(actor, how=how)


@act
def add_second_factor(*, kind: str, actor: User, now: datetime, key: str | None = None) -> None:
    note(actor, kind=kind)


@act
def renew_recovery_codes(*, actor: User, now: datetime, key: str | None = None) -> None:
    """New recovery codes; the old ones open nothing any more."""
    note(actor)


@act
def remove_second_factor(*, factor_id: int, actor: User, now: datetime, key: str | None = None) -> None:
    """Take a second factor away; with the last one go its recovery codes. Raises NotAllowed when the person's roles need one."""
    lock(User, actor.pk)
    factor = factors_of(actor).get(pk=factor_id)
    others = factors_of(actor).exclude(pk=factor.pk)
    policies.remove_second_factor(actor, others.count(), now).require()
    factor.delete()
    if not others.exists():
        Authenticator.objects.filter(user=actor).delete()
    note(actor, kind=str(factor.type))


@act
def link_identity(*, provider: str, uid: str, actor: User, now: datetime, key: str | None = None) -> SocialAccount:
    """Link a government identity (its issuer and subject) to one's own account. Raises WrongState when another account has it."""
    identity, _created = SocialAccount.objects.get_or_create(provider=provider, uid=uid, defaults={"user": actor})
    if identity.user_id != actor.pk:
        raise WrongState(_("Cette identité est déjà liée à un autre compte."))
    note(actor, identity=identity.pk)
    return identity


@act
def unlink_identity(*, identity_id: int, actor: User, now: datetime, key: str | None = None) -> None:
    """Unlink an identity from one's own account. Raises NotAllowed."""
    identity = lock(SocialAccount, identity_id)
    policies.unlink_identity(actor, identity).require()
    note(actor, identity=identity.pk)
    identity.delete()


@act
def end_sessions(*, session_ids: Iterable[int], actor: User, now: datetime, key: str | None = None) -> int:
    """End some of one's own sessions at once. Returns how many. Raises NotAllowed."""
    sessions = list(UserSession.objects.filter(pk__in=list(session_ids)).order_by("pk"))
    for session in sessions:
        policies.end_session(actor, session).require()
    note(actor, sessions=forget_sessions([session.session_key for session in sessions]))
    return len(sessions)


def forget_sessions(keys: Iterable[str]) -> int:
    """Delete these sessions and what is known of their devices; returns how many were open."""
    kept = list(keys)
    ended, _by_model = Session.objects.filter(session_key__in=kept).delete()
    UserSession.objects.filter(session_key__in=kept).delete()
    return ended


def mark_seen(session_key: str, now: datetime) -> None:
    """Keep when a session was last used: at most one write a minute, and no act, since it changes nothing for anybody."""
    UserSession.objects.filter(session_key=session_key).update(last_seen_at=now)


def purge_sessions(now: datetime) -> int:
    """Delete sessions past their end, and the devices of those that are gone. Returns how many ended."""
    ended, _by_model = Session.objects.filter(expire_date__lte=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    return ended
