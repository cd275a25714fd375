"""Starting an application, and handing its draft to a colleague."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.templatetags.typography import long_datetime
from projects.models import Application, Call, Organisation, User
from projects.policies import applications as policies
from projects.queries.applications import colleagues_of
from projects.services import messages
from projects.services.journal import note, note_organisation
from projects.services.locks import lock


@act
def start_application(*, call_id: int, organisation_id: int, actor: User, now: datetime, key: str | None = None) -> Application:
    """Open a draft for an organisation, in a call that takes applications at this instant. Raises NotAllowed, WrongState."""
    organisation = Organisation.objects.get(pk=organisation_id)
    policies.start_application(actor, organisation, now, call_id).require()
    require_open(Call.objects.get(pk=call_id), now)
    application = Application.objects.create(
        call_id=call_id, organisation=organisation, created_by=actor, responsible=actor, created_at=now, changed_at=now
    )
    note(application, call=call_id)
    note_organisation(organisation.pk)
    return application


@act
def transfer_application(*, application_id: int, to_id: int, actor: User, now: datetime, key: str | None = None) -> Application:
    """Hand a draft to a colleague, who is told. Raises NotAllowed, WrongState (submitted), Invalid (not of the organisation)."""
    application = lock(Application, application_id)
    policies.transfer_application(actor, application, now).require()
    colleague = next(iter(colleagues_of(application, now).filter(pk=to_id)), None)
    if colleague is None or colleague.pk == application.responsible_id:
        raise Invalid(errors={"person": _("Choisissez une autre personne qui a un rôle dans cet organisme.")})
    before = application.responsible_id
    application.responsible = colleague
    application.changed_at = now
    application.save(update_fields=["responsible", "changed_at"])
    note(application, **{"from": before, "to": colleague.pk})
    note_organisation(application.organisation_id)
    with messages.in_french():
        subject = _("Une demande vous est confiée")
        body = _("%(name)s vous confie la demande « %(title)s », pour l’appel %(call)s. Vous en êtes maintenant responsable.") % {
            "name": actor.name,
            "title": application.title or _("Demande sans titre"),
            "call": application.call.reference,
        }
    messages.send([colleague], subject=subject, body=body, now=now, application=application)
    return application


def require_open(call: Call, instant: datetime) -> None:
    """Raise WrongState unless the call takes an application that arrives at this instant; the reason says when it does."""
    if call.accepts_at(instant):
        return
    if instant < call.opens_at:
        raise WrongState(_("L’appel %(call)s ouvre le %(at)s.") % {"call": call.reference, "at": long_datetime(call.opens_at)})
    if instant >= call.closes_at:
        raise WrongState(
            _("L’appel %(call)s a fermé le %(at)s : aucune demande n’est plus reçue. Le brouillon est conservé.")
            % {"call": call.reference, "at": long_datetime(call.closes_at)}
        )
    raise WrongState(_("L’appel %(call)s ne reçoit pas de demandes.") % {"call": call.reference})
