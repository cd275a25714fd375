"""The acts that change the register of organisations: who, when, and what stays of what was."""

from datetime import date, timedelta

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from projects.enums import ApplicationState, ChangeKind, FiscalCalendar, OrganisationKind, Role
from projects.models import Application, JournalEntry, Membership, Organisation, OrganisationChange
from projects.policies import organisations as policies
from projects.queries.organisations import chain_from, found_by, lookalikes_of, register
from projects.services import organisation_changes as acts
from projects.services.applications import start_application
from projects.services.organisation_changes import OrganisationFacts
from projects.services.people import grant_membership
from tests.factories import NOW, CallFactory, DraftApplicationFactory, MembershipFactory, OrganisationFactory, UserFactory, person_with

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
MERGER = "Décret 123-2026"


@pytest.fixture
def director():
    return person_with(Role.DIRECTOR)


@pytest.fixture
def officer():
    return person_with(Role.OFFICER)


def facts(**fields):
    return OrganisationFacts(**{"kind": OrganisationKind.AGENCY, "fiscal_calendar": FiscalCalendar.STATE, **fields})


def create(actor, name="Régie des essais", code="REGIE", **fields):
    distinct = fields.pop("distinct_reason", None)
    return acts.create_organisation(code=code, name=name, facts=facts(**fields), distinct_reason=distinct, actor=actor, now=NOW)


def rename(actor, organisation, name, effective_on=TODAY, **fields):
    given = {"version": organisation.version, "reason": "Lettres patentes", **fields}
    return acts.rename_organisation(organisation_id=organisation.pk, name=name, effective_on=effective_on, actor=actor, now=NOW, **given)


def merge(actor, organisation, successor, effective_on=TODAY, **fields):
    given = {"version": organisation.version, "reason": MERGER, **fields}
    return acts.merge_organisations(
        organisation_id=organisation.pk, successor_id=successor.pk, effective_on=effective_on, actor=actor, now=NOW, **given
    )


def abolish(actor, organisation, effective_on=TODAY, **fields):
    given = {"version": organisation.version, "reason": MERGER, **fields}
    return acts.abolish_organisation(organisation_id=organisation.pk, effective_on=effective_on, actor=actor, now=NOW, **given)


def errors_of(refused):
    return refused.value.errors


def history(organisation):
    return list(OrganisationChange.objects.filter(organisation=organisation).order_by("version").values_list("kind", "version"))


# ── Create ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_organisation_is_created_with_its_history_and_its_entry(officer):
    made = create(officer, name="  L'Office   des essais ", code="ode-2", neq="8812345678", region_id="03")
    assert (made.code, made.name, made.sort_key, made.neq, made.region_id) == (
        "ODE-2", "L’Office des essais", "l office des essais", "8812345678", "03",
    )  # fmt: skip
    change = OrganisationChange.objects.get(organisation=made)
    assert (change.kind, change.version, change.name_after, change.recorded_by, change.recorded_at) == (
        ChangeKind.CREATED, 1, "L’Office des essais", officer, NOW,
    )  # fmt: skip
    assert JournalEntry.objects.get(act="create_organisation").object_id == made.pk


@pytest.mark.parametrize("role", [Role.ADVISER, Role.CONTROLLER, Role.HEAD, Role.AUDITOR, Role.TECHNICAL_ADMIN])
def test_organisation_is_created_by_the_director_or_an_officer_only(role):
    with pytest.raises(NotAllowed, match="Agent de programme, Direction du financement"):
        create(person_with(role))
    assert not Organisation.objects.filter(code="REGIE").exists()


@pytest.mark.parametrize(
    "typed",
    ["SAINT-ELZÉAR", "saint elzear", "St-Elzéar", "st. elzéar", "Saint–Elzéar", "  Saint-Elzéar  "],
)
def test_near_duplicate_is_refused_whatever_its_spelling(officer, typed):
    OrganisationFactory(code="05050", name="Saint-Elzéar")
    with pytest.raises(Invalid) as refused:
        create(officer, name=typed)
    assert errors_of(refused) == {"name": "Ce nom est celui d’un organisme du registre\u00a0: Saint-Elzéar (05050)."}


def test_homonym_is_let_through_with_a_reason_that_is_kept(officer):
    OrganisationFactory(name="Saint-Elzéar")
    with pytest.raises(Invalid) as refused:
        create(officer, name="Saint-Elzéar", distinct_reason="  ")
    assert errors_of(refused) == {"distinct_reason": "Dites en quoi c’est un autre organisme."}
    made = create(officer, name="Saint-Elzéar", distinct_reason="Autre MRC")
    assert OrganisationChange.objects.get(organisation=made).reason == "Autre MRC"
    assert '"reason":"Autre MRC"' in JournalEntry.objects.get(act="create_organisation").content


def test_near_duplicate_of_a_former_name_is_found_and_that_of_an_ended_one_is_not(officer, director):
    renamed = rename(officer, OrganisationFactory(name="Vieux nom"), "Nouveau nom")
    gone = OrganisationFactory(name="Disparue")
    merge(director, gone, renamed)
    assert list(lookalikes_of("VIEUX-NOM", TODAY)) == [renamed]
    assert list(lookalikes_of("vieux", TODAY)) == []
    with pytest.raises(Invalid):
        create(officer, name="Vieux nom")
    assert create(officer, name="Disparue").pk != gone.pk


def test_same_code_or_neq_is_refused_even_with_a_reason(officer):
    OrganisationFactory(code="REGIE", name="Première", neq="1112345678")
    with pytest.raises(Invalid) as refused:
        create(officer, code="regie", distinct_reason="Autre")
    assert errors_of(refused) == {"code": "Première a déjà ce code."}
    with pytest.raises(Invalid) as refused:
        create(officer, code="AUTRE", neq="1112345678", distinct_reason="Autre")
    assert errors_of(refused) == {"neq": "Première a déjà ce NEQ."}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"code": "à voir"}, "code"),
        ({"code": "-A"}, "code"),
        ({"code": "A" * 41}, "code"),
        ({"code": "1234", "kind": OrganisationKind.MUNICIPALITY}, "code"),
        ({"name": " – ’ "}, "name"),
        ({"neq": "1212345678"}, "neq"),
        ({"neq": "112345678"}, "neq"),
        ({"neq": "11123456789"}, "neq"),
        ({"valid_from": date(1, 1, 1)}, "valid_from"),
    ],
)
def test_bad_facts_are_refused_under_their_field(officer, fields, named):
    with pytest.raises(Invalid) as refused:
        create(officer, **fields)
    assert list(errors_of(refused)) == [named]


@pytest.mark.parametrize("neq", ["1123456789", "2223456789", "3323456789", "8823456789", "", None])
def test_neq_is_ten_digits_or_nothing(officer, neq):
    assert create(officer, neq=neq).neq == (neq or None)


def test_key_posted_twice_creates_once(officer):
    given = {"code": "REGIE", "name": "Régie", "facts": facts(), "actor": officer, "now": NOW, "key": "double"}
    assert acts.create_organisation(**given) == acts.create_organisation(**given)
    assert OrganisationChange.objects.count() == 1


# ── Rename ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_renamed_organisation_is_found_under_each_of_its_names(officer):
    town = OrganisationFactory(code="10043", name="Rimouski-Nord", neq="8812345678")
    other = OrganisationFactory(code="99999", name="Rimouski-Ouest")
    rename(officer, town, "Ville d’Œuvre", effective_on=TODAY - timedelta(days=3))
    town.refresh_from_db()
    town = rename(officer, town, "Ville de l’Étoile")
    assert (town.name, town.version, town.sort_key) == ("Ville de l’Étoile", 3, "ville de l etoile")
    for words in ("etoile", "ville étoile", "RIMOUSKI nord", "oeuvre", "œuvre", "10043", "8812 345 678", "étoile rimouski"):
        assert list(found_by(register(), words)) == [town], words
    assert list(found_by(register(), "rimouski")) == [other, town]
    assert register().get(pk=town.pk).former_names == ["Ville d’Œuvre", "Rimouski-Nord"]
    assert history(town) == [("renamed", 2), ("renamed", 3)]


@pytest.mark.parametrize("words", ["100%", "_", "étoile absente", "%"])
def test_search_takes_its_words_as_they_are(officer, words):
    OrganisationFactory(name="Étoile")
    found = found_by(register(), words).filter(kind=OrganisationKind.MUNICIPALITY).count()
    assert found == (1 if words in ("_", "%") else 0)  # signs are no words: nothing is asked for


def test_rename_keeps_the_old_name_its_date_and_its_reason(officer):
    town = rename(officer, OrganisationFactory(name="Avant"), "Après", effective_on=date(2026, 1, 1))
    change = town.changes.get()
    assert (change.name_before, change.name_after, change.effective_on, change.reason) == (
        "Avant", "Après", date(2026, 1, 1), "Lettres patentes",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "fields", "named"),
    [
        ("Avant", {}, "name"),
        ("", {}, "name"),
        ("Après", {"effective_on": TODAY + timedelta(days=1)}, "effective_on"),
        ("Après", {"effective_on": date(1800, 1, 1)}, "effective_on"),
        ("Après", {"effective_on": date(2019, 12, 31)}, "effective_on"),
        ("Après", {"reason": " "}, "reason"),
        ("Prise", {}, "name"),
    ],
)
def test_wrong_rename_is_refused_under_its_field(officer, name, fields, named):
    OrganisationFactory(name="Prise")
    town = OrganisationFactory(name="Avant", valid_from=date(2020, 1, 1))
    with pytest.raises(Invalid) as refused:
        rename(officer, town, name, **fields)
    assert list(errors_of(refused)) == [named]
    assert Organisation.objects.get(pk=town.pk).name == "Avant"


def test_rename_does_not_come_before_the_last_one(officer):
    town = rename(officer, OrganisationFactory(), "Deuxième", effective_on=date(2026, 6, 1))
    with pytest.raises(Invalid) as refused:
        rename(officer, town, "Troisième", effective_on=date(2026, 5, 31))
    assert errors_of(refused)["effective_on"].startswith("L’organisme porte son nom actuel depuis le 1er\u00a0juin\u00a02026")


def test_rename_that_only_changes_case_is_one(officer):
    town = OrganisationFactory(name="saint-elzéar")
    assert rename(officer, town, "Saint-Elzéar").name == "Saint-Elzéar"


def test_second_of_two_people_changes_nothing(officer, director):
    town = OrganisationFactory()
    rename(officer, town, "Premier arrivé")
    for act in (
        lambda: rename(director, town, "Second", version=1),
        lambda: merge(director, town, OrganisationFactory(), version=1),
        lambda: abolish(director, town, version=1),
        lambda: acts.correct_organisation(organisation_id=town.pk, version=1, facts=facts(), reason="Source", actor=director, now=NOW),
    ):
        with pytest.raises(Stale, match="Rien n’a été remplacé"):
            act()
    assert (Organisation.objects.get(pk=town.pk).name, len(history(town))) == ("Premier arrivé", 1)


# ── Correct ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def correct(actor, organisation, reason="Source officielle", **fields):
    return acts.correct_organisation(
        organisation_id=organisation.pk, version=organisation.version, facts=facts(**fields), reason=reason, actor=actor, now=NOW
    )


def test_correction_says_each_fact_before_and_after(officer):
    ministry = OrganisationFactory(kind=OrganisationKind.MINISTRY, code="MIN")
    body = OrganisationFactory(kind=OrganisationKind.AGENCY, code="BODY", population=None, fiscal_calendar=FiscalCalendar.STATE)
    correct(officer, body, region_id="03", neq="8812345678", parent_id=ministry.pk, valid_from=date(2020, 4, 1))
    assert body.changes.get().differences == [
        ["neq", "", "8812345678"], ["valid_from", "", "2020-04-01"], ["region", "05", "03"], ["parent", "", "MIN"],
    ]  # fmt: skip
    body.refresh_from_db()
    assert (body.version, body.neq, body.parent, body.name) == (2, "8812345678", ministry, body.name)


def test_correction_of_nothing_or_without_a_reason_is_refused(officer):
    body = OrganisationFactory(kind=OrganisationKind.AGENCY, population=None, fiscal_calendar=FiscalCalendar.STATE)
    with pytest.raises(Invalid, match="Rien n’a changé"):
        correct(officer, body, region_id="05")
    with pytest.raises(Invalid) as refused:
        correct(officer, body, reason="", region_id="06")
    assert list(errors_of(refused)) == ["reason"]


def test_organisation_never_belongs_to_itself(officer):
    top = OrganisationFactory()
    middle = OrganisationFactory(parent=top)
    for parent in (top, middle):
        with pytest.raises(Invalid) as refused:
            correct(officer, top, parent_id=parent.pk)
        assert errors_of(refused) == {"parent": "Cet organisme relèverait de lui-même."}


def test_ended_organisation_is_still_corrected_but_does_not_begin_after_its_end(officer, director):
    gone = abolish(director, OrganisationFactory())
    with pytest.raises(Invalid) as refused:
        correct(officer, gone, valid_from=TODAY + timedelta(days=30))
    assert list(errors_of(refused)) == ["valid_from"]
    assert correct(officer, gone, region_id="01").region_id == "01"


# ── Merge and abolish ────────────────────────────────────────────────────────────────────────────────────────────────
def test_merged_organisation_ends_the_day_before_and_keeps_what_was_its_own(director):
    gone, successor = OrganisationFactory(name="Petite"), OrganisationFactory(name="Grande")
    member, draft = MembershipFactory(organisation=gone), DraftApplicationFactory(organisation=gone)
    merge(director, gone, successor, effective_on=date(2026, 11, 1))
    gone.refresh_from_db()
    assert (gone.valid_to, gone.successor, gone.version) == (date(2026, 10, 31), successor, 2)
    assert gone.is_in_force(date(2026, 10, 31))
    assert not gone.is_in_force(date(2026, 11, 1))
    assert Membership.objects.get(pk=member.pk).organisation == gone
    assert Application.objects.get(pk=draft.pk).organisation == gone
    change = gone.changes.get()
    assert (change.kind, change.successor, change.effective_on, change.reason) == ("merged", successor, date(2026, 11, 1), MERGER)
    assert JournalEntry.objects.get(act="merge_organisations").object_id == gone.pk


def test_abolished_organisation_may_have_nobody_after_it(director):
    alone, replaced, heir = OrganisationFactory(), OrganisationFactory(), OrganisationFactory()
    abolish(director, alone)
    abolish(director, replaced, successor_id=heir.pk)
    kept = OrganisationChange.objects.order_by("pk").values_list("kind", "successor")
    assert list(kept) == [("abolished", None), ("abolished", heir.pk)]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.HEAD, Role.CONTROLLER, Role.AUDITOR])
def test_only_the_director_ends_an_organisation(role):
    town, other, person = OrganisationFactory(), OrganisationFactory(), person_with(role)
    with pytest.raises(NotAllowed):
        merge(person, town, other)
    with pytest.raises(NotAllowed):
        abolish(person, town)
    assert Organisation.objects.get(pk=town.pk).valid_to is None


def test_organisation_ends_once_and_keeps_its_name(director, officer):
    gone = merge(director, OrganisationFactory(), OrganisationFactory(name="Grande"))
    for act in (lambda: merge(director, gone, OrganisationFactory()), lambda: abolish(director, gone), lambda: rename(officer, gone, "X")):
        with pytest.raises(WrongState, match="jusqu’au 23\u00a0novembre\u00a02026; Grande lui succède"):
            act()


@pytest.mark.parametrize(
    ("effective_on", "named"), [(date(2020, 1, 1), "effective_on"), (date(1066, 1, 1), "effective_on"), (date(2020, 1, 2), None)]
)
def test_organisation_ends_after_its_first_day(director, effective_on, named):
    town = OrganisationFactory(valid_from=date(2020, 1, 1))
    if named is None:
        assert abolish(director, town, effective_on=effective_on).valid_to == date(2020, 1, 1)
        return
    with pytest.raises(Invalid) as refused:
        abolish(director, town, effective_on=effective_on)
    assert list(errors_of(refused)) == [named]


def test_successor_is_another_one_in_force_on_that_day(director):
    town, gone = OrganisationFactory(), abolish(director, OrganisationFactory(name="Partie"))
    coming = OrganisationFactory(name="Future", valid_from=TODAY + timedelta(days=10))
    for successor, said in (
        (town, "Un organisme ne se succède pas à lui-même."),
        (gone, "Partie n’est pas en vigueur à cette date."),
        (coming, "Future n’est pas en vigueur à cette date."),
    ):
        with pytest.raises(Invalid) as refused:
            merge(director, town, successor)
        assert errors_of(refused) == {"successor": said}
    assert merge(director, town, coming, effective_on=TODAY + timedelta(days=10)).successor == coming


def test_successors_never_turn_in_circles(director):
    first, second, third = (OrganisationFactory(name=name) for name in ("Un", "Deux", "Trois"))
    later = TODAY + timedelta(days=400)
    merge(director, second, third, effective_on=later)
    merge(director, third, first, effective_on=later + timedelta(days=1))
    with pytest.raises(Invalid) as refused:
        merge(director, first, second)
    assert "la suite tournerait en rond" in errors_of(refused)["successor"]
    assert chain_from(Organisation.objects.get(pk=second.pk)) == [third, first]


def test_planned_end_comes_on_its_day(director):
    town = abolish(director, OrganisationFactory(), effective_on=TODAY + timedelta(days=1))
    assert policies.begin_anything(town, NOW)
    assert not policies.begin_anything(town, NOW + timedelta(days=1))


# ── What an ended organisation no longer does ────────────────────────────────────────────────────────────────────────
def test_ended_organisation_begins_no_application_and_takes_no_member(director):
    town, heir = OrganisationFactory(), OrganisationFactory(name="Héritière")
    writer, call = person_with(Role.WRITER, organisation=town), CallFactory()
    merge(director, town, heir)
    with pytest.raises(WrongState, match="Héritière lui succède"):
        start_application(call_id=call.pk, organisation_id=town.pk, actor=writer, now=NOW)
    with pytest.raises(WrongState, match="Héritière lui succède"):
        grant_membership(
            email=UserFactory().email, role=Role.WRITER, organisation_id=town.pk, starts_on=TODAY, ends_on=None, actor=director, now=NOW
        )
    assert not Application.objects.exists()


def test_organisation_to_come_begins_nothing_yet():
    town = OrganisationFactory(valid_from=TODAY + timedelta(days=1))
    verdict = policies.begin_anything(town, NOW)
    assert (bool(verdict), verdict.reason) == (
        False,
        "Cet organisme n’existe pas encore\u00a0: il sera en vigueur le 25\u00a0novembre\u00a02026.",
    )
    assert policies.begin_anything(town, NOW + timedelta(days=1))


def test_draft_of_an_ended_organisation_stays_readable(director, client):
    town = OrganisationFactory()
    writer, draft = person_with(Role.WRITER, organisation=town), DraftApplicationFactory(organisation=town)
    abolish(director, town)
    client.force_login(writer)
    assert client.get(f"/demandes/{draft.pk}/").status_code == 200
    assert Application.objects.get(pk=draft.pk).state == ApplicationState.DRAFT
