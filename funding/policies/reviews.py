"""Who decides on eligibility, assigns reviewers, and writes a review."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.verdict import Verdict, check, first_no
from funding.models import Eligibility, Review
from projects.enums import InterestAnswer, Role
from projects.models import Application, User
from projects.policies.interests import bound_to, last_answer, not_recused
from projects.policies.rights import needs_role, rights_of
from projects.policies.scope import call_of
from projects.policies.staff import READERS

REVIEWER_ROLES = (Role.REVIEWER, Role.COMMITTEE_MEMBER)


def decide_eligibility(actor: User, application: Application, now: datetime) -> Verdict:
    """An officer whom no recusal keeps away from the file."""
    return first_no(needs_role(actor, now, Role.OFFICER, call=call_of(application)), not_recused(actor, application.pk))


def confirm_ineligibility(actor: User, eligibility: Eligibility, now: datetime) -> Verdict:
    """An officer, but another one than the one who found the application ineligible (four eyes on every refusal)."""
    return first_no(
        check(
            actor.pk != eligibility.decided_by_id,
            _("Vous avez jugé cette demande non recevable; une autre personne doit le confirmer."),
        ),
        decide_eligibility(actor, eligibility.application, now),
    )


def assign_reviewers(actor: User, application: Application, now: datetime) -> Verdict:
    """An officer or the committee's secretary whom no recusal keeps away from the file."""
    return first_no(
        needs_role(actor, now, Role.OFFICER, Role.COMMITTEE_SECRETARY, call=call_of(application)), not_recused(actor, application.pk)
    )


def review(person: User, application: Application, now: datetime) -> Verdict:
    """Whether a person may be given the application to review: a reviewer, bound to neither the applicant nor the files (SD-3)."""
    return first_no(
        needs_role(person, now, Role.REVIEWER, call=call_of(application)),
        not_recused(person, application.pk),
        check(
            not rights_of(person, now).has(*READERS, call=call_of(application)),
            _("%(name)s lit déjà tous les dossiers par un autre rôle et ne peut donc pas les évaluer.") % {"name": person.name},
        ),
        check(
            not bound_to(application.organisation_id, now).filter(person=person).exists(),
            _("%(name)s appartient ou a appartenu depuis 24 mois à l’organisme demandeur.") % {"name": person.name},
        ),
    )


def open_file(actor: User, review: Review) -> Verdict:
    """No file opens before its reviewer declared that they have no interest in it."""
    return first_no(
        check(actor.pk == review.reviewer_id, _("Cette évaluation est confiée à une autre personne.")),
        not_recused(actor, review.application_id),
        check(
            last_answer(review.application_id, actor.pk) == InterestAnswer.NONE,
            _("Déclarez vos intérêts avant d’ouvrir ce dossier."),
        ),
    )


def write_review(actor: User, review: Review, now: datetime) -> Verdict:
    """The reviewer to whom it was assigned, still a reviewer today, whose file is open."""
    return first_no(needs_role(actor, now, *REVIEWER_ROLES, call=call_of(review)), open_file(actor, review))


def take_part(actor: User, application: Application, now: datetime) -> Verdict:
    """Interests are declared by those who read files for the Fund, or to whom this one was assigned."""
    assigned = Review.objects.filter(application=application, reviewer=actor).exists()
    return first_no(
        not_recused(actor, application.pk),
        check(
            assigned or rights_of(actor, now).has(*READERS, call=call_of(application)),
            _("Vous n’avez pas à déclarer d’intérêt dans ce dossier."),
        ),
    )
