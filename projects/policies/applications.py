"""Who starts, fills and submits an application: the members of the organisation that applies, each for their part."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from fondsinnovation.kit.verdict import YES, Verdict, check, first_no, possible
from projects.enums import APPLICANT_ROLES, ApplicationState, Role
from projects.models import Application, Organisation
from projects.policies.organisations import begin_anything
from projects.policies.rights import holds_in
from projects.policies.rules import Subject, rule
from projects.policies.scope import call_of

_MEMBERS = tuple(role for role in Role if role in APPLICANT_ROLES)


@rule(
    inside=_MEMBERS,
    of=lambda organisation: organisation.pk,
    says=_("Tout membre d’un organisme commence une demande pour lui."),
    subject=Subject.APPLICATIONS,
)
def start_application(actor: Any, organisation: Organisation, now: datetime, call: int | None = None) -> Verdict:
    """Any member of an organisation that exists starts an application for it; one whose role is limited to a call, to that call."""
    return begin_anything(organisation, now)


@rule(
    inside=_MEMBERS,
    of=lambda application: application.organisation_id,
    says=_("Tout membre de l’organisme remplit les sections de sa demande et y joint des documents."),
    subject=Subject.APPLICATIONS,
    acts=("save_section", "fill_sections", "attach_document", "remove_document"),
)
def edit_application(actor: Any, application: Application, now: datetime) -> Verdict:
    """Any member of the organisation fills the sections and attaches the files of its application."""
    return YES


@rule(
    inside=(Role.SIGNATORY,),
    of=lambda application: application.organisation_id,
    says=_("Seule la personne signataire d’un organisme en vigueur dépose la demande; les autres membres la préparent."),
    subject=Subject.APPLICATIONS,
    refusal=_("Seule la personne signataire de l’organisme peut déposer la demande."),
)
def submit_application(actor: Any, application: Application, now: datetime) -> Verdict:
    """Only the organisation's signatory submits: the others prepare. One that has ended since the draft was begun submits nothing."""
    return begin_anything(application.organisation, now)


@rule(
    inside=_MEMBERS,
    of=lambda application: application.organisation_id,
    says=_("La personne responsable d’un brouillon le transfère à un collègue de l’organisme; la personne signataire aussi."),
    subject=Subject.APPLICATIONS,
    refusal=_("Seules la personne responsable de la demande et la personne signataire peuvent la transférer."),
)
def transfer_application(actor: Any, application: Application, now: datetime) -> Verdict:
    """Who answers for a draft hands it to a colleague; so does the organisation's signatory, when that person has left."""
    signs = holds_in(actor, application.organisation_id, now, Role.SIGNATORY, call=call_of(application))
    return first_no(
        check(
            signs or application.responsible_id == actor.pk,
            _("Seules la personne responsable de la demande et la personne signataire peuvent la transférer."),
        ),
        possible(application.state == ApplicationState.DRAFT, _("Cette demande a déjà été déposée.")),
    )
