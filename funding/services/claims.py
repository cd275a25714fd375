"""Claims of eligible costs: written and submitted by the beneficiary, verified and decided, line by line, by an officer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.kit.money import ZERO
from funding.enums import CLAIM_MOVES, DEAD_PAYMENTS, ClaimState
from funding.models import Agreement, Claim, ClaimLine, Instalment, Payment
from funding.policies import claims as policies
from funding.queries.claims import lines_of, live_claim, stack_of_claim
from projects.enums import DocumentKind
from projects.models import Document, User
from projects.services.documents import store_upload
from projects.services.journal import next_numbers, note, note_organisation, note_reason, transition
from projects.services.locks import lock


@dataclass(frozen=True, slots=True)
class ClaimContent:
    """What a claim says: its period, dollars by category of cost, new files by category, and the other public aid to these costs."""

    period_start: date
    period_end: date
    other_public_aid: Decimal
    amounts: Mapping[str, Decimal]
    files: Mapping[str, Any] = field(default_factory=dict)


@act
def save_claim(*, instalment_id: int, content: ClaimContent, actor: User, now: datetime, key: str | None = None) -> Claim:
    """Start the claim of an instalment, or change its draft. A category whose amount is 0 or absent leaves the draft.

    Raises NotAllowed, WrongState, Invalid (a file or a period that cannot be).
    """
    instalment = Instalment.objects.select_related("agreement__project__call").get(pk=instalment_id)
    policies.write_claim(actor, instalment, now).require()
    if content.period_end < content.period_start:
        raise Invalid(errors={"period_end": _("La fin de la période suit son début.")})
    documents = _store(content, instalment, actor, now)
    draft = live_claim(instalment)
    claim = lock(Claim, draft.pk) if draft else None
    instalment.agreement = lock(Agreement, instalment.agreement_id)
    instalment.refresh_from_db(fields=["replaced_by"])  # an amendment may have come in force during the wait
    policies.write_claim(actor, instalment, now).require()
    claim = _draft(claim, instalment, actor, now)
    claim.period_start, claim.period_end, claim.other_public_aid = content.period_start, content.period_end, content.other_public_aid
    claim.save()
    kept = {line.category: line.document for line in claim.lines.select_related("document").order_by("pk")}
    claim.lines.all().delete()
    ClaimLine.objects.bulk_create(
        [
            ClaimLine(claim=claim, category=category, amount=amount, document=documents.get(category, kept.get(category)))
            for category, amount in content.amounts.items()
            if amount
        ]
    )
    note(claim, claimed=sum(content.amounts.values(), ZERO))
    _note_file(claim)
    return claim


def _draft(claim: Claim | None, instalment: Instalment, actor: User, now: datetime) -> Claim:
    """The draft of the claim of an instalment, new when there is none. Raises WrongState when it is submitted, or paid without one."""
    if claim is not None:
        if claim.state != ClaimState.DRAFT:
            raise WrongState(_("Cette réclamation est déjà soumise."))
        return claim
    _require_unpaid(instalment)
    year = timezone.localdate(now).year
    return Claim(number=next_numbers(f"RCL-{year}", 1, width=5)[0], instalment=instalment, drafted_by=actor, drafted_at=now)


def _require_unpaid(instalment: Instalment) -> None:
    if Payment.objects.filter(instalment=instalment).exclude(state__in=DEAD_PAYMENTS).exists():
        raise WrongState(_("Le paiement de ce versement est déjà demandé."))


def _store(content: ClaimContent, instalment: Instalment, actor: User, now: datetime) -> dict[str, Document]:
    """The new files, kept before the first lock: they are hashed."""
    stored, errors = {}, {}
    for category, file in content.files.items():
        try:
            stored[category] = store_upload(file, kind=DocumentKind.EVIDENCE, actor=actor, now=now, project=instalment.agreement.project)
        except Invalid as error:
            errors[f"document_{category}"] = error.message
    if errors:
        raise Invalid(errors=errors)
    return stored


@act
def submit_claim(*, claim_id: int, actor: User, now: datetime, key: str | None = None) -> Claim:
    """Submit a claim whose every cost has its document. Raises NotAllowed, WrongState, Invalid."""
    claim = _hold(claim_id)
    policies.submit_claim(actor, claim, now).require()
    _require_unpaid(claim.instalment)
    lines = lines_of(claim)
    if not lines:
        raise Invalid(_("Inscrivez au moins un coût avant de soumettre la réclamation."))
    if missing := [str(line.get_category_display()) for line in lines if line.document_id is None]:
        raise Invalid(_("Joignez une pièce justificative pour : %(categories)s.") % {"categories": ", ".join(missing)})
    transition([claim], ClaimState.SUBMITTED, moves=CLAIM_MOVES, now=now, submitted_by=actor, submitted_at=now)
    note(claim, claimed=sum((line.amount for line in lines), ZERO))
    _note_file(claim)
    note_organisation(claim.instalment.agreement.project.organisation_id)
    return claim


@act
def examine_claim(*, claim_id: int, actor: User, now: datetime, key: str | None = None) -> Claim:
    """Begin the verification of a submitted claim. Raises NotAllowed, WrongState."""
    claim = _hold(claim_id)
    policies.decide_claim(actor, claim, now).require()
    transition([claim], ClaimState.IN_VERIFICATION, moves=CLAIM_MOVES, now=now, examined_by=actor, examined_at=now)
    _note_file(claim)
    return claim


@act
def decide_claim(
    *,
    claim_id: int,
    admitted: Mapping[str, Decimal],
    reasons: Mapping[str, str],
    other_public_aid: Decimal,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> Claim:
    """Admit each cost (by category) in whole or in part, or not at all, with the reason of what is not.

    The aid is what is admitted, within the instalment and the stacking limit of the terms. Raises NotAllowed, WrongState, Invalid.
    """
    claim = _hold(claim_id)
    policies.decide_claim(actor, claim, now).require()
    lines = lines_of(claim)
    _judge(lines, admitted, reasons)
    total = sum((line.admitted or ZERO for line in lines), ZERO)
    claimed = sum((line.amount for line in lines), ZERO)
    state = ClaimState.ADMITTED if total == claimed else ClaimState.PARTLY_ADMITTED if total else ClaimState.REFUSED
    stack = stack_of_claim(claim, total, other_public_aid)
    ClaimLine.objects.bulk_update(lines, ["admitted", "reason"])
    transition(
        [claim],
        state,
        moves=CLAIM_MOVES,
        now=now,
        other_public_aid=other_public_aid,
        decided_by=actor,
        decided_at=now,
        admitted_cost=total,
        stacking_limit=stack.limit,
        aid=min(stack.fund, stack.most),
    )
    note(claim, admitted=total, aid=claim.aid, other_public_aid=other_public_aid)
    note_reason("; ".join(line.reason for line in lines if line.reason))
    _note_file(claim)
    return claim


def _judge(lines: list[ClaimLine], admitted: Mapping[str, Decimal], reasons: Mapping[str, str]) -> None:
    """Write on each line what is admitted of it and why not the rest. Raises Invalid with every fault at once."""
    errors = {}
    for line in lines:
        line.admitted, line.reason = admitted.get(line.category), reasons.get(line.category, "").strip()
        if line.admitted is None or not 0 <= line.admitted <= line.amount:
            errors[f"admitted_{line.category}"] = _("Le montant admis va de 0 au montant réclamé.")
        elif line.admitted < line.amount and not line.reason:
            errors[f"reason_{line.category}"] = _("Expliquez ce qui n’est pas admis.")
    if errors:
        raise Invalid(errors=errors)


def _hold(claim_id: int) -> Claim:
    """The claim, then its agreement, both held until COMMIT."""
    claim = lock(Claim, claim_id)
    claim.instalment.agreement = lock(Agreement, claim.instalment.agreement_id)
    return claim


def _note_file(claim: Claim) -> None:
    project = claim.instalment.agreement.project
    note(project.application or project)
