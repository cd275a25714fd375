"""Separation of duties that several acts share (domain.md 3.5), and what the database says when one of its guards refuses.

The rules are docs/rules/access.md; each guard's constraint is named after the rule that it holds.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import NotAllowed
from fondsinnovation.kit.verdict import Verdict, check, first_no
from funding.models import Adviser, Claim, Eligibility, Milestone, Review
from funding.refusals import say
from projects.models import Application, JournalEntry, Recusal, User

#: acts that the adviser of a file never does on it, whatever their roles (SD-2)
ACTS_APART = (
    "decide_eligibility",
    "confirm_ineligibility",
    "verify_milestone",
    "accept_milestone_partly",
    "refuse_milestone",
    "examine_claim",
    "decide_claim",
    "verify_gain",
    "reject_gain",
    "return_gain",
    "resolve_overlap",
    "recommend_renewal",
    "decide_renewal",
    "verify_follow_up",
    "return_follow_up",
)

#: constraint of a trigger → what it says to a person
SAID: dict[str, str | Promise] = {
    "adviser_is_apart": gettext_lazy("Qui accompagne un dossier n’en décide pas la recevabilité, ne l’évalue pas et n’y vérifie rien."),
    "reviewer_is_outside": gettext_lazy("Cette personne appartient ou a appartenu depuis 24 mois à l’organisme demandeur."),
    "approver_did_nothing_else": gettext_lazy(
        "La personne qui approuve n’a ni recommandé, ni certifié, ni évalué ce dossier, ni ne l’a approuvé à un autre niveau."
    ),
    "certifier_is_not_approver": gettext_lazy("La personne qui approuve la décision n’en certifie pas la disponibilité budgétaire."),
    "gain_verifier_is_outside": gettext_lazy("La personne qui vérifie un gain n’est ni n’a été de l’organisme qui le déclare ou le porte."),
    "gain_verifier_is_not_capturer": gettext_lazy("La captation est confirmée par une autre personne que la vérification."),
    "minister_signer_is_not_drafter": gettext_lazy("La personne qui prépare la convention ne la signe pas pour le ministre."),
}


def is_adviser(person: Any, application_id: int) -> bool:
    """Whether the person accompanies a file, or ever did."""
    return Adviser.objects.filter(application=application_id, person=person).exists()


def free_to_judge(actor: Any, application_id: int) -> Verdict:
    """Neither recused of the file nor its adviser: whoever accompanies it finds nothing eligible and verifies nothing (SD-2). One query."""
    recused = Recusal.objects.filter(application=OuterRef("pk"), person=actor)
    advised = Adviser.objects.filter(application=OuterRef("pk"), person=actor)
    rows = Application.objects.filter(pk=application_id).values_list(Exists(recused), Exists(advised))
    is_recused, has_advised = next(iter(rows), (False, False))
    return first_no(
        check(not is_recused, _("Une récusation vous écarte de ce dossier.")),
        check(not has_advised, _("Vous accompagnez ou avez accompagné ce dossier; une autre personne doit agir.")),
    )


def took_no_part(person: User, application: Application) -> Verdict:
    """The same, the other way round: whoever already acted on a file no longer becomes its adviser (SD-2)."""
    agreement = {"agreement__project__application": application}
    acted = (
        JournalEntry.objects.filter(application=application, act__in=ACTS_APART, actor=person).exists()
        or Eligibility.objects.filter(application=application, decided_by=person).exists()
        or Eligibility.objects.filter(application=application, confirmed_by=person).exists()
        or Review.objects.filter(application=application, reviewer=person).exists()
        or Milestone.objects.filter(**agreement, verified_by=person).exists()
        or Claim.objects.filter(instalment__agreement__project__application=application, decided_by=person).exists()
    )
    return check(not acted, _("%(name)s a déjà décidé, évalué ou vérifié dans ce dossier.") % {"name": person.name})


say(SAID, NotAllowed)
