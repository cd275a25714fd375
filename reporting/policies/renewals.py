"""Who opens, analyses, recommends and decides the renewal of a project: the one who decides did none of the rest (SD-2, SD-4)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.money import ZERO
from fondsinnovation.kit.verdict import YES, Verdict, check, first_no, possible
from funding.policies.awards import DELEGATES, delegation_of_amount
from funding.policies.separation import free_to_judge
from projects.enums import Role
from projects.models import Project
from projects.policies.interests import not_recused
from projects.policies.rights import needs_role
from projects.policies.rules import Subject, rule
from projects.policies.scope import call_of
from reporting.enums import RenewalState
from reporting.models import Renewal
from reporting.policies.reports import READERS

CENT = Decimal("0.01")


@rule(
    *sorted(READERS),
    says=gettext_lazy("Le personnel du Secrétariat, ses contrôles et l’audit lisent les dossiers de reconduction, sauf récusation."),
    subject=Subject.GAINS,
    acts=(),
    lists=True,
)
def read_renewals(actor: Any, now: datetime) -> Verdict:
    """The Secretariat, its controls and its auditors."""
    return YES


@rule(
    Role.OFFICER,
    Role.DIRECTOR,
    says=gettext_lazy("Un agent de programme ou la direction ouvre le dossier de reconduction d’un projet signé."),
    subject=Subject.GAINS,
)
def open_renewal(actor: Any, project: Project, now: datetime) -> Verdict:
    """An officer or the director, once the agreement is signed, unless recused."""
    return first_no(
        possible(project.signed_on is not None, _("Un dossier de reconduction s’ouvre une fois la convention signée.")),
        not_recused(actor, project.application_id or 0),
    )


@rule(
    Role.OFFICER,
    Role.DIRECTOR,
    says=gettext_lazy(
        "Un agent de programme ou la direction, qui n’accompagne pas le dossier, analyse une reconduction, arrête la recommandation "
        "calculée et inscrit la mise en œuvre."
    ),
    subject=Subject.GAINS,
    acts=("analyse_renewal", "recommend_renewal", "carry_out_renewal"),
)
def prepare_renewal(actor: Any, renewal: Renewal, now: datetime) -> Verdict:
    """An officer or the director, neither recused nor the file's adviser."""
    return free_to_judge(actor, renewal.project.application_id or 0)


@rule(
    *DELEGATES,
    says=gettext_lazy(
        "Le dernier niveau de la délégation du montant décide d’une reconduction ou la retourne, sans l’avoir analysée ni recommandée "
        "et sans accompagner le dossier."
    ),
    subject=Subject.GAINS,
    acts=("decide_renewal", "return_renewal"),
    role_last=True,
)
def decide_renewal(actor: Any, renewal: Renewal, now: datetime, *, amount: Decimal = ZERO) -> Verdict:
    """The last level of the delegation for the larger of what is recommended and what is decided, by a person who did nothing else."""
    return first_no(
        possible(renewal.state == RenewalState.RECOMMENDED, _("Ce dossier de reconduction n’attend pas de décision.")),
        check(
            actor.pk not in (renewal.recommended_by_id, renewal.analysed_by_id),
            _("Vous avez analysé ou recommandé cette reconduction; une autre personne doit en décider."),
        ),
        free_to_judge(actor, renewal.project.application_id or 0),
        needs_role(actor, now, deciding_role(renewal, now, amount=amount), call=call_of(renewal)),
    )


def deciding_role(renewal: Renewal, now: datetime, *, amount: Decimal = ZERO) -> Role:
    """Who decides: the highest level of the delegation in force; the minister's delegate where it names none."""
    roles = delegation_of_amount(max(amount, renewal.recommended_amount or ZERO, CENT), now)
    return max([role for role in roles if role in DELEGATES] or [Role.MINISTER_DELEGATE], key=DELEGATES.index)
