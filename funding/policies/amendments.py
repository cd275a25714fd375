"""Who proposes an amendment, certifies its money, approves it level by level, and puts it in force: each apart (SD-4, SD-5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no, no, possible
from funding.enums import AgreementState, AmendmentState, AmendmentStepKind
from funding.models import Agreement, Amendment, AmendmentStep
from funding.policies.agreements import MINISTER_ROLES
from funding.policies.awards import CERTIFICATE_LASTS, DELEGATES
from funding.policies.imported import is_made_here
from projects.enums import Role
from projects.policies.interests import not_recused
from projects.policies.rights import needs_role
from projects.policies.rules import Subject, rule

_WROTE = (AmendmentStepKind.PROPOSED, AmendmentStepKind.REVISED)


def levels_of(amendment: Amendment, now: datetime) -> list[Role]:
    """The roles that approve it, in order, by the rules of the day: the database says, which holds them as well."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(amendment_levels(%s, %s))", [amendment.pk, timezone.localdate(now)])
        return [Role(row[0]) for row in cursor.fetchall()]


def approvals_of(amendment: Amendment) -> list[AmendmentStep]:
    """The approvals of its current round, in the order of their levels."""
    rows = amendment.steps.filter(kind=AmendmentStepKind.APPROVED, round=amendment.round)
    return list(rows.select_related("person").order_by("level", "pk"))


@rule(
    Role.OFFICER,
    says=gettext_lazy("Un agent de programme, que rien n’écarte du dossier, propose un avenant à une convention en vigueur."),
    subject=Subject.AGREEMENTS,
)
def propose_amendment(actor: Any, agreement: Agreement, now: datetime) -> Verdict:
    """An officer whom no recusal keeps away from the file, while the agreement is in force."""
    return first_no(not_recused(actor, agreement.project.application_id or 0), is_made_here(agreement), _in_force(agreement))


@rule(
    Role.OFFICER,
    says=gettext_lazy("Un agent de programme, sans l’avoir certifié ni approuvé, reprend un avenant en cours sur la convention du jour."),
    subject=Subject.AGREEMENTS,
)
def revise_amendment(actor: Any, amendment: Amendment, now: datetime) -> Verdict:
    """An officer who neither certified nor approved it writes it again: its approvals fall."""
    return first_no(
        not_recused(actor, _file_of(amendment)),
        _in_force(amendment.agreement),
        check(
            not _did(actor, amendment, AmendmentStepKind.CERTIFIED, AmendmentStepKind.APPROVED),
            _("Vous avez certifié ou approuvé cet avenant; une autre personne doit le reprendre."),
        ),
    )


@rule(
    Role.OFFICER,
    Role.DIRECTOR,
    says=gettext_lazy("Un agent de programme ou la direction abandonne un avenant en cours, avec un motif."),
    subject=Subject.AGREEMENTS,
)
def cancel_amendment(actor: Any, amendment: Amendment, now: datetime) -> Verdict:
    """An officer or the director, whom no recusal keeps away from the file."""
    return not_recused(actor, _file_of(amendment))


@rule(
    Role.CONTROLLER,
    says=gettext_lazy(
        "Le contrôle financier certifie la disponibilité budgétaire d’un avenant qui augmente un exercice, sans l’avoir écrit."
    ),
    subject=Subject.AGREEMENTS,
)
def certify_amendment(actor: Any, amendment: Amendment, now: datetime) -> Verdict:
    """The controller, who neither wrote nor approved it."""
    return first_no(
        not_recused(actor, _file_of(amendment)),
        _in_force(amendment.agreement),
        check(
            not _did(actor, amendment, *_WROTE, AmendmentStepKind.APPROVED),
            _("Vous avez écrit ou approuvé cet avenant; une autre personne doit certifier la disponibilité budgétaire."),
        ),
    )


@rule(
    *DELEGATES,
    says=gettext_lazy(
        "Le prochain niveau de la délégation, au montant cumulé de l’aide, approuve ou refuse un avenant, sans l’avoir écrit, certifié "
        "ni déjà approuvé."
    ),
    subject=Subject.AGREEMENTS,
    acts=("approve_amendment", "refuse_amendment"),
    role_last=True,
)
def decide_amendment(
    actor: Any,
    amendment: Amendment,
    now: datetime,
    *,
    roles: Sequence[Role] | None = None,
    approvals: Sequence[AmendmentStep] | None = None,
) -> Verdict:
    """The next level of the delegation at the cumulative amount, by a person who did nothing else on it.

    `roles` and `approvals` are those of the amendment when the caller has read them already.
    """
    given = approvals_of(amendment) if approvals is None else approvals
    return first_no(
        check(
            not _did(actor, amendment, *_WROTE, AmendmentStepKind.CERTIFIED),
            _("Vous avez écrit ou certifié cet avenant; une autre personne doit en décider."),
        ),
        check(
            actor.pk not in {one.person_id for one in given},
            _("Vous avez déjà approuvé cet avenant; une autre personne doit intervenir."),
        ),
        _holds_next_level(actor, amendment, now, roles, given),
        not_recused(actor, _file_of(amendment)),
    )


@rule(
    *MINISTER_ROLES,
    says=gettext_lazy(
        "La direction, la tête ou la délégation ministérielle met en vigueur un avenant approuvé, sans l’avoir écrit ni certifié."
    ),
    subject=Subject.AGREEMENTS,
)
def put_amendment_in_force(actor: Any, amendment: Amendment, now: datetime) -> Verdict:
    """Whoever may bind the minister, and neither wrote nor certified it."""
    return first_no(
        not_recused(actor, _file_of(amendment)),
        _in_force(amendment.agreement),
        check(
            not _did(actor, amendment, *_WROTE, AmendmentStepKind.CERTIFIED),
            _("Vous avez écrit ou certifié cet avenant; une autre personne doit le mettre en vigueur."),
        ),
    )


def next_role(amendment: Amendment, roles: Sequence[Role], approvals: Sequence[AmendmentStep]) -> Role | None:
    """The role of the next level; None when none is left."""
    return roles[len(approvals)] if len(approvals) < len(roles) else None


def is_fresh(amendment: Amendment, now: datetime) -> bool:
    """Whether the budget certificate is there and no older than that of a decision may be."""
    return amendment.certified_at is not None and now - amendment.certified_at <= CERTIFICATE_LASTS


def _holds_next_level(
    actor: Any, amendment: Amendment, now: datetime, roles: Sequence[Role] | None, approvals: Sequence[AmendmentStep]
) -> Verdict:
    role = next_role(amendment, levels_of(amendment, now) if roles is None else roles, approvals)
    if role is None and amendment.state in (AmendmentState.PROPOSED, AmendmentState.PARTLY_APPROVED):
        return no(_("La délégation en vigueur ne prévoit pas d’autre approbation pour ce montant."))
    if role is None:
        return needs_role(actor, now, *DELEGATES, call=amendment.agreement.project.call_id)
    return needs_role(actor, now, role, call=amendment.agreement.project.call_id)


def _did(actor: Any, amendment: Amendment, *kinds: AmendmentStepKind) -> bool:
    """Whether a person ever did one of these steps on it: a new round frees nobody."""
    return AmendmentStep.objects.filter(amendment=amendment, person=actor, kind__in=kinds).exists()


def _file_of(amendment: Amendment) -> int:
    return amendment.agreement.project.application_id or 0


def _in_force(agreement: Agreement) -> Verdict:
    return possible(agreement.state == AgreementState.IN_FORCE, _("La convention n’est pas en vigueur."))
