"""Two lines that claim one budget (INV-17): found, contested, settled by a person apart, and what the database holds of it."""

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState, act
from projects.enums import Nature, Role
from projects.models import GainLine, JournalEntry, Message, OutboxMessage, Project, User
from projects.services.journal import money_clock
from reporting import analysis
from reporting.enums import OverlapOutcome
from reporting.models import GainClaim, LineContest, Overlap, OverlapResolution
from reporting.queries.contests import contested_years
from reporting.queries.overlaps import claims_by_year, earlier_of, overlaps_for, reports_of, stakes_of
from reporting.services.compute import frames_at
from reporting.services.gains import cosign_gain
from reporting.services.overlaps import open_overlaps
from tests.factories import NOW, MembershipFactory, UserFactory, advised_by, organisation_for, person_with, recuse
from tests.reporting.gains import AMOUNT, END, START, Team
from tests.reporting.overlaps import KEY, LATER, overlapping, rival, settle
from tests.reporting.pages import examples

pytestmark = pytest.mark.django_db
LAST = NOW + timedelta(days=2)
ZERO = Decimal("0.00")
BOTH_REAL, WITHDRAWN = OverlapOutcome


def contested():
    """(line, fiscal year) of everything that is contested."""
    found = contested_years(GainLine.objects.values_list("pk", flat=True).order_by("pk"))
    return {(line, year) for line, years in found.items() for year in years}


def refused_by(name):
    return pytest.raises(IntegrityError, match=name)


# ── Found ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_second_report_of_one_budget_opens_an_overlap_and_contests_both_lines():
    one, other, overlap = overlapping()
    assert (overlap.first, overlap.second) == (one.line, other.line)
    assert (overlap.first_project, overlap.second_project, overlap.fiscal_year) == (one.project, other.project, 2026)
    assert (overlap.organisation, overlap.cost_centre, overlap.account, overlap.nature) == (one.organisation, "CR-4100", "5310", "CASH")
    assert (overlap.opened_by, overlap.opened_at, overlap.recorded_at) == (other.finance, NOW, NOW)
    events = LineContest.objects.order_by("line")
    reason = f"Une autre ligne réclame le même budget : {overlap.number}"
    said = [(event.line, event.fiscal_year, event.contested, event.reason) for event in events]
    assert said == [(one.line, 2026, True, reason), (other.line, 2026, True, reason)]
    assert '"type":"reporting.overlap"' in JournalEntry.objects.filter(act="cosign_gain").latest("pk").content


def test_overlap_is_found_once_however_often_it_is_met():
    one, other, overlap = overlapping()
    for team in (one, other):
        team.verify(team.line.reports.get())
    assert Overlap.objects.get() == overlap
    assert LineContest.objects.count() == 2


@pytest.mark.parametrize(
    ("line", "period"),
    [
        ({"account": "5320"}, {}),
        ({"cost_centre": "CR-4200"}, {}),
        ({"nature": Nature.REV}, {}),
        ({"cost_centre": "", "account": ""}, {}),
        ({}, {"period_start": date(2025, 4, 1), "period_end": date(2026, 3, 31)}),
        ({}, {"amount": ZERO}),
    ],
)
def test_nothing_overlaps_when_a_part_of_the_key_differs_or_nothing_is_claimed(line, period):
    one = Team(**KEY)
    other = rival(one, **line)
    one.submitted()
    other.submitted(**period)
    assert Overlap.objects.count() == 0
    assert contested() == set()


def test_keys_compare_without_spaces_nor_case_and_another_organisation_is_another_key():
    one, third = Team(**KEY), Team(**KEY)
    other = rival(one, cost_centre=" cr - 4100", account="53 10")
    for team in (one, other, third):
        team.submitted()
    assert [(overlap.first, overlap.second) for overlap in Overlap.objects.order_by("pk")] == [(one.line, other.line)]


def test_period_across_the_fiscal_year_claims_both():
    one = Team(**KEY)
    other = rival(one)
    one.submitted(period_start=date(2026, 1, 1), period_end=END)
    other.submitted(period_start=date(2025, 10, 1), period_end=END)
    assert list(Overlap.objects.order_by("fiscal_year").values_list("fiscal_year", flat=True)) == [2025, 2026]
    claims = GainClaim.objects.filter(line=one.line).order_by("fiscal_year")
    assert [(claim.fiscal_year, claim.claimed_at) for claim in claims] == [(2025, NOW), (2026, NOW)]


def test_report_that_waits_for_its_cosignature_claims_nothing():
    one = Team(**KEY)
    other = rival(one)
    one.submitted()
    other.report()
    assert Overlap.objects.count() == 0


def test_each_organisation_hears_of_its_own_line_and_who_settles_hears_of_the_overlap():
    one = Team(**KEY)
    other = rival(one)
    one.submitted()
    before = Message.objects.count()
    other.submitted()
    overlap = Overlap.objects.get()
    told = Message.objects.order_by("pk")[before:]
    subjects = {message.person_id: message.subject for message in told if "hevauchement" in message.subject}
    assert {subjects[person.pk] for person in (one.writer, one.finance, other.writer)} == {
        f"Gains de la ligne {one.line.code} : chevauchement en examen"
    }
    assert subjects[one.verifier.pk] == f"Chevauchement {overlap.number} à trancher"
    assert one.project.reference not in " ".join(message.body for message in told if message.person_id == other.writer.pk)


def test_pairs_of_three_lines_are_three_overlaps():
    one = Team(**KEY)
    for team in (one, rival(one), rival(one)):
        team.submitted()
    assert Overlap.objects.count() == 3
    assert LineContest.objects.count() == 3


# ── Counted ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def figures(at):
    frames = frames_at(at)
    total = analysis.roi_projects(frames, effective=date(2026, 12, 31), known=at).iloc[-1]
    return Decimal(total["net_gain_verified"]), Decimal(total["net_gain_contested"])


def test_headlines_leave_out_both_lines_until_it_is_settled_and_the_past_stays_as_it_was_known():
    one = Team(**KEY)
    other = rival(one)
    Project.objects.filter(pk__in=[one.project.pk, other.project.pk]).update(decided_on=START)
    one.verified()
    report = other.report()
    cosign_gain(report_id=report.pk, actor=other.finance, now=LATER)
    other.verify(report, now=LATER)
    overlap = Overlap.objects.get()
    settle(overlap, outcome=WITHDRAWN, withdrawn_id=other.line.pk, now=LAST)
    assert [figures(at) for at in (NOW, LATER, LAST)] == [(AMOUNT, ZERO), (ZERO, 2 * AMOUNT), (AMOUNT, AMOUNT)]


def test_what_is_at_stake_is_the_smaller_claim_of_the_fiscal_year_as_the_reports_split_it():
    one = Team(**KEY)
    other = rival(one)
    Project.objects.filter(pk=one.project.pk).update(starts_on=date(2026, 1, 31))
    one.submitted(period_start=date(2026, 1, 1), period_end=END, amount=Decimal("273.00"))  # a dollar a day
    other.verified(amount=Decimal("90.00"), reason="En partie", rating="amber")
    claims = claims_by_year([one.line.pk, other.line.pk])
    assert {year: claim.counted for year, claim in claims[one.line.pk].items()} == {2025: Decimal("60.00"), 2026: Decimal("183.00")}
    (overlap,) = Overlap.objects.order_by("pk")
    stake = stakes_of([overlap])[overlap.pk]
    assert (stake.first.reported, stake.first.verified) == (Decimal("183.00"), None)
    assert (stake.second.reported, stake.second.verified, stake.amount) == (AMOUNT, Decimal("90.00"), Decimal("90.00"))


def test_period_before_the_project_claims_nothing_of_a_year():
    team = Team(**KEY)
    Project.objects.filter(pk=team.project.pk).update(starts_on=date(2026, 10, 1))
    team.submitted()
    assert dict(claims_by_year([team.line.pk])) == {}


def test_amounts_cost_two_queries_however_many_overlaps(django_assert_num_queries):
    one, _other, overlap = overlapping()
    rival(one).submitted()
    for rows in ([overlap], list(Overlap.objects.order_by("pk"))):
        with django_assert_num_queries(1):
            assert {stake.amount for stake in stakes_of(rows).values()} == {AMOUNT}


# ── Settled ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_two_real_expenses_come_back_with_a_reason_that_the_journal_keeps():
    one, other, overlap = overlapping()
    actor = person_with(Role.GAIN_VERIFIER)
    before = OutboxMessage.objects.filter(topic="money").count()
    resolution = settle(overlap, actor)
    assert (resolution.outcome, resolution.withdrawn, resolution.reason) == (BOTH_REAL, None, "Deux contrats différents")
    assert (resolution.resolved_by, resolution.resolved_at, resolution.recorded_at) == (actor, LATER, LATER)
    assert contested() == set()
    events = LineContest.objects.filter(contested=False).order_by("line")
    assert [(event.line, event.recorded_at, event.recorded_by) for event in events] == [
        (one.line, LATER, actor),
        (other.line, LATER, actor),
    ]
    entry = JournalEntry.objects.get(act="resolve_overlap")
    assert (json.loads(entry.content)["reason"], entry.application) == ("Deux contrats différents", one.project.application)
    assert OutboxMessage.objects.filter(topic="money").count() > before


def test_line_withdrawn_from_its_fiscal_year_stays_contested_there_and_the_other_comes_back():
    one, other, overlap = overlapping()
    settle(overlap, outcome=WITHDRAWN, withdrawn_id=one.line.pk)
    assert contested() == {(one.line.pk, 2026)}
    told = {message.person_id: message.body for message in Message.objects.filter(subject__contains="tranché").order_by("pk")}
    assert told[one.writer.pk] == "Votre ligne est retirée de 2026-2027 : ses gains de cet exercice ne comptent dans aucun total."
    assert told[other.writer.pk] == "Votre ligne garde ses gains de 2026-2027."


def test_line_withdrawn_from_a_fiscal_year_claims_nothing_there_and_counts_in_another():
    one, other, overlap = overlapping()
    settle(overlap, outcome=WITHDRAWN, withdrawn_id=one.line.pk)
    one.submitted(period_start=date(2025, 4, 1), period_end=date(2026, 3, 31))
    third = rival(one)
    third.submitted()
    first, last = Overlap.objects.order_by("pk")
    assert (first, last.first, last.second, last.fiscal_year) == (overlap, other.line, third.line, 2026)
    assert contested() == {(team.line.pk, 2026) for team in (one, other, third)}


def test_line_withdrawn_from_a_fiscal_year_overlaps_again_in_another():
    one, other, overlap = overlapping()
    settle(overlap, outcome=WITHDRAWN, withdrawn_id=one.line.pk)
    for team in (one, other):
        team.submitted(period_start=date(2025, 4, 1), period_end=date(2026, 3, 31))
    assert contested() == {(one.line.pk, 2026), (one.line.pk, 2025), (other.line.pk, 2025)}
    settle(Overlap.objects.get(fiscal_year=2025))
    assert contested() == {(one.line.pk, 2026)}


def test_line_of_two_overlaps_comes_back_with_the_last_one():
    one = Team(**KEY)
    other, third = rival(one), rival(one)
    for team in (one, other, third):
        team.submitted()
    first, second, last = Overlap.objects.order_by("first", "second")
    settle(first)
    assert contested() == {(team.line.pk, 2026) for team in (one, other, third)}
    settle(second)
    assert contested() == {(other.line.pk, 2026), (third.line.pk, 2026)}
    settle(last, outcome=WITHDRAWN, withdrawn_id=third.line.pk)
    assert contested() == {(third.line.pk, 2026)}


def test_decision_holds_for_its_fiscal_year_and_the_next_one_shows_it():
    one, other, overlap = overlapping()
    settle(overlap)
    for team in (one, other):
        team.submitted(period_start=date(2025, 4, 1), period_end=date(2026, 3, 31))
    earlier = Overlap.objects.get(fiscal_year=2025)
    assert contested() == {(one.line.pk, 2025), (other.line.pk, 2025)}
    assert list(earlier_of(earlier)) == [overlap]
    assert list(earlier_of(overlap)) == []


def test_overlap_is_settled_once():
    *_teams, overlap = overlapping()
    settle(overlap)
    with pytest.raises(WrongState, match="déjà tranché"):
        settle(overlap)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"outcome": "autre"}, "decision"),
        ({"outcome": WITHDRAWN}, "decision"),
        ({"outcome": WITHDRAWN, "withdrawn_id": 0}, "decision"),
        ({"outcome": BOTH_REAL, "withdrawn_id": 0}, "decision"),
    ],
)
def test_decision_is_whole_and_has_a_reason(given, field):
    *_teams, overlap = overlapping()
    with pytest.raises(Invalid) as refused:
        settle(overlap, **given)
    assert set(refused.value.errors) == {field}
    assert OverlapResolution.objects.count() == 0


# ── By whom ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def outsiders(one, other):
    """People who hold the role and are tied to one of the files: what ties them, and the words of the refusal."""
    member = person_with(Role.CONTROLLER)
    MembershipFactory(
        person=member, organisation=other.organisation, role=Role.WRITER, ends_on=date(2020, 1, 1), starts_on=date(2019, 1, 1)
    )
    adviser, recused = person_with(Role.CONTROLLER), person_with(Role.GAIN_VERIFIER)
    advised_by(adviser, other.project.application)
    recuse(recused, other.project.application)
    return {member: "été d’un des organismes", adviser: "accompagnez", recused: "récusation", person_with(Role.OFFICER): "rôle"}


def test_settled_by_the_verification_or_the_control_and_nobody_tied_to_a_file():
    one, other, overlap = overlapping()
    for person, words in outsiders(one, other).items():
        with pytest.raises(NotAllowed, match=words):
            settle(overlap, person)
    reporter = person_with(Role.CONTROLLER)
    report = one.line.reports.get()
    type(report).objects.filter(pk=report.pk).update(reported_by=reporter)
    with pytest.raises(NotAllowed, match="une autre personne doit trancher"):
        settle(overlap, reporter)
    assert OverlapResolution.objects.count() == 0


def test_role_limited_to_one_call_settles_only_when_both_files_are_of_it():
    *_teams, overlap = overlapping()
    person = UserFactory()
    where = {"person": person, "role": Role.GAIN_VERIFIER, "organisation": organisation_for(Role.GAIN_VERIFIER)}
    MembershipFactory(**where, call=overlap.first_project.call)
    if overlap.second_project.call_id != overlap.first_project.call_id:
        with pytest.raises(NotAllowed):
            settle(overlap, person)
        MembershipFactory(**where, call=overlap.second_project.call)
        person = User.objects.get(pk=person.pk)
    assert settle(overlap, person).resolved_by == person


def test_register_shows_an_overlap_to_whoever_sees_both_projects():
    one, other, overlap = overlapping()
    recused = person_with(Role.CONTROLLER)
    recuse(recused, one.project.application)
    assert list(overlaps_for(person_with(Role.AUDITOR), NOW)) == [overlap]
    for person in (recused, one.writer, other.finance):
        assert list(overlaps_for(person, NOW)) == []
    MembershipFactory(person=one.writer, organisation=other.organisation, role=Role.WRITER)
    assert list(overlaps_for(User.objects.get(pk=one.writer.pk), NOW)) == [overlap]


def test_reports_of_both_lines_in_the_fiscal_year_stand_side_by_side():
    one, other, overlap = overlapping()
    one.submitted(period_start=date(2025, 4, 1), period_end=date(2026, 3, 31))
    assert reports_of(overlap) == {one.line.pk: [one.line.reports.get(period_start=START)], other.line.pk: [other.line.reports.get()]}


# ── What the database holds, as the application's role ───────────────────────────────────────────────────────────────
def execute(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


GAIN = """INSERT INTO gain (project_id, line_id, stage, period_start, period_end, amount, evidence, recorded_at, sha256)
          VALUES (%s, %s, 'reported', '2026-04-01', '2026-09-30', 10, '', now(), repeat('0', 64))"""
OPEN = """INSERT INTO reporting_overlap (first_id, second_id, first_project_id, second_project_id, fiscal_year, organisation_id,
          cost_centre, account, nature, opened_at, recorded_at)
          SELECT a.line_id, b.line_id, a.project_id, b.project_id, a.fiscal_year + %s, a.organisation_id,
                 a.cost_centre, a.account, a.nature, now(), now() FROM gain_claim a, gain_claim b WHERE a.line_id = %s AND b.line_id = %s"""
SETTLE = """INSERT INTO reporting_overlapresolution (overlap_id, outcome, withdrawn_id, reason, resolved_by_id, resolved_at, recorded_at)
            VALUES (%s, %s, %s, %s, %s, now(), now())"""


def test_database_refuses_a_second_claim_that_no_overlap_shows():
    one = Team(**KEY)
    other = rival(one)
    execute(GAIN, one.project.pk, one.line.pk)
    with refused_by("no overlap is open"):
        execute(GAIN, other.project.pk, other.line.pk)
    with refused_by("do not claim one key"):
        execute(OPEN, 1, one.line.pk, one.line.pk)
    with pytest.raises(DatabaseError, match="permission denied"):
        execute("DELETE FROM gain_claim")


def test_database_refuses_an_overlap_twice_without_its_contests_or_changed():
    one, other, overlap = overlapping()
    for statement, values, words in (
        (OPEN, (0, one.line.pk, other.line.pk), "overlap_once"),
        (OPEN, (0, other.line.pk, one.line.pk), "overlap_lines_in_order"),
        (OPEN, (1, one.line.pk, other.line.pk), "do not claim one key"),
    ):
        with refused_by(words):
            execute(statement, *values)
    said = """INSERT INTO line_contest (project_id, line_id, cause, fiscal_year, contested, reason, recorded_at)
              VALUES (%s, %s, 'overlap', %s, %s, 'Sans décision', now() + interval '9 years')"""
    for year, is_contested in ((2026, False), (2025, True)):
        with refused_by(f"not contested in {year} as its overlaps say"):
            execute(said, one.project.pk, one.line.pk, year, is_contested)
    with pytest.raises(DatabaseError, match="permission denied"):
        execute("UPDATE reporting_overlap SET fiscal_year = 2030 WHERE id = %s", overlap.pk)


def test_database_refuses_a_resolution_by_who_is_tied_to_a_file_or_that_contests_nothing():
    one, other, overlap = overlapping()
    tied = [person for person, words in outsiders(one, other).items() if words not in ("récusation", "rôle")]
    free = person_with(Role.CONTROLLER)
    for person in (one.writer, one.finance, other.finance, *tied):
        with refused_by("refused: (overlap_resolver|adviser)_is_apart"):
            execute(SETTLE, overlap.pk, BOTH_REAL, None, "Motif", person.pk)
    for values, words in (
        ((BOTH_REAL, one.line.pk, "Motif"), "names_what_is_withdrawn"),
        ((WITHDRAWN, None, "Motif"), "names_what_is_withdrawn"),
        ((WITHDRAWN, Team().line.pk, "Motif"), "is not of this overlap"),
        ((BOTH_REAL, None, " "), "has_a_reason"),
        ((BOTH_REAL, None, "Motif"), "not contested in 2026 as its overlaps say"),
    ):
        with refused_by(words):
            execute(SETTLE, overlap.pk, *values, free.pk)
    settle(overlap, free)
    with refused_by("refused: adviser_is_apart"), transaction.atomic():
        advised_by(free, other.project.application)


def test_step_opens_nothing_when_nothing_meets():
    @act
    def nothing(*, actor, now, key=None):
        return open_overlaps([0], known=money_clock(now), actor=actor, now=now)

    assert nothing(actor=None, now=NOW) == []


# ── The page that says the rule ──────────────────────────────────────────────────────────────────────────────────────
FOUND = [(given, result) for name, given, result in examples("overlaps.md") if name == "claims_overlap"]


@pytest.mark.parametrize(("given", "result"), FOUND)
def test_worked_examples_of_the_page_are_what_is_found(given, result):
    keys = [dict(zip(("cost_centre", "account"), given[side].split("/"), strict=True)) for side in ("first", "second")]
    one = Team(**keys[0])
    other = rival(one, **keys[1])
    for team, side in ((one, "first_period"), (other, "second_period")):
        start, end = (date.fromisoformat(day) for day in given[side].split())
        team.submitted(period_start=start, period_end=end)
    years = Overlap.objects.order_by("fiscal_year").values_list("fiscal_year", flat=True)
    assert ", ".join(str(year) for year in years) == result
