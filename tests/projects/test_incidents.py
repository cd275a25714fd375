"""The register of confidentiality incidents: entered, completed, closed; read by three roles; never erased."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from projects.enums import IncidentState, InjuryRisk, Role
from projects.models import Incident, JournalEntry
from projects.services import incidents as acts
from tests.factories import NOW, person_with
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
LIST = "/incidents/"
BEFORE = NOW - timedelta(days=2)
CONTENT = acts.IncidentContent(BEFORE, "Un courriel est parti au mauvais organisme", ("contact", "identity"))
ASSESSED = replace(CONTENT, people_count=12, risk=InjuryRisk.LOW, assessment="Coordonnées déjà publiques", measures="Rappel du courriel")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def officer():
    return person_with(Role.PRIVACY_OFFICER)


def record(officer, content=CONTENT, **changes):
    return acts.record_incident(**{"content": content, "actor": officer, "now": NOW, **changes})


def edit(incident, officer, content, version=None, now=NOW):
    version = incident.version if version is None else version
    return acts.edit_incident(incident_id=incident.pk, content=content, version=version, actor=officer, now=now)


def test_incident_has_its_number_and_its_kinds_in_order(officer):
    incident = record(officer)
    assert (incident.number, incident.kinds, incident.state) == ("INC-2026-001", ["identity", "contact"], IncidentState.OPEN)
    assert record(officer).number == "INC-2026-002"


def test_journal_names_the_incident_and_quotes_none_of_it(officer):
    incident = record(officer)
    edit(incident, officer, ASSESSED)
    kept = JournalEntry.objects.order_by("pk").values_list("act", "object_id", "content")
    assert [(act, pk) for act, pk, _content in kept] == [("record_incident", incident.pk), ("edit_incident", incident.pk)]
    assert [content for _act, _pk, content in kept if "courriel" in content] == []
    assert '"fields":["people_count","risk","assessment","measures"]' in kept[1][2]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"description": "  "}, "description"),
        ({"kinds": ()}, "kinds"),
        ({"kinds": ("secret",)}, "kinds"),
        ({"risk": InjuryRisk.SERIOUS}, "assessment"),
        ({"discovered_at": NOW + timedelta(seconds=1)}, "discovered_at"),
        ({"commission_notified_at": BEFORE - timedelta(seconds=1)}, "commission_notified_at"),
        ({"people_notified_at": NOW + timedelta(seconds=1)}, "people_notified_at"),
    ],
)
def test_bad_entry_says_where(officer, changes, field):
    with pytest.raises(Invalid) as refused:
        record(officer, replace(CONTENT, **changes))
    assert list(refused.value.errors) == [field]
    assert Incident.objects.count() == 0


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PRIVACY_OFFICER])
def test_only_the_privacy_officer_keeps_the_register(officer, role):
    incident = record(officer)
    for act, arguments in (
        (acts.record_incident, {"content": CONTENT}),
        (acts.edit_incident, {"incident_id": incident.pk, "content": ASSESSED, "version": 1}),
        (acts.close_incident, {"incident_id": incident.pk}),
    ):
        with pytest.raises(NotAllowed):
            act(**arguments, actor=person_with(role), now=NOW)


def test_second_of_two_changes_is_refused(officer):
    incident = record(officer)
    edit(incident, officer, ASSESSED, version=1)
    with pytest.raises(Stale):
        edit(incident, officer, CONTENT, version=1)
    incident.refresh_from_db()
    assert (incident.version, incident.measures) == (2, "Rappel du courriel")


def test_database_keeps_each_version(officer):
    incident = record(officer)
    edit(incident, officer, ASSESSED)
    events = apps.get_model("projects.IncidentEvent").objects.filter(pgh_obj=incident).order_by("pgh_id")
    assert [(event.version, event.measures) for event in events] == [(1, ""), (2, "Rappel du courriel")]


@pytest.mark.parametrize(
    ("content", "allowed"),
    [
        (CONTENT, False),
        (replace(ASSESSED, measures=""), False),
        (replace(ASSESSED, people_count=None), False),
        (replace(ASSESSED, risk=InjuryRisk.SERIOUS), False),
        (replace(ASSESSED, risk=InjuryRisk.SERIOUS, commission_notified_at=NOW), False),
        (replace(ASSESSED, risk=InjuryRisk.SERIOUS, commission_notified_at=NOW, people_notified_at=NOW), True),
        (ASSESSED, True),
    ],
)
def test_incident_closes_once_assessed_counted_and_told(officer, content, allowed):
    incident = record(officer, content)
    if allowed:
        assert acts.close_incident(incident_id=incident.pk, actor=officer, now=NOW).state == IncidentState.CLOSED
        with pytest.raises(WrongState):
            edit(incident, officer, ASSESSED)
    else:
        with pytest.raises(WrongState):
            acts.close_incident(incident_id=incident.pk, actor=officer, now=NOW)


def test_database_keeps_closed_incidents_and_erases_none(officer):
    incident = record(officer, ASSESSED)
    assert refusal("DELETE FROM projects_incident WHERE id = %s", incident.pk) == "incident_kept"
    acts.close_incident(incident_id=incident.pk, actor=officer, now=NOW)
    assert refusal("UPDATE projects_incident SET measures = 'Autre' WHERE id = %s", incident.pk) == "incident_kept"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("description = '  '", "incident_is_described"),
        ("kinds = '{}'", "incident_is_described"),
        ("discovered_at = recorded_at + interval '1 second'", "incident_dates_in_order"),
        ("people_notified_at = discovered_at - interval '1 second'", "incident_dates_in_order"),
        ("assessment = ' '", "incident_risk_is_explained"),
        ("state = 'closed'", "incident_closed_complete"),
        (
            "state = 'closed', closed_by_id = recorded_by_id, closed_at = recorded_at, risk = 'serious'",
            "incident_serious_is_notified",
        ),
    ],
)
def test_database_holds_the_rules_of_an_incident(officer, change, constraint):
    incident = record(officer, ASSESSED)
    assert refusal(f"UPDATE projects_incident SET {change} WHERE id = %s", incident.pk) == constraint


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.PRIVACY_OFFICER, 200),
        (Role.HEAD, 200),
        (Role.AUDITOR, 200),
        (Role.DIRECTOR, 403),
        (Role.TECHNICAL_ADMIN, 403),
        (Role.WRITER, 403),
    ],
)
def test_register_is_read_by_three_roles(client, officer, role, status):
    incident = record(officer)
    assert client.get(LIST).status_code == 302
    client.force_login(person_with(role))
    assert client.get(LIST).status_code == status
    assert client.get(f"{LIST}{incident.number}/").status_code == status
    assert client.post(f"{LIST}exporter/").status_code == status
    edits = 200 if role == Role.PRIVACY_OFFICER else 403
    assert client.get(f"{LIST}nouveau/").status_code == edits
    assert client.get(f"{LIST}{incident.number}/modification/").status_code == edits


@pytest.mark.parametrize("rows", [1, 3])
def test_register_costs_the_same_for_one_and_three_incidents(client, officer, django_assert_num_queries, rows):
    for _row in range(rows):
        record(officer)
    client.force_login(person_with(Role.AUDITOR))
    with django_assert_num_queries(8):
        client.get(LIST)


def test_whole_way_in_the_browser(client, officer):
    client.force_login(officer)
    typed = {"discovered_at": "2026-11-22T10:00", "description": "Clé perdue", "kinds": ["identity"], "risk": "unknown", "key": "a"}
    assert client.post(f"{LIST}nouveau/", {**typed, "kinds": []}).status_code == 422
    assert client.post(f"{LIST}nouveau/", typed).headers["Location"] == f"{LIST}INC-2026-001/"
    assert "À évaluer" in client.get(f"{LIST}INC-2026-001/").text
    form = client.get(f"{LIST}INC-2026-001/modification/").context["form"]
    assert (form["description"].value(), form["version"].value()) == ("Clé perdue", 1)
    more = {**typed, "risk": "low", "assessment": "Chiffrée", "measures": "Avis", "people_count": "3", "version": "1", "key": "b"}
    assert client.post(f"{LIST}INC-2026-001/modification/", more).status_code == 302
    assert client.post(f"{LIST}INC-2026-001/modification/", {**more, "key": "c"}).status_code == 409
    assert client.post(f"{LIST}INC-2026-001/cloture/", {"key": "d"}).status_code == 302
    assert client.get(f"{LIST}INC-2026-001/modification/").status_code == 409
    page = client.get(f"{LIST}INC-2026-001/").text
    assert [word in page for word in ("Inscrit", "Complété", "Clos", officer.name)] == [True] * 4


def test_export_is_journalled_and_neutralised(client, officer):
    record(officer, replace(CONTENT, description="=cmd()"))
    client.force_login(person_with(Role.HEAD))
    lines = b"".join(client.post(f"{LIST}exporter/", {"key": "a"}).streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].split(";")[4] == "'=cmd()"
    assert JournalEntry.objects.filter(act="export_incidents").get().content.count('"rows":1') == 1
