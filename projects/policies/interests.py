"""Who declares an interest, and who decides on a potential conflict."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no
from projects.enums import InterestAnswer, Role
from projects.models import Application, GainLine, InterestDeclaration, Membership, Recusal, User
from projects.policies.rights import needs_role
from projects.policies.rules import Subject, rule

#: how long a person who left an organisation is still bound to it (domain.md SD-3)
BOUND_FOR = timedelta(days=730)
#: who decides on a potential conflict
DECIDERS = (Role.COMMITTEE_SECRETARY, Role.DIRECTOR)


def last_answer(application_id: int, person_id: int) -> str | None:
    """What the person last declared about the application, or None."""
    answers = InterestDeclaration.objects.filter(application_id=application_id, person_id=person_id)
    return next(iter(answers.order_by("-pk").values_list("answer", flat=True)[:1]), None)


def is_recused(application_id: int, person_id: int) -> bool:
    return Recusal.objects.filter(application_id=application_id, person_id=person_id).exists()


def bound_to(application: Application, now: datetime) -> QuerySet[Membership]:
    """The memberships, in force or ended in the last 24 months, that bind people to the applicant or to a partner that bears its gains."""
    since = timezone.localdate(now) - BOUND_FOR
    bearers = GainLine.objects.filter(plan__application=application).values("organisation")
    concerned = Q(organisation=application.organisation_id) | Q(organisation__in=bearers)
    return Membership.objects.filter(concerned, Q(ends_on__isnull=True) | Q(ends_on__gte=since))


def not_recused(actor: User, application_id: int) -> Verdict:
    """A recusal ends every part in the file, whatever the role."""
    return check(not is_recused(application_id, actor.pk), _("Une récusation vous écarte de ce dossier."))


def declare_interest(actor: User, application_id: int, answer: str) -> Verdict:
    """A first answer is free; a later one may only add a conflict: nobody lifts their own (SD-11)."""
    allowed: dict[str | None, set[InterestAnswer]] = {
        None: set(InterestAnswer),
        InterestAnswer.NONE: {InterestAnswer.POTENTIAL, InterestAnswer.ACTUAL},
        InterestAnswer.POTENTIAL: {InterestAnswer.ACTUAL},
        InterestAnswer.ACTUAL: set(),
    }
    may_say = allowed[last_answer(application_id, actor.pk)]
    return check(answer in may_say, _("Votre déclaration est déjà faite : vous pouvez seulement y ajouter un conflit d’intérêts."))


def may_decide(actor: User, now: datetime, call: int | None = None) -> Verdict:
    return needs_role(actor, now, *DECIDERS, call=call)


@rule(
    *DECIDERS,
    says=gettext_lazy(
        "Le secrétariat du comité ou la direction tranche un risque de conflit d’intérêts, jamais le sien ni une fois récusé."
    ),
    subject=Subject.REVIEWS,
)
def decide_interest(actor: User, declaration: InterestDeclaration, now: datetime) -> Verdict:
    """The committee's secretary or the director decides, never the person concerned nor a recused one."""
    return first_no(
        check(actor.pk != declaration.person_id, _("Personne ne lève son propre conflit d’intérêts.")),
        not_recused(actor, declaration.application_id),
    )


def undecided(declaration: InterestDeclaration) -> Verdict:
    """Only a potential conflict that is the person's last word waits for a decision."""
    later = InterestDeclaration.objects.filter(application=declaration.application_id, person=declaration.person_id, pk__gt=declaration.pk)
    waits = declaration.answer == InterestAnswer.POTENTIAL and not later.exists()
    return check(waits, _("Cette déclaration n’attend plus de décision."))
