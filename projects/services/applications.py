"""Starting an application."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import WrongState, act
from fondsinnovation.templatetags.typography import long_datetime
from projects.models import Application, Call, Organisation, User
from projects.policies import applications as policies
from projects.services.journal import note, note_organisation


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
