import pytest
from django.urls import reverse

from projects.enums import Role
from reporting.models import GainReport, GainSharing, SharedGain
from tests.factories import person_with, upload
from tests.reporting.gains import Team
from tests.reporting.sharing import share

pytestmark = pytest.mark.django_db
LIST, CREATE = "reporting:sharing_list", "reporting:sharing_create"
MEASURE = {"period_start": "2026-04-01", "period_end": "2026-09-30", "amount": "100 000,01", "method": "Relevé", "maturity": "final"}


def written(*teams, keys=("60", "40")):
    return "\n".join(f"{team.project.reference} {team.line.code} {key}" for team, key in zip(teams, keys, strict=True))


def post(client, person, address, **data):
    client.force_login(person)
    return client.post(address, {"key": address, **data})


def test_keys_are_recorded_and_a_measure_is_shared_in_the_browser(client):
    one, other = Team(), Team()
    officer = person_with(Role.OFFICER)
    client.force_login(officer)
    assert client.get(reverse(CREATE)).status_code == 200
    assert post(client, officer, reverse(CREATE), title="Guichet", shares=written(one, other), reason="Entente").status_code == 302
    sharing = GainSharing.objects.get()
    report = reverse("reporting:sharing_report", args=[sharing.pk])
    client.force_login(one.writer)
    assert report in client.get(reverse(LIST)).content.decode()
    assert client.get(report).status_code == 200
    for _click in range(2):
        assert post(client, one.writer, report, **MEASURE, evidence=upload()).status_code == 302
    assert SharedGain.objects.count() == 1
    assert [str(row.amount) for row in GainReport.objects.order_by("pk")] == ["60000.01", "40000.00"]
    text = client.get(reverse(LIST)).content.decode()
    assert "60\u00a0000,01\u00a0$" in text


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (("60", "30"), "Les clés font 90\xa0%"),
        (("60", "x"), "écrivez le projet, sa ligne et sa part"),
        (("nan", "40"), "écrivez le projet, sa ligne et sa part"),
        (("0", "100"), "inscrivez une part entre 0 et 100"),
        (("33,3333333", "66,6666667"), "au plus quatre décimales"),
    ],
)
def test_keys_that_are_not_keys_come_back_as_typed_with_what_is_wrong(client, keys, said):
    one, other = Team(), Team()
    typed = written(one, other, keys=keys)
    answer = post(client, person_with(Role.OFFICER), reverse(CREATE), title="Guichet", shares=typed, reason="Entente")
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["shares"])
    assert said in answer.context["form"].errors["shares"][0]
    assert answer.context["form"]["shares"].value() == typed


def test_pages_are_for_whoever_may(client):
    one, other = Team(), Team()
    sharing = share(one, other)
    report = reverse("reporting:sharing_report", args=[sharing.pk])
    assert post(client, one.writer, reverse(CREATE)).status_code == 403
    assert post(client, person_with(Role.OFFICER), report).status_code == 403
    assert post(client, Team().writer, report).status_code == 404
    typed = f"{one.project.reference} L9 60"
    answer = post(client, person_with(Role.OFFICER), reverse(CREATE), title="Guichet", shares=typed, reason="Entente")
    assert list(answer.context["form"].errors) == ["shares"]


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_for_one_and_three_sharings(client, django_assert_num_queries, rows):
    for _row in range(rows):
        share(Team(), Team())
    client.force_login(person_with(Role.AUDITOR))
    with django_assert_num_queries(10):
        assert len(client.get(reverse(LIST)).context["sharings"]) == rows


def test_shared_line_is_reported_on_the_page_of_its_sharing_alone(client):
    one, other = Team(), Team()
    sharing = share(one, other)
    client.force_login(one.writer)
    create = reverse("reporting:gain_create", args=[one.project.reference, one.line.code])
    project = client.get(reverse("reporting:project_detail", args=[one.project.reference])).content.decode()
    assert (create in project, f"{reverse(LIST)}#sharing-{sharing.pk}" in project) == (False, True)
    assert client.get(create).status_code == 409


def test_list_leads_to_the_projects_that_its_reader_sees(client):
    one, other = Team(), Team()
    share(one, other)
    client.force_login(one.writer)
    text = client.get(reverse(LIST)).content.decode()
    pages = [f'href="{reverse("reporting:project_detail", args=[team.project.reference])}"' for team in (one, other)]
    assert [page in text for page in pages] == [True, False]
