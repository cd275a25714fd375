"""What happened to a file, told from the journal to those who may read the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.models import Application, JournalEntry

#: act → what it did to the file, in words; an act that is not here is not part of the file's story
STORY: dict[str, Promise | str] = {
    "submit_application": _("Demande déposée"),
    "withdraw_application": _("Demande retirée"),
    "decide_eligibility": _("Recevabilité analysée"),
    "confirm_ineligibility": _("Non-recevabilité confirmée"),
    "assign_reviewers": _("Évaluations attribuées"),
    "declare_interest": _("Intérêts déclarés"),
    "decide_interest": _("Conflit d’intérêts tranché"),
    "submit_review": _("Évaluation remise"),
    "assign_adviser": _("Accompagnement confié"),
    "recommend_award": _("Recommandation faite"),
    "certify_award": _("Disponibilité budgétaire certifiée"),
    "approve_award": _("Décision approuvée"),
    "refuse_award": _("Demande refusée"),
    "return_award": _("Recommandation retournée"),
    "issue_letter": _("Lettre de décision transmise"),
    "draft_agreement": _("Convention préparée"),
    "sign_for_beneficiary": _("Convention signée par le bénéficiaire"),
    "sign_for_minister": _("Convention signée pour le ministre"),
}


@dataclass(frozen=True, slots=True)
class Event:
    title: Promise | str
    at: datetime
    by: str


def story_of(application: Application) -> list[Event]:
    """The acts on an application that `applications_for` gave to the reader, the oldest first. Scores are never part of it."""
    entries = JournalEntry.objects.filter(application=application, act__in=STORY).select_related("actor").order_by("pk")
    return [Event(STORY[entry.act], entry.at, entry.actor.name if entry.actor else "") for entry in entries if entry.at]
