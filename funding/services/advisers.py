"""Accompanying a file: the director entrusts it to an adviser, who from then on decides nothing about it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from funding.models import Adviser
from funding.policies import advisers as policies
from funding.queries.advisers import adviser_of
from projects.enums import ApplicationState
from projects.models import Application, User
from projects.services import messages
from projects.services.journal import note
from projects.services.locks import lock

#: states in which a file has nobody left to accompany
OVER = (ApplicationState.DRAFT, ApplicationState.INELIGIBLE, ApplicationState.REFUSED, ApplicationState.WITHDRAWN)


@act
def assign_adviser(*, application_id: int, person_id: int, actor: User, now: datetime, key: str | None = None) -> Adviser:
    """Entrust an application, and the project that it becomes, to an adviser, who is told so; a new one takes the place of the last.

    Raises NotAllowed, WrongState (nothing to accompany, or already theirs), Invalid (somebody who may not, with the reason).
    """
    application = lock(Application, application_id)
    policies.assign_adviser(actor, application, now).require()
    if application.state in OVER:
        raise WrongState(_("Ce dossier n’est pas déposé ou est clos : il n’y a rien à accompagner."))
    person = _chosen(application, person_id, actor, now)
    adviser = Adviser.objects.create(application=application, person=person, assigned_by=actor, assigned_at=now)
    note(adviser, person=person.pk)
    note(application)
    with messages.in_french():
        subject = _("%(number)s : l’accompagnement de ce dossier vous est confié") % {"number": application.number}
        body = _("Vous accompagnez désormais cette demande. Vous n’en décidez pas la recevabilité, ne l’évaluez pas et n’y vérifiez rien.")
    messages.send([person], application=application, subject=subject, body=body, now=now)
    return adviser


def _chosen(application: Application, person_id: int, actor: User, now: datetime) -> User:
    try:
        person = User.objects.get(pk=person_id, is_active=True)
    except User.DoesNotExist as error:
        raise Invalid(errors={"person": _("Choisissez une personne.")}) from error
    current = adviser_of(application)
    if current is not None and current.person_id == person.pk:
        raise WrongState(_("%(name)s accompagne déjà ce dossier.") % {"name": person.name})
    verdict = policies.advise(actor, person, application, now)
    if not verdict:
        raise Invalid(errors={"person": verdict.reason})
    return person
