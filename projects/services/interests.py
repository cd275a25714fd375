"""Steps of the acts that declare interests: a declaration, and the recusal that a conflict brings."""

from __future__ import annotations

from datetime import datetime

from projects.enums import InterestAnswer
from projects.models import Application, InterestDeclaration, Recusal, User
from projects.services.journal import note


def declare(
    application: Application, person: User, answer: InterestAnswer, *, explanation: str, now: datetime, decided_by: User | None = None
) -> InterestDeclaration:
    """Write what a person declares, or what is decided for them; an actual conflict recuses them at once."""
    declaration = InterestDeclaration.objects.create(
        application=application, person=person, answer=answer, explanation=explanation, declared_at=now, decided_by=decided_by
    )
    note(declaration, person=person.pk, answer=str(answer))
    if answer == InterestAnswer.ACTUAL:
        recusal = Recusal.objects.create(
            application=application, person=person, declaration=declaration, reason=explanation, recused_at=now
        )
        note(recusal, person=person.pk)
    return declaration
