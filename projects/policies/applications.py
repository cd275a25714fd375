"""Who starts, fills and submits an application: the members of the organisation that applies, each for their part."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check, first_no
from projects.enums import APPLICANT_ROLES, Role
from projects.models import Application, Organisation
from projects.policies.organisations import begin_anything
from projects.policies.rights import needs_role_in, rights_of


def start_application(actor: Any, organisation: Organisation, now: datetime) -> Verdict:
    """Any member of an organisation that exists starts an application for it."""
    return first_no(needs_role_in(actor, organisation.pk, now, *_in_order()), begin_anything(organisation, now))


def edit_application(actor: Any, application: Application, now: datetime) -> Verdict:
    """Any member of the organisation fills the sections and attaches the files of its application."""
    return needs_role_in(actor, application.organisation_id, now, *_in_order())


def submit_application(actor: Any, application: Application, now: datetime) -> Verdict:
    """Only the organisation's signatory submits: the others prepare."""
    return check(
        rights_of(actor, now).has_in(application.organisation_id, Role.SIGNATORY),
        _("Seule la personne signataire de l’organisme peut déposer la demande."),
    )


def _in_order() -> list[Role]:
    return [role for role in Role if role in APPLICANT_ROLES]
