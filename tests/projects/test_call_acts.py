"""The draft of a call, and the moves that the clock makes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from projects.enums import CallState, Role
from projects.models import Call, JournalEntry, TermsProfile
from projects.queries.calls import calls_for, calls_to_move
from projects.services.calls import create_call, edit_call, move_call
from projects.tasks import tick_calls
from tests.factories import NOW, CallFactory, call_content, person_with

pytestmark = pytest.mark.django_db


def contents(call):
    return {
        "budgets": list(call.budgets.order_by("fiscal_year").values_list("fiscal_year", "amount")),
        "objectives": list(call.objectives.order_by("position").values_list("position", "indicator", "weight")),
        "criteria": list(call.criteria.order_by("position").values_list("position", "title", "weight")),
    }


def test_created_call_is_a_numbered_draft_with_its_rows():
    officer = person_with(Role.OFFICER)
    first = create_call(content=call_content(), actor=officer, now=NOW)
    second = create_call(content=call_content(), actor=officer, now=NOW)
    next_year = create_call(content=call_content(), actor=officer, now=datetime(2027, 1, 1, 5, 0, tzinfo=UTC))
    assert [c.reference for c in (first, second, next_year)] == ["AP-2026-01", "AP-2026-02", "AP-2027-01"]
    assert (first.state, first.created_by, first.version) == (CallState.DRAFT, officer, 1)
    assert contents(first) == {
        "budgets": [(2026, Decimal("400000.00")), (2027, Decimal("600000.00"))],
        "objectives": [(1, "Délai moyen", 60), (2, "Satisfaction", 40)],
        "criteria": [(1, "Retombées", 70), (2, "Faisabilité", 30)],
    }


def test_same_key_creates_one_call():
    officer = person_with(Role.OFFICER)
    calls = [create_call(content=call_content(), actor=officer, now=NOW, key="k") for _twice in range(2)]
    assert [call.pk for call in calls] == [calls[0].pk] * 2
    assert Call.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
def test_only_an_officer_writes_a_call(role):
    with pytest.raises(NotAllowed, match="Agent de programme"):
        create_call(content=call_content(), actor=person_with(role), now=NOW)
    assert Call.objects.count() == 0


def test_edit_replaces_every_row_and_counts_a_version():
    officer, other = person_with(Role.OFFICER), person_with(Role.OFFICER)
    call = create_call(content=call_content(), actor=officer, now=NOW)
    content = call_content(title="Autre titre", budgets={2027: Decimal("5.00"), 2028: Decimal("0.00")}, objectives=(), criteria=())
    edited = edit_call(call_id=call.pk, version=1, content=content, actor=other, now=NOW)
    assert (edited.title, edited.version, edited.created_by) == ("Autre titre", 2, officer)
    assert contents(edited) == {"budgets": [(2027, Decimal("5.00"))], "objectives": [], "criteria": []}


def test_edit_of_an_older_version_overwrites_nothing():
    officer = person_with(Role.OFFICER)
    call = create_call(content=call_content(), actor=officer, now=NOW)
    edit_call(call_id=call.pk, version=1, content=call_content(title="Le premier"), actor=officer, now=NOW)
    with pytest.raises(Stale):
        edit_call(call_id=call.pk, version=1, content=call_content(title="Le second", budgets={}), actor=officer, now=NOW)
    call.refresh_from_db()
    assert (call.title, call.version, call.budgets.count()) == ("Le premier", 2, 2)


@pytest.mark.parametrize("state", [state for state in CallState if state != CallState.DRAFT])
def test_only_a_draft_is_edited(state):
    call = CallFactory(state=state, title="Avant")
    with pytest.raises(WrongState, match=str(state.label)):
        edit_call(call_id=call.pk, version=1, content=call_content(title="Après"), actor=person_with(Role.OFFICER), now=NOW)
    call.refresh_from_db()
    assert call.title == "Avant"


@pytest.mark.parametrize("closes_at", [NOW + timedelta(days=10), NOW + timedelta(days=9)])
def test_call_that_closes_before_it_opens_is_refused(closes_at):
    content = call_content(opens_at=NOW + timedelta(days=10), closes_at=closes_at)
    with pytest.raises(Invalid) as refused:
        create_call(content=content, actor=person_with(Role.OFFICER), now=NOW)
    assert refused.value.errors == {"closes_at": "La fermeture doit suivre l’ouverture."}


def test_terms_must_be_in_force_on_the_opening_day():
    terms = TermsProfile.objects.get(code="MICRO")
    terms.valid_to = date(2026, 12, 31)
    terms.save()
    content = call_content(terms_id=terms.pk, opens_at=datetime(2027, 1, 1, 4, 59, tzinfo=UTC), closes_at=NOW + timedelta(days=90))
    officer = person_with(Role.OFFICER)
    create_call(content=content, actor=officer, now=NOW)  # still 31 December in Montréal
    with pytest.raises(Invalid) as refused:
        create_call(content=replace(content, opens_at=datetime(2027, 1, 1, 5, 0, tzinfo=UTC)), actor=officer, now=NOW)
    assert refused.value.errors == {"terms": "Ces modalités ne sont pas en vigueur à l’ouverture de l’appel."}


# ── The clock ────────────────────────────────────────────────────────────────────────────────────────────────────────
OPENS, CLOSES = datetime(2026, 12, 1, 14, 0, tzinfo=UTC), datetime(2027, 1, 29, 21, 0, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)


def approved(**fields):
    fields = {"state": CallState.APPROVED, "opens_at": OPENS, "closes_at": CLOSES, "published_at": None, "opened_at": None, **fields}
    return CallFactory(**fields)


@pytest.mark.parametrize(
    ("ticks", "state", "instants"),
    [
        ([NOW], CallState.PUBLISHED, (NOW, None, None)),
        ([NOW, OPENS - A_MOMENT], CallState.PUBLISHED, (NOW, None, None)),
        ([NOW, OPENS], CallState.OPEN, (NOW, OPENS, None)),
        ([NOW, OPENS + timedelta(minutes=3), CLOSES - A_MOMENT], CallState.OPEN, (NOW, OPENS, None)),
        ([NOW, CLOSES], CallState.CLOSED, (NOW, OPENS, CLOSES)),
        ([NOW, CLOSES + timedelta(days=2)], CallState.CLOSED, (NOW, OPENS, CLOSES)),
        ([OPENS + timedelta(hours=1)], CallState.OPEN, (OPENS + timedelta(hours=1), OPENS + timedelta(hours=1), None)),
    ],
)
def test_ticks_record_what_the_clock_made_however_late(ticks, state, instants):
    call = approved()
    for now in ticks:
        for due in calls_to_move(now):
            move_call(call_id=due.pk, actor=None, now=now)
    call.refresh_from_db()
    assert (call.state, (call.published_at, call.opened_at, call.closed_at)) == (state, instants)


@pytest.mark.parametrize("state", [CallState.DRAFT, CallState.SUBMITTED, CallState.PUBLISHED, CallState.CLOSED, CallState.CANCELLED])
def test_call_that_is_not_behind_the_clock_is_left_alone(state):
    call = approved(state=state)
    assert list(calls_to_move(NOW)) == []
    with pytest.raises(WrongState):
        move_call(call_id=call.pk, actor=None, now=NOW)


def test_tick_is_harmless_when_repeated(time_machine_at_now):
    call = approved(opens_at=NOW - timedelta(hours=1))
    tick_calls()
    tick_calls()
    call.refresh_from_db()
    assert call.state == CallState.OPEN
    assert JournalEntry.objects.filter(act="move_call", object_id=call.pk).count() == 1


@pytest.fixture
def time_machine_at_now():
    import time_machine

    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize(("instant", "accepts"), [(OPENS - A_MOMENT, False), (OPENS, True), (CLOSES - A_MOMENT, True), (CLOSES, False)])
@pytest.mark.parametrize("recorded", [CallState.PUBLISHED, CallState.OPEN])
def test_call_takes_applications_by_its_dates_whatever_beat_recorded(instant, accepts, recorded):
    call = approved(state=recorded)
    assert call.accepts_at(instant) is accepts
    current = calls_for(None, instant).get(pk=call.pk).current
    assert (current == CallState.OPEN) is accepts


@pytest.mark.parametrize("state", [state for state in CallState if state not in (CallState.PUBLISHED, CallState.OPEN)])
def test_state_that_is_not_the_clocks_is_shown_as_recorded(state):
    call = approved(state=state)
    assert calls_for(person_with(Role.OFFICER), OPENS).get(pk=call.pk).current == state
    assert not call.accepts_at(OPENS)


@pytest.mark.parametrize("role", [None, Role.AUDITOR, Role.WRITER, Role.REVIEWER])
def test_call_is_sealed_until_it_is_published(role):
    person = person_with(role) if role else None
    for state in CallState:
        approved(state=state)
    seen = {call.state for call in calls_for(person, NOW)}
    assert seen == {"published", "open", "closed", "review", "decided", "ended"}
