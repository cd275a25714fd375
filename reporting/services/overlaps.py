"""Overlaps: opened by the act that writes a gain, both lines contested in its year; settled once, by a person apart from both."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid, WrongState, act
from fondsinnovation.templatetags.typography import fiscal_year
from projects.enums import Role
from projects.models import GainLine, Project, User
from projects.queries.applications import members_to_tell
from projects.services import messages
from projects.services.journal import money_clock, note, note_reason
from projects.services.locks import lock_all
from projects.services.outbox import queue
from reporting.enums import ContestCause, OverlapOutcome
from reporting.models import Overlap, OverlapResolution
from reporting.policies import overlaps as policies
from reporting.queries.gains import holders_of
from reporting.queries.overlaps import still_contested, unseen_pairs
from reporting.services.contests import record_contests

#: overlaps that one act opened, beyond which people read the register rather than a message for each
TOLD = 5


def open_overlaps(lines: Iterable[int], *, known: datetime, actor: User | None, now: datetime) -> list[Overlap]:
    """Open the overlaps that gains just written bring about on some lines (keys), and contest both lines of each in its year.

    A step of whatever act wrote the gains, after its rows: one line, or all those of an import.
    """
    found = unseen_pairs(lines)
    if not found:
        return []
    facts = {"opened_at": now, "opened_by": actor, "recorded_at": known}
    opened = Overlap.objects.bulk_create(Overlap(**pair, **facts) for pair in found)
    for row in opened:
        note(row, lines=[row.first_id, row.second_id], fiscal_year=row.fiscal_year)
    touched = {(line, row.fiscal_year) for row in opened for line in (row.first_id, row.second_id)}
    reason = _why(opened)
    record_contests(touched, cause=ContestCause.OVERLAP, contested=True, reason=reason, known=known, actor=actor, now=now)
    if len(opened) <= TOLD:
        for row in opened:
            _tell_opened(row, now)
    return opened


def _why(opened: list[Overlap]) -> str:
    """Why the lines of these overlaps are contested: kept in French for everyone, as what is sent is."""
    with messages.in_french():
        numbers = ", ".join(row.number for row in opened[:TOLD])
        return _("Une autre ligne réclame le même budget : %(numbers)s") % {"numbers": numbers}


@act
def resolve_overlap(
    *, overlap_id: int, outcome: str, withdrawn_id: int | None = None, reason: str, actor: User, now: datetime, key: str | None = None
) -> OverlapResolution:
    """Settle an overlap for good, with a reason: both lines are real expenses, or one is withdrawn and stays contested in that year.

    A line comes back in a year when none of its overlaps of that year is open. Raises NotAllowed, WrongState (settled already), Invalid.
    """
    known = money_clock(now)
    projects = ("first_project__application", "second_project__application")
    overlap = Overlap.objects.select_related(*projects).get(pk=overlap_id)
    lock_all(GainLine, [overlap.first_id, overlap.second_id])
    policies.resolve_overlap(actor, overlap, now).require()
    if OverlapResolution.objects.filter(overlap=overlap).exists():
        raise WrongState(_("Ce chevauchement est déjà tranché."))
    _require_decision(overlap, outcome, withdrawn_id, reason)
    resolution = OverlapResolution.objects.create(
        overlap=overlap,
        outcome=outcome,
        withdrawn_id=withdrawn_id,
        reason=reason,
        resolved_by=actor,
        resolved_at=now,
        recorded_at=known,
    )
    note(resolution, overlap=overlap.pk, outcome=str(outcome), withdrawn=withdrawn_id)
    note_reason(reason)
    _note_files(overlap)
    _contest_what_remains(overlap, reason, known=known, actor=actor, now=now)
    _tell_resolved(resolution, now)
    queue("money", now=now)
    return resolution


def _require_decision(overlap: Overlap, outcome: str, withdrawn_id: int | None, reason: str) -> None:
    errors = {}
    if outcome not in OverlapOutcome.values:
        errors["decision"] = _("Choisissez une décision.")
    elif (withdrawn_id is not None) is not (outcome == OverlapOutcome.WITHDRAWN):
        errors["decision"] = _("Dites quelle ligne est retirée.")
    elif withdrawn_id not in (None, overlap.first_id, overlap.second_id):
        errors["decision"] = _("Cette ligne n’est pas de ce chevauchement.")
    if not reason.strip():
        errors["reason"] = _("Inscrivez le motif de la décision.")
    if errors:
        raise Invalid(errors=errors)


def _contest_what_remains(overlap: Overlap, reason: str, *, known: datetime, actor: User, now: datetime) -> None:
    lines = {overlap.first_id, overlap.second_id}
    held = still_contested(lines, overlap.fiscal_year)
    for contested, chosen in ((True, held), (False, lines - held)):
        places = [(line, overlap.fiscal_year) for line in chosen]
        record_contests(places, cause=ContestCause.OVERLAP, contested=contested, reason=reason, known=known, actor=actor, now=now)


# ── Who is told ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _projects(overlap: Overlap) -> list[tuple[Project, GainLine]]:
    return [(overlap.first_project, overlap.first), (overlap.second_project, overlap.second)]


def _note_files(overlap: Overlap) -> None:
    for project, _line in _projects(overlap):
        note(project.application or project)


def _tell_opened(overlap: Overlap, now: datetime) -> None:
    """Each organisation hears of its own line, and nothing of the other; those who settle hear of the overlap."""
    with messages.in_french():
        subject = _("Chevauchement %(number)s à trancher") % {"number": overlap.number}
        body = _("Deux lignes réclament le même budget en %(year)s. Ces gains sont exclus des totaux jusqu’à votre décision.")
        own = _("Gains de la ligne %(line)s : chevauchement en examen")
        why = _("Une autre ligne réclame le même budget en %(year)s. Ces gains sont exclus des totaux jusqu’à la décision du Secrétariat.")
    year = {"year": fiscal_year(overlap.fiscal_year)}
    for project, line in _projects(overlap):
        messages.send(
            members_to_tell(project, now), subject=own % {"line": line.code}, body=why % year, now=now, application=project.application
        )
    first = overlap.first_project
    people = holders_of(Role.GAIN_VERIFIER, first.call_id, now)
    messages.send(people, subject=subject, body=body % year, now=now, application=first.application)


def _tell_resolved(resolution: OverlapResolution, now: datetime) -> None:
    """Each organisation hears whether its line counts; the reason may name the other file, and stays in the register."""
    with messages.in_french():
        subject = _("Gains de la ligne %(line)s : chevauchement tranché")
        kept = _("Votre ligne garde ses gains de %(year)s.")
        lost = _("Votre ligne est retirée de %(year)s : ses gains de cet exercice ne comptent dans aucun total.")
    year = {"year": fiscal_year(resolution.overlap.fiscal_year)}
    for project, line in _projects(resolution.overlap):
        body = (lost if line.pk == resolution.withdrawn_id else kept) % year
        messages.send(
            members_to_tell(project, now), subject=subject % {"line": line.code}, body=body, now=now, application=project.application
        )
