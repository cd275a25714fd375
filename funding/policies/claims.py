"""Who claims eligible costs, and who admits them; what the database says when one of its guards refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.errors import WrongState
from fondsinnovation.kit.verdict import Verdict, check, first_no, possible
from funding.enums import AgreementState, ClaimState, InstalmentKind
from funding.models import Claim, Instalment
from funding.policies.separation import free_to_judge
from funding.refusals import say
from projects.enums import Modality, Role
from projects.policies.interests import not_recused
from projects.policies.rules import Subject, rule

#: constraint of a trigger → what it says to a person; `room` and `asked` are dollars
SAID: dict[str, str | Promise] = {
    "claim_line_is_frozen": gettext_lazy("Les coûts d’une réclamation soumise ne changent plus."),
    "claim_decided_is_final": gettext_lazy("Cette réclamation est décidée : elle ne change plus."),
    "claim_within_its_instalment": gettext_lazy("Le versement est de %(room)s : une réclamation n’y admet pas %(asked)s."),
    "claim_admits_its_lines": gettext_lazy("Le total admis n’est pas celui des lignes."),
    "payment_waits_for_its_claim": gettext_lazy("Ce versement attend la décision de sa réclamation."),
    "award_within_public_aid": gettext_lazy("Le cumul des aides publiques limite l’aide du Fonds à %(room)s; %(asked)s sont recommandés."),
}


@rule(
    inside=(Role.WRITER, Role.FINANCE_RESPONDENT, Role.SIGNATORY),
    of=lambda instalment: instalment.agreement.project.organisation_id,
    says=gettext_lazy(
        "Un membre de l’organisme bénéficiaire prépare la réclamation d’un versement lié à un jalon, tant que la convention est en vigueur."
    ),
    subject=Subject.PAYMENTS,
    acts=("save_claim",),
)
def write_claim(actor: Any, instalment: Instalment, now: datetime) -> Verdict:
    """A member of the beneficiary claims the costs of a milestone's instalment while the agreement is in force."""
    return _is_claimable(actor, instalment)


@rule(
    inside=(Role.FINANCE_RESPONDENT, Role.SIGNATORY),
    of=lambda claim: claim.instalment.agreement.project.organisation_id,
    says=gettext_lazy("La personne répondante des finances ou la signataire de l’organisme soumet la réclamation."),
    subject=Subject.PAYMENTS,
)
def submit_claim(actor: Any, claim: Claim, now: datetime) -> Verdict:
    """The finance respondent or the signatory answers for what is claimed."""
    return first_no(
        _is_claimable(actor, claim.instalment),
        possible(claim.state == ClaimState.DRAFT, _("Cette réclamation est déjà soumise.")),
    )


@rule(
    Role.OFFICER,
    says=gettext_lazy(
        "Un agent de programme qui n’accompagne pas le dossier vérifie une réclamation, puis l’admet en tout ou en partie ou la refuse."
    ),
    subject=Subject.PAYMENTS,
    acts=("examine_claim", "decide_claim"),
)
def decide_claim(actor: Any, claim: Claim, now: datetime) -> Verdict:
    """An officer who neither claims nor accompanies the file (SD-2)."""
    return first_no(
        free_to_judge(actor, claim.instalment.agreement.project.application_id or 0),
        possible(claim.state in (ClaimState.SUBMITTED, ClaimState.IN_VERIFICATION), _("Cette réclamation n’attend pas de décision.")),
        check(
            actor.pk not in (claim.submitted_by_id, claim.drafted_by_id),
            _("Vous présentez cette réclamation; une autre personne la décide."),
        ),
    )


def _is_claimable(actor: Any, instalment: Instalment) -> Verdict:
    return first_no(
        not_recused(actor, instalment.agreement.project.application_id or 0),
        possible(instalment.agreement.state == AgreementState.IN_FORCE, _("La convention n’est pas en vigueur.")),
        possible(instalment.replaced_by_id is None, _("Un avenant a remplacé ce versement.")),
        possible(instalment.kind == InstalmentKind.MILESTONE, _("Une avance et une retenue ne font pas l’objet d’une réclamation.")),
        possible(
            instalment.agreement.project.modality != Modality.OUTCOME,
            _("Cette convention paie des résultats : ce sont des quantités qui s’y déclarent."),
        ),
    )


say(SAID, WrongState)
