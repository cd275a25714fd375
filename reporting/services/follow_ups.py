"""Follow-up reports by the people: filled in section by section, signed, co-signed, then verified or returned by the Secretariat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, Stale, WrongState, act
from fondsinnovation.kit.states import require_move
from fondsinnovation.templatetags.typography import long_date
from funding.enums import FollowUpFactKind, HoldLift
from funding.models import Agreement, Milestone
from funding.queries.follow_ups import terms_of
from funding.services.follow_ups import hold_final_milestone, lift_late_hold, record_follow_up, settle_final_milestone
from projects.enums import DocumentKind, Role
from projects.models import Document, User
from projects.queries.applications import members_to_tell
from projects.services import messages
from projects.services.documents import store_upload
from projects.services.journal import money_clock, note, note_organisation, note_reason, transition
from projects.services.locks import lock
from reporting.enums import FOLLOW_UP_MOVES, FOLLOW_UP_WRITABLE, FollowUpKind, FollowUpPart, FollowUpState
from reporting.models import FollowUpAttachment, FollowUpReport, FollowUpSection
from reporting.policies import follow_ups as policies
from reporting.queries.follow_ups import attachments_of, missing_of, report_facts
from reporting.queries.gains import cosigners_of, holders_of, is_alone
from reporting.sections.follow_ups import EquityPart, part_form, parts_of
from reporting.services.follow_up_calendar import hold_if_late, hold_report
from reporting.services.follow_up_versions import keep_version, record_objectives

_S = FollowUpState


# ── The beneficiary ──────────────────────────────────────────────────────────────────────────────────────────────────
@act
def save_follow_up_section(
    *,
    report_id: int,
    kind: FollowUpPart,
    typed: Mapping[str, Any],
    version: int,
    actor: User,
    now: datetime,
    key: str | None = None,
) -> FollowUpSection:
    """Keep what was typed in one section, right or wrong. `version` is the one that the page was made from.

    Only the number of a group of one or two persons is not kept. Raises NotAllowed, WrongState, Stale, Invalid.
    """
    report = _to_write(report_id, actor, now)
    required = {part.kind: is_required for part, is_required in parts_of(report.kind)}
    if kind not in required:
        raise WrongState(_("Ce rapport ne demande pas cette section."))
    form = part_form(kind, typed, report_facts(report, timezone.localdate(now)))
    if isinstance(form, EquityPart) and (small := form.small_cells()):
        raise Invalid(errors=small)
    section = next(iter(FollowUpSection.objects.filter(report=report, kind=kind).order_by("pk")), None)
    if section is not None and section.content == form.typed():
        return section  # a double click, or a colleague who typed the same: nothing to write over
    section = section or FollowUpSection(report=report, kind=kind, version=0)
    if section.version != version:
        raise Stale(_("Cette section a été modifiée depuis que vous l’avez ouverte. Rien n’a été écrasé."))
    left_out = not required[kind] and form.is_blank  # opened and left empty: it asks for nothing, and keeps nobody from signing
    section.content, section.is_complete = form.typed(), left_out or form.is_valid()
    section.version += 1
    section.saved_by, section.saved_at = actor, now
    section.save()
    note(section, kind=str(kind), version=section.version)
    return section


@act
def attach_to_follow_up(*, report_id: int, file: Any, actor: User, now: datetime, key: str | None = None) -> Document:
    """Check and keep a file of a report. Raises NotAllowed, WrongState, Invalid, TooLarge; nothing is kept then."""
    read = FollowUpReport.objects.select_related("project").get(pk=report_id)
    policies.write_follow_up(actor, read.project, now).require()
    try:
        document = store_upload(file, kind=DocumentKind.EVIDENCE, actor=actor, now=now, project=read.project)  # hashed before the lock
    except Invalid as error:
        raise type(error)(errors={"file": error.message}) from error
    report = _to_write(report_id, actor, now)
    FollowUpAttachment.objects.create(report=report, document=document)
    note(document, sha256=document.sha256)
    return document


@act
def detach_from_follow_up(*, report_id: int, document_id: int, actor: User, now: datetime, key: str | None = None) -> Document:
    """Take a file back from a report that is being written: it leaves the pages, its row stays. Raises NotAllowed, WrongState."""
    report = _to_write(report_id, actor, now)
    document = attachments_of(report).get(pk=document_id)
    if document.uploaded_at <= (report.signed_at or document.uploaded_at) and report.versions.exists():
        raise WrongState(_("Ce fichier fait partie d’une version signée : joignez le nouveau sans le retirer."))
    document.removed_at = now
    document.save(update_fields=["removed_at"])
    note(document, removed=True)
    return document


@act
def submit_follow_up(*, report_id: int, actor: User, now: datetime, key: str | None = None) -> FollowUpReport:
    """Sign a complete report whose period has ended. It waits for its co-signature, or is received at once when nobody could co-sign.

    Raises NotAllowed, WrongState with what is missing.
    """
    report, agreement = hold_report(report_id)
    policies.write_follow_up(actor, report.project, now).require()
    require_move(FOLLOW_UP_MOVES, report.state, _S.TO_COSIGN)
    if timezone.localdate(now) <= report.period_end:
        raise WrongState(_("Ce rapport se signe après la fin de sa période, le %(day)s.") % {"day": long_date(report.period_end)})
    if missing := missing_of(report):
        raise WrongState(_("Le rapport est incomplet : %(sections)s.") % {"sections": ", ".join(str(name) for name in missing)})
    signed: dict[str, Any] = {"signed_by": actor, "signed_at": now, "cosigned_by": None, "cosigned_at": None, "cosignature_waived": False}
    transition([report], _S.TO_COSIGN, moves=FOLLOW_UP_MOVES, now=now, **signed)
    keep_version(report, actor=actor, now=now)
    _note_file(report)
    if is_alone(report.project, now):
        note(report, cosignature_waived=True)
        _receive(report, agreement, now=now, cosignature_waived=True)
        return report
    with messages.in_french():
        subject = _("Rapport %(number)s à cosigner") % {"number": report.number}
        body = _("%(name)s a signé ce rapport de suivi. Il vous revient de le cosigner pour qu’il soit soumis.") % {"name": actor.name}
    _tell(cosigners_of(report.project, actor, now), report, subject, body, now)
    return report


@act
def take_back_follow_up(*, report_id: int, actor: User, now: datetime, key: str | None = None) -> FollowUpReport:
    """Take a signed report back before its co-signature, to write it again: it is what its clock says. Raises NotAllowed, WrongState."""
    report, _agreement = hold_report(report_id)
    policies.write_follow_up(actor, report.project, now).require()
    if report.state != _S.TO_COSIGN:
        raise WrongState(_("Seul un rapport qui attend sa cosignature se reprend."))
    if report.submitted_at is not None:
        transition([report], _S.RETURNED, moves=FOLLOW_UP_MOVES, now=now)
    else:
        state = _S.LATE if timezone.localdate(now) > report.due_on else _S.DUE
        transition([report], state, moves=FOLLOW_UP_MOVES, now=now, signed_by=None, signed_at=None)
    _note_file(report)
    return report


@act
def cosign_follow_up(*, report_id: int, actor: User, now: datetime, seen: datetime | None = None, key: str | None = None) -> FollowUpReport:
    """Co-sign a report, which submits it. `seen`: the instant of the signature that was read. Raises NotAllowed, WrongState, Stale."""
    report, agreement = hold_report(report_id)
    policies.cosign_follow_up(actor, report, now).require()
    require_move(FOLLOW_UP_MOVES, report.state, _S.SUBMITTED)
    _require_unchanged(report, seen)
    _receive(report, agreement, now=now, cosigned_by=actor, cosigned_at=now)
    _note_file(report)
    return report


def _receive(report: FollowUpReport, agreement: Agreement, *, now: datetime, **changes: Any) -> None:
    """The report is received: its lateness stops, and so may the hold that it placed."""
    first: dict[str, Any] = {} if report.submitted_at else {"submitted_at": now}
    transition([report], _S.SUBMITTED, moves=FOLLOW_UP_MOVES, now=now, **first, **changes)
    note_organisation(report.project.organisation_id)
    _let_go(report, agreement, HoldLift.SUBMITTED, _("Le rapport %(number)s est soumis.") % {"number": report.number}, now)
    with messages.in_french():
        subject = _("Rapport %(number)s à vérifier") % {"number": report.number}
        body = _("Un rapport de suivi de %(name)s attend sa vérification.") % {"name": report.project.organisation.name}
    _tell(holders_of(Role.OFFICER, report.project.call_id, now), report, subject, body, now)


def _let_go(report: FollowUpReport, agreement: Agreement, when: HoldLift, reason: str, now: datetime) -> None:
    """Lift the hold of a report when the terms say so; another late report of the agreement holds the payments at once."""
    terms = terms_of(report.project.call.terms_id)
    if terms is None or terms.hold_lifts_on != when:
        return
    if lift_late_hold(agreement, source=report.number, reason=reason, now=now) is not None:
        hold_if_late(agreement, terms, now=now)


# ── The Secretariat ──────────────────────────────────────────────────────────────────────────────────────────────────
@act
def verify_follow_up(*, report_id: int, actor: User, now: datetime, seen: datetime | None = None, key: str | None = None) -> FollowUpReport:
    """Accept a report. A final one is what the holdback waits for (INV-09): its lessons are published, and the agreement may be closed.

    Raises NotAllowed, WrongState, Stale.
    """
    known = money_clock(now)
    milestone = hold_final_milestone(FollowUpReport.objects.values_list("agreement", flat=True).get(pk=report_id))
    report, agreement = hold_report(report_id)
    policies.verify_follow_up(actor, report, now).require()
    require_move(FOLLOW_UP_MOVES, report.state, _S.VERIFIED)
    _require_unchanged(report, seen)
    transition([report], _S.VERIFIED, moves=FOLLOW_UP_MOVES, now=now, verified_by=actor, verified_at=now, reason="")
    _let_go(report, agreement, HoldLift.VERIFIED, _("Le rapport %(number)s est vérifié.") % {"number": report.number}, now)
    record_objectives(report, known=known, actor=actor, now=now)
    if report.kind == FollowUpKind.CLOSING:
        _settle(report, agreement, milestone, actor=actor, now=now)
    _note_file(report)
    with messages.in_french():
        subject = _("Rapport %(number)s vérifié") % {"number": report.number}
        body = _("Votre rapport de suivi est vérifié. Merci.")
    _tell(members_to_tell(report.project, now), report, subject, body, now)
    return report


def _settle(report: FollowUpReport, agreement: Agreement, milestone: Milestone | None, *, actor: User, now: datetime) -> None:
    """What a verified final report settles for funding."""
    told: dict[str, Any] = {"reference": report.number, "through": report.period_end, "person": actor, "now": now}
    record_follow_up(agreement, FollowUpFactKind.FINAL_REPORT, **told)
    record_follow_up(agreement, FollowUpFactKind.LESSONS, **told)
    if milestone is not None:
        for document in attachments_of(report)[:1]:
            signer = User.objects.get(pk=report.signed_by_id or 0)
            settle_final_milestone(milestone, document, reported_by=signer, verified_by=actor, now=now)


@act
def return_follow_up(
    *, report_id: int, reason: str, actor: User, now: datetime, seen: datetime | None = None, key: str | None = None
) -> FollowUpReport:
    """Send a report back to be completed, with a reason. Raises NotAllowed, WrongState, Stale, Invalid."""
    report, _agreement = hold_report(report_id)
    policies.verify_follow_up(actor, report, now).require()
    require_move(FOLLOW_UP_MOVES, report.state, _S.RETURNED)
    _require_unchanged(report, seen)
    if not reason.strip():
        raise Invalid(errors={"reason": _("Inscrivez le motif : l’organisme le lira.")})
    transition([report], _S.RETURNED, moves=FOLLOW_UP_MOVES, now=now, reason=reason.strip())
    note_reason(reason)
    _note_file(report)
    with messages.in_french():
        subject = _("Rapport %(number)s à compléter") % {"number": report.number}
    _tell(members_to_tell(report.project, now), report, subject, reason, now)
    return report


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _to_write(report_id: int, actor: User, now: datetime) -> FollowUpReport:
    """The report, held, of somebody who writes it. Raises NotAllowed, WrongState."""
    report = lock(FollowUpReport, report_id, "project__organisation", "project__call", "project__application")
    policies.write_follow_up(actor, report.project, now).require()
    require_writable(report)
    note(report)
    note_organisation(report.project.organisation_id)
    return report


def require_writable(report: FollowUpReport) -> None:
    """Raise WrongState unless the report is being written."""
    if report.state not in FOLLOW_UP_WRITABLE:
        raise WrongState(_("Ce rapport est signé : il ne se modifie plus."))


def _require_unchanged(report: FollowUpReport, seen: datetime | None) -> None:
    if seen is not None and seen != report.signed_at:
        raise Stale(_("Ce rapport a été signé de nouveau depuis que vous avez ouvert cette page. Rien n’a été enregistré : relisez-le."))


def _note_file(report: FollowUpReport) -> None:
    note(report.project.application or report.project)


def _tell(people: Iterable[User], report: FollowUpReport, subject: str, body: str, now: datetime) -> None:
    messages.send(people, subject=subject, body=body, now=now, application=report.project.application)
