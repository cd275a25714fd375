"""What beat and the outbox ask of the ground floor. Each task is safe to run twice, late, or after a crash."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from celery import shared_task
from django.core.cache import cache
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import NotAllowed, WrongState
from fondsinnovation.templatetags.typography import long_datetime
from projects.models import EmailChange, Message
from projects.queries.accounts import inactive_accounts
from projects.queries.calls import calls_to_move
from projects.queries.outbox import BEAT, messages_to_send
from projects.services.accounts import close_inactive_account, link_key, warn_inactive
from projects.services.calls import move_call
from projects.services.invitations import make_link
from projects.services.messages import in_french
from projects.services.outbox import claim, serve, serves
from projects.services.sign_in import purge_sessions as purge


@shared_task
def tick_calls() -> None:
    """Record which calls are published, open and closed by now. Whether one takes applications never waits for this."""
    now = timezone.now()
    cache.set(BEAT, now, timeout=None)
    for call_id in calls_to_move(now).values_list("pk", flat=True):
        with suppress(WrongState):  # another tick was here first
            move_call(call_id=call_id, actor=None, now=now)


@shared_task
def sweep_outbox() -> int:
    """Serve the messages that are due, until none is left. Returns how many were served."""
    now, served = timezone.now(), 0
    while taken := claim(now):
        served += sum(serve(message, timezone.now()) for message in taken)
    return served


@shared_task
def purge_sessions() -> int:
    """Forget the sessions past their end, and their devices. Returns how many ended."""
    return purge(timezone.now())


@serves("mail")
def send_mail(payload: dict[str, Any], now: datetime) -> None:
    """Send the e-mails of these messages, each once; whoever may not see the file by now gets none.

    One that fails does not hold back the others: the first error is raised at the end, so that the rest is tried again.
    """
    failed: list[Exception] = []
    with get_connection(timeout=20) as connection:
        for message in messages_to_send(payload["messages"], now):
            mail = EmailMessage(" ".join(message.subject.split()), message.body, to=[message.person.email], connection=connection)
            try:
                mail.send()
            except (OSError, ValueError) as error:  # smtplib and the network; an address that cannot be written
                failed.append(error)
            else:
                Message.objects.filter(pk=message.pk).update(sent_at=now)
    if failed:
        raise failed[0]


@serves("invitation")
def send_invitation(payload: dict[str, Any], now: datetime) -> None:
    """Send an invitation: its link is made here, so that nothing keeps it but the e-mail. One that waits no more is not sent."""
    if (made := make_link(payload["invitation"], now)) is None:
        return
    invitation, link = made
    with in_french():
        words = {
            "name": invitation.invited_by.name,
            "organisation": invitation.organisation.name,
            "role": invitation.get_role_display(),
            "link": link,
            "until": long_datetime(invitation.expires_at),
        }
        subject = _("Invitation au portail du Fonds pour l’innovation publique")
        body = _(
            "%(name)s vous invite à prendre le rôle « %(role)s » pour %(organisation)s.\n\n"
            "Pour accepter, ouvrez ce lien, qui ne sert qu’une fois, avant le %(until)s :\n%(link)s\n\n"
            "Si vous n’attendiez pas cette invitation, ignorez ce message : rien ne change sans vous."
        )
    EmailMessage(subject, body % words, to=[invitation.email]).send()


@serves("email_change")
def send_email_link(payload: dict[str, Any], now: datetime) -> None:
    """Send the link of a new e-mail to it, unless the change was cancelled, confirmed or left to expire meanwhile."""
    for change in EmailChange.objects.open_at(now).filter(pk=payload["change"]).select_related("person").order_by("pk"):
        link = payload["root"] + reverse("projects:email_confirm", args=[link_key(change.pk)])
        with in_french():
            subject = _("Confirmez votre nouveau courriel")
            body = _(
                "Ouvrez ce lien pour confirmer ce courriel dans le portail. Il sert une seule fois et expire dans 24 heures.\n\n%(link)s"
            )
            _write(subject, body % {"link": link}, change.email)


@serves("email_changed")
def tell_old_address(payload: dict[str, Any], now: datetime) -> None:
    """Tell the address that an account has left, so that somebody who did not ask for it can say so."""
    change = EmailChange.objects.get(pk=payload["change"])
    with in_french():
        body = _("Le courriel de votre compte du portail a été changé. Si ce n’est pas vous, écrivez sans attendre à l’équipe du Fonds.")
        _write(_("Le courriel de votre compte a changé"), body, change.previous_email)


def _write(subject: str, body: str, to: str) -> None:
    with get_connection(timeout=20) as connection:
        EmailMessage(subject, body, to=[to], connection=connection).send()


@shared_task
def close_inactive_accounts() -> None:
    """Tell those whose account nobody uses that it closes, and close those who were told in time."""
    now = timezone.now()
    today = timezone.localdate(now)
    for inactive in list(inactive_accounts(now)):
        if inactive.closes_on is None:
            warn_inactive(inactive=inactive, actor=None, now=now)
        elif inactive.closes_on <= today:
            with suppress(NotAllowed, WrongState):  # the last director or head; or they signed in this instant
                close_inactive_account(person_id=inactive.person.pk, actor=None, now=now)
