"""One's own account: what the portal keeps of a person, taken out and corrected; and the accounts that nobody uses, closed by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.templatetags.typography import long_date
from projects.models import ApiToken, EmailChange, InactivityNotice, User
from projects.policies import accounts as policies
from projects.queries.accounts import Inactive, inactivity_rule, own_data
from projects.services.journal import canonical, note
from projects.services.locks import lock
from projects.services.messages import in_french, send
from projects.services.outbox import queue

#: how long the link of a new e-mail works
LINK_LASTS = timedelta(hours=24)
#: links that one person may have sent in that time: the portal does not write to strangers for somebody
LINKS = 5
SALT = "projects.email-change"


# -- one's own data ------------------------------------------------------------------------------------------------------
@act
def export_own_data(*, actor: User, now: datetime, key: str | None = None) -> str:
    """All that the portal keeps of the person, as canonical JSON; the journal says that they took it. Raises NotAllowed."""
    policies.own_account(actor).require()
    person = User.objects.get(pk=actor.pk)
    note(person, what="own_data")
    return canonical({"exported_at": now, **own_data(person)})


@act
def correct_name(*, name: str, actor: User, now: datetime, key: str | None = None) -> User:
    """A person corrects their own name; their past acts show the corrected one. Raises NotAllowed, Invalid."""
    policies.own_account(actor).require()
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise Invalid(errors={"name": _("Inscrivez votre nom, en 120 caractères au plus.")})
    person = lock(User, actor.pk)
    person.name = name
    person.save(update_fields=["name"])
    note(person, field="name")  # the journal never loses what is written in it: it says what changed, not the name itself
    return person


@act
def request_email_change(*, email: str, password: str, root: str, actor: User, now: datetime, key: str | None = None) -> EmailChange:
    """Ask for another e-mail: a link leaves for it, and nothing changes until it is followed. `root` is the portal's own address.

    The answer is the same whether another account has that e-mail or not. Raises NotAllowed, Invalid, WrongState.
    """
    policies.own_account(actor).require()
    email = _checked(email, password, actor)
    lock(User, actor.pk)
    if EmailChange.objects.filter(person=actor, requested_at__gt=now - LINK_LASTS).count() >= LINKS:
        raise WrongState(_("Trop de changements demandés aujourd’hui : attendez demain."))
    EmailChange.objects.filter(person=actor, confirmed_at__isnull=True, cancelled_at__isnull=True).update(cancelled_at=now)
    change = EmailChange.objects.create(person=actor, email=email, requested_at=now, expires_at=now + LINK_LASTS)
    note(change, person=actor.pk)
    if not User.objects.filter(email__iexact=email).exists():
        queue("email_change", now=now, change=change.pk, root=root)
    return change


def _checked(email: str, password: str, actor: User) -> str:
    email, errors = email.strip().lower(), {}
    try:
        validate_email(email)
    except ValidationError:
        errors["email"] = _("Inscrivez un courriel comme nom@exemple.quebec.")
    if email == actor.email.lower():
        errors["email"] = _("C’est déjà votre courriel.")
    if actor.has_usable_password() and not actor.check_password(password):
        errors["password"] = _("Ce mot de passe n’est pas le vôtre.")
    if errors:
        raise Invalid(errors=errors)
    return email


def link_key(change_id: int) -> str:
    """What the link of a change holds: its number, signed. Made when it leaves, kept nowhere."""
    return signing.dumps(change_id, salt=SALT)


def change_of(key: str) -> int:
    """The change that a link is about. Raises signing.BadSignature for a forged or an old one."""
    return int(signing.loads(key, salt=SALT, max_age=LINK_LASTS))


@act
def confirm_email_change(*, change_id: int, actor: User, now: datetime, key: str | None = None) -> User:
    """Take the new e-mail; the old address is told. Raises NotAllowed, WrongState when the link has served or the e-mail is taken."""
    change = lock(EmailChange, change_id)
    policies.confirm_email(actor, change, now).require()
    person = lock(User, change.person_id)
    if User.objects.filter(email__iexact=change.email).exclude(pk=person.pk).exists():
        raise WrongState(_("Ce courriel ne peut pas être utilisé : choisissez-en un autre."))
    change.previous_email, change.confirmed_at = person.email, now
    change.save(update_fields=["previous_email", "confirmed_at"])
    person.email = change.email
    person.save(update_fields=["email"])
    EmailAddress.objects.filter(user=person).exclude(email__iexact=change.email).delete()  # the former address opens nothing any more
    queue("email_changed", now=now, change=change.pk)
    note(person, field="email")
    return person


# -- accounts that nobody uses -------------------------------------------------------------------------------------------
@act
def warn_inactive(*, inactive: Inactive, actor: None, now: datetime, key: str | None = None) -> InactivityNotice:
    """Tell a person on which day their account closes unless they sign in."""
    today = timezone.localdate(now)
    rule = inactivity_rule(today)
    due = timezone.localdate(inactive.last_seen) + timedelta(days=rule.days)
    closes_on = max(due, today + timedelta(days=rule.notice_days))
    notice = InactivityNotice.objects.create(person=inactive.person, sent_at=now, closes_on=closes_on)
    note(notice, person=inactive.person.pk, closes_on=closes_on)
    with in_french():
        subject = _("Votre compte du portail sera fermé")
        body = _(
            "Personne ne s’est connecté à votre compte depuis longtemps. Il sera fermé le %(day)s, à moins que vous ne vous connectiez."
        )
        send([inactive.person], subject=subject, body=body % {"day": long_date(closes_on)}, now=now)
    return notice


@act
def close_inactive_account(*, person_id: int, actor: None, now: datetime, key: str | None = None) -> User:
    """Close an account: nobody comes in by it, its sessions and tokens end, its past acts keep its name. Raises NotAllowed, WrongState."""
    person = lock(User, person_id)
    policies.close_account(person, now).require()
    last = person.last_login or person.created_at
    notice = InactivityNotice.objects.filter(person=person, sent_at__gt=last).order_by("-sent_at", "-pk")
    if not any(timezone.localdate(now) >= told.closes_on for told in notice[:1]):
        raise WrongState(_("Cette personne n’a pas été avisée à temps, ou s’est connectée depuis."))
    person.is_active = False
    person.save(update_fields=["is_active"])
    revoked = ApiToken.objects.filter(person=person, revoked_at__isnull=True).update(revoked_at=now)
    note(person, tokens=revoked, sessions=end_sessions(person, now))
    return person


def end_sessions(person: User, now: datetime) -> int:
    """Forget the sessions of a person. A step. Gives their number."""
    mine = [
        session.pk
        for session in Session.objects.filter(expire_date__gte=now).order_by("pk").iterator()
        if session.get_decoded().get("_auth_user_id") == str(person.pk)
    ]
    return Session.objects.filter(pk__in=mine).delete()[0]
