"""The page that sends the letter of a decision. The letter itself is a document, downloaded as any other."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from funding.policies import awards as policies
from funding.services import awards as acts
from funding.views.awards import AwardAct


class LetterIssue(AwardAct):
    policy = policies.issue_letter
    act = acts.issue_letter
    title = _("Transmettre la lettre de décision")
    explanation = _("La lettre est produite en PDF et l’organisme en est avisé : il verra la décision dès maintenant.")
    success = _("La lettre est transmise à l’organisme.")

    def require_possible(self) -> None:
        acts.require_untold(self.award)
