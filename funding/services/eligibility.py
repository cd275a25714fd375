"""Eligibility: a checklist, a decision, and a second officer for every refusal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act
from fondsinnovation.kit.states import require_move
from funding.enums import EligibilityPoint
from funding.models import Eligibility
from funding.policies import reviews as policies
from projects.enums import APPLICATION_MOVES, ApplicationState
from projects.models import Application, User
from projects.queries.people import active_members
from projects.services import messages
from projects.services.journal import note, note_reason, transition
from projects.services.locks import lock


@act
def decide_eligibility(
    *, application_id: int, checklist: Mapping[str, bool], reason: str, actor: User, now: datetime, key: str | None = None
) -> Eligibility:
    """Answer each point: the application is eligible when all hold; otherwise it waits for a second officer's confirmation.

    Until then the finding may be made again. Raises NotAllowed, WrongState, Invalid.
    """
    application = lock(Application, application_id)
    policies.decide_eligibility(actor, application, now).require()
    is_eligible = all(checklist.get(point) for point in EligibilityPoint)
    target = ApplicationState.ELIGIBLE if is_eligible else ApplicationState.INELIGIBLE
    require_move(APPLICATION_MOVES, application.state, target)
    _require_answers(checklist, reason)
    eligibility, _created = Eligibility.objects.update_or_create(
        application=application,
        defaults={
            "checklist": {str(point): checklist[point] for point in EligibilityPoint},
            "is_eligible": is_eligible,
            "reason": "" if is_eligible else reason,
            "decided_by": actor,
            "decided_at": now,
        },
    )
    if is_eligible:
        transition([application], ApplicationState.ELIGIBLE, moves=APPLICATION_MOVES, now=now)
        with messages.in_french():
            subject, body = _("Votre demande est recevable"), _("Votre demande est recevable. Elle sera maintenant évaluée.")
        _tell(application, subject, body, now)
    else:
        note(application)
        note_reason(reason)
    note(eligibility, is_eligible=is_eligible, checklist=eligibility.checklist)
    return eligibility


def _require_answers(checklist: Mapping[str, bool], reason: str) -> None:
    missing = {str(point): str(_("Répondez par oui ou par non.")) for point in EligibilityPoint if checklist.get(point) is None}
    if missing:
        raise Invalid(errors=missing)
    if not all(checklist.values()) and not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif de non-recevabilité.")})


@act
def confirm_ineligibility(*, application_id: int, actor: User, now: datetime, key: str | None = None) -> Application:
    """Confirm, as another officer, that an application is not eligible, and tell the organisation. Raises NotAllowed, WrongState."""
    application = lock(Application, application_id)
    eligibility = Eligibility.objects.get(application=application, is_eligible=False)
    policies.confirm_ineligibility(actor, eligibility, now).require()
    transition([application], ApplicationState.INELIGIBLE, moves=APPLICATION_MOVES, now=now)
    eligibility.confirmed_by, eligibility.confirmed_at = actor, now
    eligibility.save(update_fields=["confirmed_by", "confirmed_at"])
    note(eligibility, confirmed=True)
    note_reason(eligibility.reason)
    with messages.in_french():
        subject = _("Votre demande n’est pas recevable")
        body = _("Votre demande n’est pas recevable. Motif : %(reason)s") % {"reason": eligibility.reason}
    _tell(application, subject, body, now)
    return application


def _tell(application: Application, subject: str, body: str, now: datetime) -> None:
    people = User.objects.filter(
        pk__in=active_members(application.organisation_id, now).for_call(application.call_id).values("person")
    ).order_by("pk")
    messages.send(people, application=application, subject=subject, body=body, now=now)
