"""Who decides on eligibility, assigns reviewers, and writes a review."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no
from funding.models import Eligibility, Review
from funding.policies.separation import free_to_judge, is_adviser
from projects.enums import InterestAnswer, Role
from projects.models import Application, User
from projects.policies.interests import bound_to, last_answer, not_recused
from projects.policies.rights import needs_role, rights_of
from projects.policies.rules import Subject, rule
from projects.policies.scope import call_of
from projects.policies.staff import READERS

REVIEWER_ROLES = (Role.REVIEWER, Role.COMMITTEE_MEMBER)


@rule(
    Role.OFFICER,
    says=gettext_lazy("Un agent de programme, que rien n’écarte du dossier et qui ne l’a pas accompagné, décide de la recevabilité."),
    subject=Subject.REVIEWS,
)
def decide_eligibility(actor: User, application: Application, now: datetime) -> Verdict:
    """An officer whom no recusal keeps away from the file, and who does not accompany it (SD-2)."""
    return free_to_judge(actor, application.pk)


@rule(
    Role.OFFICER,
    says=gettext_lazy("Un autre agent de programme que celui qui a jugé la demande non recevable le confirme."),
    subject=Subject.REVIEWS,
    role_last=True,
)
def confirm_ineligibility(actor: User, eligibility: Eligibility, now: datetime) -> Verdict:
    """An officer, but another one than the one who found the application ineligible (four eyes on every refusal)."""
    return first_no(
        check(
            actor.pk != eligibility.decided_by_id,
            _("Vous avez jugé cette demande non recevable; une autre personne doit le confirmer."),
        ),
        decide_eligibility(actor, eligibility.application, now),
    )


@rule(
    Role.OFFICER,
    Role.COMMITTEE_SECRETARY,
    says=gettext_lazy("Un agent de programme ou le secrétariat du comité, que rien n’écarte du dossier, attribue les évaluations."),
    subject=Subject.REVIEWS,
)
def assign_reviewers(actor: User, application: Application, now: datetime) -> Verdict:
    """An officer or the committee's secretary whom no recusal keeps away from the file."""
    return not_recused(actor, application.pk)


def review(person: User, application: Application, now: datetime) -> Verdict:
    """Whether a person may be given the application to review: a reviewer, bound to neither the applicant nor the files (SD-3)."""
    return first_no(
        needs_role(person, now, Role.REVIEWER, call=call_of(application)),
        not_recused(person, application.pk),
        check(
            not rights_of(person, now).has(*READERS, call=call_of(application)),
            _("%(name)s lit déjà tous les dossiers par un autre rôle et ne peut donc pas les évaluer.") % {"name": person.name},
        ),
        _is_outside(person, application, now),
        check(not is_adviser(person, application.pk), _("%(name)s accompagne ou a accompagné ce dossier.") % {"name": person.name}),
    )


def _is_outside(person: User, application: Application, now: datetime) -> Verdict:
    """Bound neither to the applicant nor to a partner that bears the gains of the file (SD-3)."""
    where = set(bound_to(application, now).filter(person=person).values_list("organisation_id", flat=True))
    reason = _("%(name)s appartient ou a appartenu depuis 24 mois à un organisme partenaire du projet.")
    if application.organisation_id in where:
        reason = _("%(name)s appartient ou a appartenu depuis 24 mois à l’organisme demandeur.")
    return check(not where, reason % {"name": person.name})


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


@rule(
    own=REVIEWER_ROLES,
    says=gettext_lazy("La personne à qui l’évaluation est confiée l’écrit et la remet, une fois ses intérêts déclarés."),
    subject=Subject.REVIEWS,
    acts=("save_review", "submit_review"),
)
def write_review(actor: User, review: Review, now: datetime) -> Verdict:
    """The reviewer to whom it was assigned, still a reviewer today, whose file is open, and who joined no party to it since (SD-3)."""
    return first_no(open_file(actor, review), _is_outside(actor, review.application, now))


@rule(
    *sorted(READERS),
    own=REVIEWER_ROLES,
    says=gettext_lazy("Qui lit les dossiers pour le Fonds, ou à qui une évaluation est confiée, déclare ses intérêts."),
    subject=Subject.REVIEWS,
    acts=("declare_interest",),
    refusal=gettext_lazy("Vous n’avez pas à déclarer d’intérêt dans ce dossier."),
)
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
