"""One budget, two lines reported at the same instant: the second gain sees the claim of the first, or neither would."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.db import connection

from fondsinnovation.kit.errors import WrongState
from projects.enums import Nature, Role
from reporting.enums import OverlapOutcome
from reporting.models import GainClaim, GainReport, GainShare, LineContest, Overlap, OverlapResolution
from reporting.queries.contests import contested_years
from reporting.queries.invariants import INVARIANTS, check
from reporting.services.gains import cosign_gain
from reporting.services.overlaps import resolve_overlap
from tests.databases import owner_connection
from tests.factories import NOW, person_with
from tests.races.crowd import at_once
from tests.reporting.gains import Team
from tests.reporting.overlaps import KEY
from tests.reporting.sharing import measure, share

pytestmark = pytest.mark.race
LINES = 6
PAIRS = LINES * (LINES - 1) // 2


def reported_at_once():
    """Six lines of one budget, co-signed together; and the lines."""
    one = Team(**KEY)
    teams = [one, *(Team(**KEY, organisation=one.line.organisation) for _ in range(LINES - 1))]
    reports = [team.report() for team in teams]
    pairs = zip(teams, reports, strict=True)
    answers = at_once([lambda t=team, r=report: cosign_gain(report_id=r.pk, actor=t.finance, now=NOW) for team, report in pairs])
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    return {team.line.pk for team in teams}


def test_lines_of_one_budget_reported_at_once_are_all_seen_and_contested(committed_db):
    lines = reported_at_once()
    assert GainClaim.objects.count() == LINES
    assert Overlap.objects.count() == PAIRS
    assert contested_years(lines) == {line: [2026] for line in lines}


def test_without_the_lock_on_the_keys_some_pass_unseen(committed_db):
    """The proof that the test above shows something: without it, a gain does not see a claim that is not committed yet."""
    with owner_connection(connection.settings_dict["NAME"]) as owner:
        source = owner.execute("SELECT pg_get_functiondef('gain_makes_claims'::regproc)").fetchone()[0]
        owner.execute(source.replace("PERFORM pg_advisory_xact_lock(270031, part);", "PERFORM pg_sleep(0.2);"))
        owner.execute("DROP TRIGGER gain_claim_is_seen ON gain_claim")
    lines = reported_at_once()
    assert GainClaim.objects.count() == LINES
    assert Overlap.objects.count() < PAIRS
    (found,) = check(tuple(invariant for invariant in INVARIANTS if invariant.code == "INV-17"))
    assert len([row for row in found.broken if " et " in row]) == PAIRS - Overlap.objects.count()
    assert len(lines) == LINES


def test_of_two_decisions_at_once_one_stands(committed_db):
    one = Team(**KEY)
    other = Team(**KEY, organisation=one.line.organisation)
    for team in (one, other):
        team.submitted()
    overlap = Overlap.objects.get()
    decisions = ({"outcome": OverlapOutcome.BOTH_REAL}, {"outcome": OverlapOutcome.WITHDRAWN, "withdrawn_id": one.line.pk})
    people = [person_with(Role.CONTROLLER), person_with(Role.GAIN_VERIFIER)]
    answers = at_once(
        [
            lambda a=actor, d=decision: resolve_overlap(overlap_id=overlap.pk, reason="Motif", actor=a, now=NOW, **d)
            for actor, decision in zip(people, decisions, strict=True)
        ]
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["OverlapResolution", "WrongState"]
    (refusal,) = [answer for answer in answers if isinstance(answer, WrongState)]
    assert refusal.message == "Ce chevauchement est déjà tranché."
    kept = OverlapResolution.objects.get()
    assert contested_years([one.line.pk, other.line.pk]) == ({one.line.pk: [2026]} if kept.withdrawn_id else {})


def events():
    """What each event says, but for its reason: one act may name several overlaps."""
    names = ("project", "line", "cause", "fiscal_year", "contested", "recorded_at", "recorded_by")
    return sorted(LineContest.objects.values_list(*names), key=lambda event: (event[1], event[3], event[5]))


def test_events_of_whole_lines_are_written_again_by_fiscal_year(committed_db):
    """From the overlaps and decisions alone, the migration writes what the acts write."""
    one = Team(**KEY)
    teams = [one, *(Team(**KEY, organisation=one.line.organisation) for _ in range(2))]
    for team in teams:
        team.submitted(period_start=date(2025, 10, 1))
    first, _second, last, *_others = Overlap.objects.filter(fiscal_year=2025).order_by("pk")
    decided = {"reason": "Motif", "actor": person_with(Role.CONTROLLER)}
    resolve_overlap(overlap_id=first.pk, outcome=OverlapOutcome.BOTH_REAL, now=NOW + timedelta(days=1), **decided)
    withdrawn = {"outcome": OverlapOutcome.WITHDRAWN, "withdrawn_id": last.first_id}
    resolve_overlap(overlap_id=last.pk, now=NOW + timedelta(days=2), **withdrawn, **decided)
    before = events()
    with owner_connection(connection.settings_dict["NAME"]) as owner, owner.transaction():
        owner.execute(import_module("reporting.migrations.0073_contest_guards").BY_YEAR)
    assert events() == before
    assert {event[3] for event in before} == {2025, 2026}


# ── Shared gains: what the database holds at COMMIT ──────────────────────────────────────────────────────────────────
def test_line_of_a_sharing_never_reports_alone(committed_db):
    one, other = Team(), Team()
    sharing = share(one, other)
    with pytest.raises(WrongState, match="partage son gain"):
        one.report()
    assert measure(sharing, one.writer).parts.count() == GainReport.objects.count() == 2


def test_lines_of_two_natures_share_nothing(committed_db):
    with pytest.raises(WrongState, match="d’une même nature"):
        share(Team(), Team(Nature.REV))
    assert GainShare.objects.count() == 0
