"""An agreement signed outside the portal: its PDF recorded by one person, checked by another, who puts the agreement in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, Stale, WrongState, act
from funding.enums import AGREEMENT_MOVES, SIGNED_COPY_MOVES, AgreementState, Party, SignedCopyState
from funding.models import Agreement, AgreementText, Signature, SignedCopy
from funding.policies import signed_copies as policies
from funding.queries.agreement_texts import text_faults
from funding.services.agreements import hold_agreement, put_in_force, require_signable
from projects.enums import DocumentKind
from projects.models import Application, User
from projects.services.documents import store_upload
from projects.services.journal import money_clock, note, note_reason, transition
from projects.services.locks import lock

#: how many characters of the digest, printed at the foot of each page, are typed again
PRINTED = 16


@dataclass(frozen=True, slots=True)
class Signatories:
    """Who signed the copy for each party, and when."""

    beneficiary_name: str
    beneficiary_on: date
    minister_name: str
    minister_on: date


def require_unsigned(agreement: Agreement) -> None:
    """Raise WrongState unless the agreement waits for its first signature."""
    require_signable(agreement)
    if agreement.signatures.exists():
        raise WrongState(_("Une partie a déjà signé dans le portail : l’autre y signe aussi."))


def require_recordable(agreement: Agreement) -> None:
    """Raise WrongState unless a copy may be recorded: nobody signed, and no other copy waits."""
    require_unsigned(agreement)
    if agreement.signed_copies.filter(state=SignedCopyState.RECORDED).exists():
        raise WrongState(_("Un exemplaire signé de cette convention est déjà inscrit."))


@act
def record_signed_copy(
    *, agreement_id: int, file: Any, signatories: Signatories, actor: User, now: datetime, key: str | None = None
) -> SignedCopy:
    """Keep the PDF that both parties signed; another person checks it. Raises NotAllowed, WrongState, Invalid."""
    read = Agreement.objects.select_related("project", "award__application").get(pk=agreement_id)
    policies.record_signed_copy(actor, read, now).require()
    require_recordable(read)
    if not str(file.name).lower().endswith(".pdf"):
        raise Invalid(errors={"file": _("L’exemplaire signé est un PDF.")})
    document = store_upload(
        file, kind=DocumentKind.SIGNED, actor=actor, now=now, application=read.project.application, project=read.project
    )

    application, agreement = hold_agreement(agreement_id)
    require_recordable(agreement)
    if faults := text_faults(agreement):
        raise WrongState(" ".join(faults))
    text = agreement.texts.get(version=agreement.version)
    _check_days(text, signatories, now)
    copy = SignedCopy.objects.create(
        agreement=agreement,
        text=text,
        document=document,
        beneficiary_name=signatories.beneficiary_name.strip(),
        beneficiary_on=signatories.beneficiary_on,
        minister_name=signatories.minister_name.strip(),
        minister_on=signatories.minister_on,
        recorded_by=actor,
        recorded_at=now,
    )
    note(copy, sha256=document.sha256, text_sha256=text.sha256)
    note(application)
    return copy


def _check_days(text: AgreementText, signatories: Signatories, now: datetime) -> None:
    """Nobody signs before the text exists, nor in the future. Raises Invalid."""
    first, today = timezone.localdate(text.frozen_at), timezone.localdate(now)
    errors = {
        name: _("La signature suit le texte et précède aujourd’hui.")
        for name, day in (("beneficiary_on", signatories.beneficiary_on), ("minister_on", signatories.minister_on))
        if not first <= day <= today
    }
    if errors:
        raise Invalid(errors=errors)


@act
def accept_signed_copy(*, copy_id: int, printed: str, actor: User, now: datetime, key: str | None = None) -> Agreement:
    """The copy repeats the frozen text, whose printed digest is typed again, and both parties signed it: the agreement is in force.

    Raises NotAllowed, WrongState, Stale, Invalid, EnvelopeExceeded.
    """
    known = money_clock(now)
    application, copy, agreement = _hold_copy(copy_id)
    policies.decide_signed_copy(actor, copy, now).require()
    require_unsigned(agreement)
    if copy.text.version != agreement.version:
        raise Stale(_("Le projet a été refait depuis : cet exemplaire n’en est plus le texte."))
    if printed.replace(" ", "").lower() != copy.text.sha256[:PRINTED]:
        asked = _("Ce n’est pas l’empreinte du texte figé : l’exemplaire signé n’est pas celui de cette convention.")
        raise Invalid(errors={"printed": asked})
    transition([copy], SignedCopyState.ACCEPTED, moves=SIGNED_COPY_MOVES, now=now, decided_by=actor, decided_at=now)
    for party, day in ((Party.BENEFICIARY, copy.beneficiary_on), (Party.MINISTER, copy.minister_on)):
        _keep_signature(agreement, copy, party, day, now=now)
    transition([agreement], AgreementState.SIGNED_BENEFICIARY, moves=AGREEMENT_MOVES, now=now)
    put_in_force(application, agreement, actor=actor, now=now, known=known)
    return agreement


def _hold_copy(copy_id: int) -> tuple[Application, SignedCopy, Agreement]:
    """The file, the copy, then its agreement, all held until COMMIT."""
    agreement_id, application_id = SignedCopy.objects.values_list("agreement", "agreement__award__application").get(pk=copy_id)
    return lock(Application, application_id), lock(SignedCopy, copy_id), lock(Agreement, agreement_id)


def _keep_signature(agreement: Agreement, copy: SignedCopy, party: Party, day: date, *, now: datetime) -> None:
    """The signature that the accepted copy bears for a party."""
    signature = Signature.objects.create(
        agreement=agreement,
        party=party,
        signed_on=day,
        document=agreement.document,
        document_sha256=agreement.document.sha256 if agreement.document else "",
        text_sha256=copy.text.sha256,
        signed_copy=copy,
        recorded_at=now,
    )
    note(signature, party=str(party), text_sha256=copy.text.sha256, copy=copy.pk)


@act
def refuse_signed_copy(*, copy_id: int, reason: str, actor: User, now: datetime, key: str | None = None) -> SignedCopy:
    """Refuse a copy, with a reason; another may be recorded. Raises NotAllowed, WrongState, Invalid."""
    application, copy, _agreement = _hold_copy(copy_id)
    policies.decide_signed_copy(actor, copy, now).require()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif du refus.")})
    note_reason(reason)
    transition(
        [copy], SignedCopyState.REFUSED, moves=SIGNED_COPY_MOVES, now=now, decided_by=actor, decided_at=now, refusal_reason=reason.strip()
    )
    note(application)
    return copy
