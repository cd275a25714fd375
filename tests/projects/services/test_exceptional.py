"""Exceptional access: reasoned, granted by somebody else, short, read only, told and journalled; and closed to everybody else."""

from datetime import timedelta

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import ApplicationState, CallState, DocumentKind, ExceptionalState, Role
from projects.models import ExceptionalAccess, JournalEntry, Message, OutboxMessage
from projects.queries.applications import applications_for, documents_for, projects_for
from projects.services import exceptional as acts
from projects.services.documents import store_bytes
from projects.tables.exceptional import state_tag
from tests.factories import (
    NOW,
    ApplicationFactory,
    CallFactory,
    DraftApplicationFactory,
    OrganisationFactory,
    UserFactory,
    agreement_in_force,
    person_with,
    recuse,
)
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
REASON = "Le téléversement de la pièce 3 échoue depuis hier"
HOUR = timedelta(hours=1)


def technician(**fields):
    return person_with(Role.TECHNICAL_ADMIN, **fields)


def submitted(**fields):
    return ApplicationFactory(**{"state": ApplicationState.SUBMITTED, **fields})


def ask(person, target, **changes):
    return acts.request_exceptional_access(**{"target": target, "reason": REASON, "minutes": 60, "actor": person, "now": NOW, **changes})


def granted(person, target, *, by=None, minutes=60):
    access = ask(person, target, minutes=minutes)
    return acts.grant_exceptional_access(access_id=access.pk, actor=by or person_with(Role.DIRECTOR), now=NOW)


def seen_by(person, at=NOW):
    """The files, projects and documents that a person sees, in one set."""
    fresh = type(person).objects.get(pk=person.pk)
    queries = (applications_for, projects_for, documents_for)
    return {row for query in queries for row in query(fresh, at).order_by("pk")}


def with_documents(application):
    agreement = agreement_in_force(application)
    document = store_bytes(
        b"%PDF-1.7", name="piece.pdf", content_type="application/pdf", kind=DocumentKind.QUOTE, actor=UserFactory(), now=NOW,
        application=application,
    )  # fmt: skip
    return {application, agreement.project, document}


# ── What it opens ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_technical_administrator_sees_nothing_by_themselves():
    with_documents(submitted(state=ApplicationState.CONVERTED))
    assert seen_by(technician()) == set()


def test_access_to_one_file_opens_it_and_no_other_for_its_time_only():
    application = submitted(state=ApplicationState.CONVERTED)
    whole = with_documents(application)
    with_documents(submitted(state=ApplicationState.CONVERTED, organisation=application.organisation, call=application.call))
    person, colleague = technician(), technician()
    access = granted(person, application.number)
    assert (access.starts_at, access.ends_at) == (NOW, NOW + HOUR)
    assert seen_by(person) == whole
    assert seen_by(person, NOW + HOUR - timedelta(seconds=1)) == whole
    assert seen_by(person, NOW + HOUR) == set()  # the clock alone ended it: the state is the same
    assert seen_by(colleague) == set()


def test_project_number_names_its_file():
    application = submitted(state=ApplicationState.CONVERTED)
    project = agreement_in_force(application).project
    assert ask(technician(), f" {project.reference.lower()} ").application == application


def test_access_to_a_call_opens_its_submitted_files_and_no_draft():
    call = CallFactory(state=CallState.OPEN)
    one, two = submitted(call=call), submitted(call=call)
    DraftApplicationFactory(call=call)
    submitted()
    person = technician()
    granted(person, call.reference)
    assert seen_by(person) == {one, two}


def test_recusal_still_hides_the_file():
    application = submitted()
    call = application.call
    person = technician()
    granted(person, call.reference)
    assert seen_by(person) == {application}
    recuse(person, application)
    assert seen_by(person) == set()
    with pytest.raises(Invalid) as refused:
        ask(person, application.number)
    assert refused.value.errors == {"target": "Aucun dossier déposé ni appel publié n’a ce numéro."}


def test_access_does_not_outlive_the_role():
    application = submitted()
    person = technician()
    granted(person, application.number)
    person.memberships.update(ends_on=NOW.date() - timedelta(days=1))
    assert seen_by(person) == set()


@pytest.mark.parametrize(("role", "expected"), [(Role.TECHNICAL_ADMIN, 2), (Role.OFFICER, 2), (Role.WRITER, 2)])
def test_access_costs_no_query(django_assert_num_queries, role, expected):
    person = person_with(role)
    with django_assert_num_queries(expected):  # the rights and the files
        list(applications_for(person, NOW).order_by("pk"))


# ── Who asks, who decides ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("role", [role for role in Role if role != Role.TECHNICAL_ADMIN])
def test_nobody_else_asks(role):
    with pytest.raises(NotAllowed):
        ask(person_with(role), submitted().number)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"target": "DEM-2026-99999"}, "target"),
        ({"reason": "   trop court    "}, "reason"),
        ({"minutes": 241}, "minutes"),
        ({"minutes": 0}, "minutes"),
    ],
)
def test_bad_request_says_where(changes, field):
    with pytest.raises(Invalid) as refused:
        ask(technician(), **{"target": submitted().number, **changes})
    assert list(refused.value.errors) == [field]
    assert ExceptionalAccess.objects.count() == 0


def test_setting_shortens_the_longest_access_and_never_lengthens_it(settings):
    settings.EXCEPTIONAL_ACCESS_HOURS = 1
    with pytest.raises(Invalid):
        ask(technician(), submitted().number, minutes=61)
    settings.EXCEPTIONAL_ACCESS_HOURS = 12
    assert acts.longest() == timedelta(hours=4)


def test_draft_and_unpublished_call_are_not_found():
    DraftApplicationFactory()
    hidden = CallFactory(state=CallState.DRAFT, approved_by=None, approved_at=None, published_at=None, opened_at=None)
    with pytest.raises(Invalid):
        ask(technician(), hidden.reference)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.DIRECTOR, Role.HEAD)])
def test_only_the_director_and_the_head_decide(role):
    access = ask(technician(), submitted().number)
    with pytest.raises(NotAllowed):
        acts.grant_exceptional_access(access_id=access.pk, actor=person_with(role), now=NOW)


def test_nobody_grants_their_own_access():
    person = person_with(Role.TECHNICAL_ADMIN, Role.DIRECTOR)
    access = ask(person, submitted().number)
    with pytest.raises(NotAllowed, match="son propre accès"):
        acts.grant_exceptional_access(access_id=access.pk, actor=person, now=NOW)


def test_recused_director_does_not_decide():
    application, director = submitted(), person_with(Role.DIRECTOR)
    access = ask(technician(), application.number)
    recuse(director, application)
    with pytest.raises(NotAllowed, match="récusation"):
        acts.grant_exceptional_access(access_id=access.pk, actor=director, now=NOW)


def test_old_request_is_made_again():
    access = ask(technician(), submitted().number)
    with pytest.raises(WrongState, match="24 heures"):
        acts.grant_exceptional_access(access_id=access.pk, actor=person_with(Role.HEAD), now=NOW + timedelta(hours=24))


def test_decision_is_made_once():
    access = ask(technician(), submitted().number)
    director = person_with(Role.DIRECTOR)
    with pytest.raises(Invalid):
        acts.refuse_exceptional_access(access_id=access.pk, reason=" ", actor=director, now=NOW)
    acts.refuse_exceptional_access(access_id=access.pk, reason="Le journal suffit", actor=director, now=NOW)
    with pytest.raises(WrongState):
        acts.grant_exceptional_access(access_id=access.pk, actor=director, now=NOW)
    access.refresh_from_db()
    assert (access.state, access.refusal, access.ends_at) == (ExceptionalState.REFUSED, "Le journal suffit", None)
    assert seen_by(access.person) == set()


def test_one_request_waits_at_a_time():
    person = technician()
    ask(person, submitted().number)
    with pytest.raises(WrongState, match="attend déjà"):
        ask(person, submitted().number)


def test_request_left_without_an_answer_gives_its_place_to_the_next_one():
    """Nobody may decide on it any more: were it still in the way, its person could never ask again."""
    person, day = technician(), timedelta(hours=24)
    first = ask(person, submitted().number)
    with pytest.raises(WrongState, match="attend déjà"):
        ask(person, submitted().number, now=NOW + day - timedelta(seconds=1))
    second = ask(person, submitted().number, now=NOW + day)
    first.refresh_from_db()
    assert (first.state, first.decided_by, second.state) == (ExceptionalState.EXPIRED, None, ExceptionalState.REQUESTED)
    entry = JournalEntry.objects.filter(act="request_exceptional_access").latest("pk")
    assert (entry.object_type, entry.object_id, f'"id":{first.pk},"moved_at"' in entry.content) == (
        "projects.exceptionalaccess",
        second.pk,
        True,
    )
    with pytest.raises(WrongState, match="déjà décidée"):
        acts.grant_exceptional_access(access_id=first.pk, actor=person_with(Role.HEAD), now=NOW + day)
    for state in ("requested", "granted"):
        assert refusal("UPDATE projects_exceptionalaccess SET state = %s WHERE id = %s", state, first.pk) in (
            "exceptional_access_fixed", "exceptional_decision_complete",
        )  # fmt: skip
    assert [state_tag(access, NOW + day).count("Resté sans réponse") for access in (first, second)] == [1, 0]
    assert state_tag(second, NOW + 2 * day).count("Resté sans réponse") == 1


@pytest.mark.parametrize("who", ["person", "decided_by"])
def test_person_and_approver_end_it_at_once(who):
    application = submitted()
    access = granted(technician(), application.number)
    later = NOW + timedelta(minutes=5)
    with pytest.raises(NotAllowed):
        acts.end_exceptional_access(access_id=access.pk, actor=person_with(Role.HEAD), now=later)
    ended = acts.end_exceptional_access(access_id=access.pk, actor=getattr(access, who), now=later)
    assert (ended.state, ended.ended_at) == (ExceptionalState.ENDED, later)
    assert seen_by(access.person, later) == set()
    with pytest.raises(WrongState):
        acts.end_exceptional_access(access_id=access.pk, actor=access.person, now=later)


def test_access_whose_time_is_up_is_not_ended_again():
    access = granted(technician(), submitted().number)
    with pytest.raises(WrongState):
        acts.end_exceptional_access(access_id=access.pk, actor=access.person, now=NOW + HOUR)


# ── Who is told, and what is written ─────────────────────────────────────────────────────────────────────────────────
def test_those_who_answer_for_it_are_told_by_the_outbox():
    town = OrganisationFactory()
    signatory, writer = person_with(Role.SIGNATORY, organisation=town), person_with(Role.WRITER, organisation=town)
    director, head, privacy = person_with(Role.DIRECTOR), person_with(Role.HEAD), person_with(Role.PRIVACY_OFFICER)
    recused = person_with(Role.DIRECTOR)
    elsewhere = person_with(Role.SIGNATORY, organisation=OrganisationFactory())
    application, person = submitted(organisation=town), technician()
    recuse(recused, application)
    access = ask(person, application.number)
    assert set(Message.objects.values_list("person", flat=True)) == {director.pk, head.pk, privacy.pk, recused.pk}
    Message.objects.all().delete()
    acts.grant_exceptional_access(access_id=access.pk, actor=head, now=NOW)
    told = {message.person_id: message for message in Message.objects.order_by("pk")}
    assert set(told) == {person.pk, director.pk, head.pk, privacy.pk, signatory.pk, recused.pk}
    assert {message.application_id for message in told.values()} == {application.pk}  # so that a recused person gets none
    assert REASON in told[privacy.pk].body
    assert REASON not in told[signatory.pk].body
    assert "jusqu’au 24\xa0novembre\xa02026, 11\xa0h" in told[signatory.pk].body
    assert set(told) & {writer.pk, elsewhere.pk} == set()
    assert OutboxMessage.objects.filter(topic="mail").count() == 3


def test_each_act_is_in_the_journal_with_its_file():
    application = submitted()
    access = granted(technician(), application.number)
    acts.end_exceptional_access(access_id=access.pk, actor=access.person, now=NOW + timedelta(minutes=1))
    entries = JournalEntry.objects.filter(object_type="projects.exceptionalaccess").order_by("pk")
    assert [(entry.act, entry.application_id) for entry in entries] == [
        ("request_exceptional_access", application.pk),
        ("grant_exceptional_access", application.pk),
        ("end_exceptional_access", application.pk),
    ]


# ── What the database holds by itself ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("ends_at = ends_at + interval '1 minute'", "exceptional_access_fixed"),
        ("person_id = decided_by_id", "exceptional_access_fixed"),
        ("application_id = NULL", "exceptional_access_fixed"),
        ("reason = 'Un autre motif, plus long que vingt'", "exceptional_access_fixed"),
        ("state = 'requested'", "exceptional_access_fixed"),
        ("state = 'ended'", "exceptional_end_complete"),
    ],
)
def test_granted_access_does_not_change(change, constraint):
    access = granted(technician(), submitted().number)
    assert refusal(f"UPDATE projects_exceptionalaccess SET {change} WHERE id = %s", access.pk) == constraint


def test_access_is_not_erased():
    access = granted(technician(), submitted().number)
    assert refusal("DELETE FROM projects_exceptionalaccess WHERE id = %s", access.pk) == "exceptional_access_fixed"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("decided_by_id = person_id", "exceptional_not_decided_by_oneself"),
        ("ends_at = requested_at + interval '4 hours 1 second'", "exceptional_four_hours_at_most"),
        ("ends_at = requested_at", "exceptional_dates_in_order"),
        ("starts_at = requested_at - interval '1 second'", "exceptional_dates_in_order"),
        ("decided_by_id = NULL", "exceptional_decision_complete"),
    ],
)
def test_grant_that_breaks_a_rule_is_refused_by_the_database(change, constraint):
    access = ask(technician(), submitted().number)
    name, value = change.split(" = ")
    values = {
        "state": "'granted'", "decided_by_id": str(UserFactory().pk), "decided_at": "requested_at", "starts_at": "requested_at",
        "ends_at": "requested_at + interval '1 hour'", name: value,
    }  # fmt: skip
    text = ", ".join(f"{name} = {value}" for name, value in values.items())
    assert refusal(f"UPDATE projects_exceptionalaccess SET {text} WHERE id = %s", access.pk) == constraint


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"reason": "court"}, "exceptional_reason_says_why"),
        ({"reason": " " * 30}, "exceptional_reason_says_why"),
        ({"minutes": 241}, "exceptional_duration"),
        ({"minutes": 0}, "exceptional_duration"),
        ({"application_id": None}, "exceptional_one_target"),
    ],
)
def test_request_that_breaks_a_rule_is_refused_by_the_database(values, constraint):
    row = {
        "person_id": technician().pk, "application_id": submitted().pk, "reason": REASON, "minutes": 60, "requested_at": NOW,
        "state": "requested", "refusal": "", **values,
    }  # fmt: skip
    marks = ", ".join(["%s"] * len(row))
    assert refusal(f"INSERT INTO projects_exceptionalaccess ({', '.join(row)}) VALUES ({marks})", *row.values()) == constraint
