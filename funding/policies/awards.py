"""Who recommends, certifies, approves, refuses, returns and tells a decision: each a different person (SD-3, SD-4, SD-5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fondsinnovation.kit.verdict import Verdict, check, first_no, no
from funding.enums import AwardState
from funding.models import Approval, Award, DelegationRule, Review
from projects.enums import Role
from projects.models import Application, JournalEntry, User
from projects.policies.interests import not_recused
from projects.policies.rights import needs_role
from projects.policies.rules import Subject, rule
from projects.policies.scope import call_of

#: how long a budget certificate is good for (domain.md SM-4)
CERTIFICATE_LASTS = timedelta(days=30)
#: the roles that a delegation may name; its table says which ones approve which amount (the database refuses any other)
DELEGATES = (Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE)


def delegation_of(award: Award, now: datetime) -> list[Role]:
    """The roles that approve an award of this amount, in order, by the delegation in force on the day of `now`."""
    return delegation_of_amount(award.amount, now)


def delegation_of_amount(amount: Decimal, now: datetime) -> list[Role]:
    """The roles that approve so many dollars, in order, by the delegation in force on the day of `now`."""
    day = timezone.localdate(now)
    rules = DelegationRule.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day),
        Q(up_to__isnull=True) | Q(up_to__gte=amount),
        valid_from__lte=day,
        above__lt=amount,
    )
    found = rules.order_by("-valid_from", "pk").values_list("approvals", flat=True)[:1]
    return [Role(code) for codes in found for code in codes]


def approvals_of(award: Award) -> list[Approval]:
    """The approvals of the award's current round, in the order of their levels."""
    return list(Approval.objects.filter(award=award, round=award.round).select_related("person").order_by("level", "pk"))


def is_fresh(award: Award, now: datetime) -> bool:
    """Whether the budget certificate is there and less than 30 days old."""
    return award.certified_at is not None and now - award.certified_at <= CERTIFICATE_LASTS


@rule(
    Role.COMMITTEE_SECRETARY,
    says=gettext_lazy("Le secrétariat du comité, que rien n’écarte du dossier, fait la recommandation."),
    subject=Subject.AWARDS,
)
def recommend_award(actor: User, application: Application, now: datetime) -> Verdict:
    """The committee's secretary, whom no recusal keeps away from the file."""
    return not_recused(actor, application.pk)


@rule(
    Role.CONTROLLER,
    says=gettext_lazy("Le contrôle financier certifie la disponibilité budgétaire, sans avoir recommandé ni approuvé."),
    subject=Subject.AWARDS,
    role_last=True,
)
def certify_award(actor: User, award: Award, now: datetime) -> Verdict:
    """The controller, who neither recommended nor approved."""
    return first_no(
        _not_recommender(
            actor, award, _("Vous avez recommandé ce dossier; une autre personne doit certifier la disponibilité budgétaire.")
        ),
        _not_approver(actor, approvals_of(award)),
        not_recused(actor, award.application_id),
    )


@rule(
    *DELEGATES,
    says=gettext_lazy(
        "Le prochain niveau de la délégation approuve ou refuse — la direction, si la recommandation est défavorable —, "
        "sans avoir évalué, recommandé, certifié ni déjà approuvé."
    ),
    subject=Subject.AWARDS,
    acts=("approve_award", "refuse_award"),
    role_last=True,
)
def decide_award(
    actor: User, award: Award, now: datetime, *, roles: Sequence[Role] | None = None, approvals: Sequence[Approval] | None = None
) -> Verdict:
    """The next level of the delegation — the director for an unfavourable recommendation — by a person who did nothing else on the file.

    `roles` and `approvals` are those of the award when the caller has read them already.
    """
    given = approvals_of(award) if approvals is None else approvals
    done = _acts_of(actor, award)
    return first_no(
        _not_recommender(actor, award, _("Vous avez recommandé ce dossier; une autre personne doit approuver."), done),
        check(
            award.certified_by_id != actor.pk and "certify_award" not in done,
            _("Vous avez certifié la disponibilité budgétaire; une autre personne doit approuver."),
        ),
        _not_approver(actor, given),
        _holds_next_level(actor, award, now, roles, given),
        check(
            not Review.objects.filter(application=award.application_id, reviewer=actor).exists(),
            _("Vous avez évalué ce dossier; une autre personne doit approuver."),
        ),
        not_recused(actor, award.application_id),
    )


def next_role(award: Award, roles: Sequence[Role], approvals: Sequence[Approval]) -> Role | None:
    """The role of the next level; None when the delegation has none left (it changed since the first approval)."""
    if not award.is_favourable:
        return Role.DIRECTOR
    level = len(approvals) - (award.state == AwardState.APPROVED)  # once approved, the last level is the one that is over
    return roles[level] if level < len(roles) else None


def _holds_next_level(actor: User, award: Award, now: datetime, roles: Sequence[Role] | None, approvals: Sequence[Approval]) -> Verdict:
    chain = delegation_of(award, now) if roles is None else roles
    role = next_role(award, chain, approvals)
    if role is None:
        return no(_("La délégation en vigueur ne prévoit pas d’autre approbation pour ce montant."))
    return needs_role(actor, now, role, call=call_of(award))


@rule(
    *DELEGATES,
    says=gettext_lazy("Qui décide peut retourner la recommandation; la direction le peut quand la délégation ne prévoit plus de niveau."),
    subject=Subject.AWARDS,
    role_last=True,
)
def return_award(actor: User, award: Award, now: datetime, *, approvals: Sequence[Approval] | None = None) -> Verdict:
    """Whoever decides may return the recommendation; when the delegation left no level, the director may."""
    given = approvals_of(award) if approvals is None else approvals
    roles = delegation_of(award, now)
    if next_role(award, roles, given) is None:
        roles = [*roles, *[Role.DIRECTOR] * (len(given) + 1 - len(roles))]
    return decide_award(actor, award, now, roles=roles, approvals=given)


@rule(
    Role.OFFICER,
    Role.DIRECTOR,
    says=gettext_lazy("Un agent de programme ou la direction, que rien n’écarte du dossier, transmet la lettre de décision."),
    subject=Subject.AWARDS,
)
def issue_letter(actor: User, award: Award, now: datetime) -> Verdict:
    """An officer or the director, whom no recusal keeps away from the file."""
    return not_recused(actor, award.application_id)


def _acts_of(actor: Any, award: Award) -> set[str]:
    """Which of the former steps a person ever did on the file: a renewed certificate or a new round frees nobody."""
    done = JournalEntry.objects.filter(application=award.application_id, act__in=("recommend_award", "certify_award"), actor=actor)
    return set(done.values_list("act", flat=True))


def _not_recommender(actor: Any, award: Award, reason: str, done: Collection[str] = ()) -> Verdict:
    return check(award.recommended_by_id != actor.pk and "recommend_award" not in done, reason)


def _not_approver(actor: Any, approvals: Sequence[Approval]) -> Verdict:
    return check(
        actor.pk not in {one.person_id for one in approvals},
        _("Vous avez déjà approuvé cette décision; une autre personne doit intervenir."),
    )
