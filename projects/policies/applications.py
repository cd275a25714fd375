"""Who starts, fills and submits an application: the members of the organisation that applies, each for their part."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check, first_no, possible
from projects.enums import APPLICANT_ROLES, ApplicationState, Role
from projects.models import Application, Organisation
from projects.policies.organisations import begin_anything
from projects.policies.rights import holds_in, needs_role_in
from projects.policies.scope import call_of


def start_application(actor: Any, organisation: Organisation, now: datetime, call: int | None = None) -> Verdict:
    """Any member of an organisation that exists starts an application for it; one whose role is limited to a call, to that call."""
    return first_no(needs_role_in(actor, organisation.pk, now, *_in_order(), call=call), begin_anything(organisation, now))


def edit_application(actor: Any, application: Application, now: datetime) -> Verdict:
    """Any member of the organisation fills the sections and attaches the files of its application."""
    return needs_role_in(actor, application.organisation_id, now, *_in_order(), call=call_of(application))


def submit_application(actor: Any, application: Application, now: datetime) -> Verdict:
    """Only the organisation's signatory submits: the others prepare."""
    return check(
        holds_in(actor, application.organisation_id, now, Role.SIGNATORY, call=call_of(application)),
        _("Seule la personne signataire de l’organisme peut déposer la demande."),
    )


def transfer_application(actor: Any, application: Application, now: datetime) -> Verdict:
    """Who answers for a draft hands it to a colleague; so does the organisation's signatory, when that person has left."""
    signs = holds_in(actor, application.organisation_id, now, Role.SIGNATORY, call=call_of(application))
    own = application.responsible_id == actor.pk and edit_application(actor, application, now)
    return first_no(
        check(signs or own, _("Seules la personne responsable de la demande et la personne signataire peuvent la transférer.")),
        possible(application.state == ApplicationState.DRAFT, _("Cette demande a déjà été déposée.")),
    )


def _in_order() -> list[Role]:
    return [role for role in Role if role in APPLICANT_ROLES]
