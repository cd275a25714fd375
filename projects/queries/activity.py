"""What happened to a file, told from the journal to those who may read the file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Application, JournalEntry, User

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
    "accept_signed_copy": _("Convention signée sur un exemplaire, en vigueur"),
}


@dataclass(frozen=True, slots=True)
class Event:
    title: Promise | str
    at: datetime
    by: str


def story_of(application: Application) -> list[Event]:
    """The acts on an application that `applications_for` gave to the reader, the oldest first. Scores are never part of it."""
    entries = JournalEntry.objects.filter(application=application, act__in=STORY).select_related("actor").order_by("pk")
    found = [entry for entry in entries if entry.at]
    behalf = stood_in_for(found)
    return [Event(STORY[entry.act], entry.at, _by(entry, behalf.get(entry.pk, ""))) for entry in found if entry.at]


def _by(entry: JournalEntry, holder: str) -> str:
    name = entry.actor.name if entry.actor else ""
    return gettext("%(name)s, au nom de %(holder)s") % {"name": name, "holder": holder} if holder else name


def stood_in_for(entries: Iterable[JournalEntry]) -> dict[int, str]:
    """By entry, the names of the people on whose behalf its act was done: one query, and none when nobody stood in for anybody."""
    people = {
        entry.pk: json.loads(entry.content)["facts"].get("on_behalf_of", ()) for entry in entries if '"on_behalf_of"' in entry.content
    }
    wanted = {person for ids in people.values() for person in ids}
    if not wanted:
        return {}
    names = dict(User.objects.filter(pk__in=wanted).order_by("pk").values_list("pk", "name"))
    return {entry: ", ".join(names[person] for person in ids) for entry, ids in people.items() if ids}
