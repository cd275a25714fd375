"""Acts on interests: they close or open a file to a person, and their review with it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, act, current_entry
from funding.enums import REVIEW_MOVES, ReviewState
from funding.models import Review
from funding.policies.reviews import take_part
from funding.services.reviews import settle
from projects.enums import InterestAnswer
from projects.models import Application, InterestDeclaration, User
from projects.policies import interests as policies
from projects.services.interests import declare
from projects.services.journal import note_reason, transition
from projects.services.locks import lock


@act
def declare_interest(
    *, application_id: int, answer: InterestAnswer, explanation: str, actor: User, now: datetime, key: str | None = None
) -> InterestDeclaration:
    """Declare one's interest in a file: none opens it, a potential one closes it until decided, an actual one recuses at once.

    Raises NotAllowed, Invalid (a conflict without explanation).
    """
    application = lock(Application, application_id)
    take_part(actor, application, now).require()
    policies.declare_interest(actor, application.pk, answer).require()
    if answer != InterestAnswer.NONE and not explanation.strip():
        raise Invalid(errors={"explanation": _("Décrivez l’intérêt déclaré.")})
    declaration = declare(application, actor, answer, explanation=explanation, now=now)
    _follow(application, actor, answer, now)
    return declaration


@act
def decide_interest(
    *, declaration_id: int, is_cleared: bool, reason: str, actor: User, now: datetime, key: str | None = None
) -> InterestDeclaration:
    """Decide on a potential conflict: lift it, which opens the file, or confirm it, which recuses the person.

    Raises NotAllowed, Invalid (no reason).
    """
    declared = InterestDeclaration.objects.get(pk=declaration_id)
    application = lock(Application, declared.application_id)
    policies.decide_interest(actor, declared, now).require()
    policies.undecided(declared).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Motivez la décision.")})
    answer = InterestAnswer.NONE if is_cleared else InterestAnswer.ACTUAL
    decision = declare(application, declared.person, answer, explanation=reason, now=now, decided_by=actor)
    note_reason(reason)
    _follow(application, declared.person, answer, now)
    return decision


def _follow(application: Application, person: User, answer: InterestAnswer, now: datetime) -> None:
    """Open or recuse the person's review of the application, if they have one, and count the reviews again."""
    current_entry().facts["application"] = application.pk
    for review in Review.objects.select_for_update(no_key=True).filter(application=application, reviewer=person).order_by("pk"):
        if answer == InterestAnswer.ACTUAL:
            transition([review], ReviewState.RECUSED, moves=REVIEW_MOVES, now=now)
        elif answer == InterestAnswer.NONE and review.state == ReviewState.ASSIGNED:
            transition([review], ReviewState.IN_PROGRESS, moves=REVIEW_MOVES, now=now)
    settle(application, now=now)
