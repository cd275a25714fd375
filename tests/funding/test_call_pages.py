"""The Secretariat's pages of a call: list, form, submission, approval, return."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from funding.models import LedgerEntry
from funding.services.calls import submit_call
from projects.enums import CallState, Role
from projects.models import Call, TermsProfile
from projects.services.calls import create_call
from tests.factories import NOW, CallFactory, call_content, person_with

pytestmark = pytest.mark.django_db
LIST, NEW = "/secretariat/appels/", "/secretariat/appels/nouveau/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def officer(client):
    person = person_with(Role.OFFICER)
    client.force_login(person)
    return person


@pytest.fixture
def draft(officer):
    return create_call(content=call_content(), actor=officer, now=NOW)


def typed(**fields):
    """A complete call as a person types it."""
    return {
        "key": "k",
        "version": "0",
        "title": "Services municipaux",
        "purpose": "Partager des services.",
        "envelope": "PROJECTS",
        "terms": str(TermsProfile.objects.get(code="JALONS").pk),
        "opens_at": "2026-12-01T09:00",
        "closes_at": "2027-01-29T16:00",
        "amount_2024": "",
        "amount_2025": "",
        "amount_2026": "1 250 000,50 $",
        "amount_2027": "12,5",
        "amount_2028": "0",
        "objectives-TOTAL_FORMS": "2",
        "objectives-INITIAL_FORMS": "0",
        "objectives-0-indicator": "Délai",
        "objectives-0-unit": "jours",
        "objectives-0-baseline": "1 060,5",
        "objectives-0-target": "-30",
        "objectives-0-weight": "100",
        "objectives-1-indicator": "",
        "criteria-TOTAL_FORMS": "2",
        "criteria-INITIAL_FORMS": "1",
        "criteria-0-title": "",
        "criteria-0-weight": "",
        "criteria-1-title": "Retombées",
        "criteria-1-guidance": "Ampleur",
        "criteria-1-weight": "100",
        **fields,
    }


def step(call, name):
    return f"/secretariat/appels/{call.reference}/{name}/"


def errors(response):
    form = response.context["form"]
    rows = [row.errors for rows in (form.objectives, form.criteria) for row in rows]
    return [str(text) for found in (form.errors, *rows) for texts in found.values() for text in texts]


def test_typed_call_is_kept_as_a_draft(client, officer):
    response = client.post(NEW, typed())
    call = Call.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/secretariat/appels/{call.reference}/")
    assert (call.reference, call.title, call.state, call.created_by) == ("AP-2026-01", "Services municipaux", "draft", officer)
    assert (call.opens_at, call.closes_at) == (datetime(2026, 12, 1, 14, tzinfo=UTC), datetime(2027, 1, 29, 21, tzinfo=UTC))
    assert list(call.budgets.order_by("fiscal_year").values_list("fiscal_year", "amount")) == [
        (2026, Decimal("1250000.50")),
        (2027, Decimal("12.50")),
    ]
    assert list(call.objectives.values_list("position", "indicator", "baseline", "target", "weight")) == [
        (1, "Délai", Decimal("1060.50"), Decimal("-30.00"), 100)
    ]
    assert list(call.criteria.values_list("position", "title", "guidance", "weight")) == [(1, "Retombées", "Ampleur", 100)]


def test_double_click_makes_one_call(client, officer):
    addresses = {client.post(NEW, typed())["Location"] for _twice in range(2)}
    assert len(addresses) == 1
    assert Call.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ("-1", "inscrivez un montant positif ou nul"),
        ("1e9", "inscrivez un montant en chiffres, par exemple 45 000 ou 45 000,50"),
        ("NaN", "inscrivez un montant en chiffres, par exemple 45 000 ou 45 000,50"),
        ("1,234", "inscrivez au plus deux chiffres après la virgule"),
        ("10000000000000000", "le montant est trop grand : inscrivez au plus 10 milliards de dollars"),
    ],
)
def test_amount_that_cannot_be_read_is_refused_beside_its_field(client, officer, amount, message):
    response = client.post(NEW, typed(amount_2026=amount))
    assert response.status_code == 422
    assert [str(text).replace("\xa0", " ") for text in response.context["form"].errors["amount_2026"]] == [message]
    assert f'value="{amount}"' in response.content.decode()
    assert Call.objects.count() == 0


@pytest.mark.parametrize("name", ["objectives-0-baseline", "objectives-0-target"])
@pytest.mark.parametrize("value", ["1e9", "NaN", "douze", "1,234", "99999999999999,99", ""])
def test_measure_that_cannot_be_read_is_refused(client, officer, name, value):
    response = client.post(NEW, typed(**{name: value}))
    assert response.status_code == 422
    assert len(errors(response)) == 1
    assert Call.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"closes_at": "2026-12-01T09:00"}, 1),
        ({"closes_at": "2026-11-30T09:00"}, 1),
        ({"opens_at": "2026-11-01T01:30"}, 1),  # twice that night
        ({"opens_at": "2027-03-14T02:30", "closes_at": "2027-04-01T16:00"}, 1),  # never that night
        ({"opens_at": "demain"}, 1),
        ({"title": ""}, 1),
        ({"title": "x" * 161}, 1),
        ({"purpose": "x" * 4001}, 1),
        ({"terms": "0"}, 1),
        ({"envelope": "AUTRE"}, 1),
        ({"criteria-1-weight": "101"}, 1),
        ({"criteria-1-weight": "0"}, 1),
        ({"criteria-1-weight": "12,5"}, 1),
        ({"objectives-1-indicator": "Sans le reste"}, 4),
        ({"objectives-TOTAL_FORMS": ""}, 0),  # the page was tampered with: said by the rows as a whole
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(client, officer, fields, count):
    response = client.post(NEW, typed(**fields))
    assert response.status_code == 422
    assert len(errors(response)) == count
    assert 'class="error-summary"' in response.content.decode()
    assert Call.objects.count() == 0


def test_terms_that_end_before_the_opening_are_refused(client, officer):
    terms = TermsProfile.objects.get(code="MICRO")
    TermsProfile.objects.filter(pk=terms.pk).update(valid_to=datetime(2026, 11, 30, tzinfo=UTC).date())
    response = client.post(NEW, typed(terms=str(terms.pk)))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["terms"]


def test_adding_a_row_without_script_keeps_what_was_typed_and_saves_nothing(client, officer):
    response = client.post(NEW, typed(add="objectives", title=""))
    page = response.content.decode()
    assert response.status_code == 200
    assert [len(response.context["form"].objectives.forms), len(response.context["form"].criteria.forms)] == [3, 2]
    assert 'value="1 250 000,50 $"' in page
    assert 'class="error-summary"' not in page
    assert Call.objects.count() == 0


def test_draft_comes_back_in_its_form_and_is_replaced(client, draft):
    page = client.get(step(draft, "modification"))
    assert page.status_code == 200
    assert 'value="Transformation des services"' in page.content.decode()
    assert 'value="400\xa0000"' in page.content.decode()
    response = client.post(step(draft, "modification"), typed(version="1", title="Remplacé"))
    assert response.status_code == 302
    draft.refresh_from_db()
    assert (draft.title, draft.version, draft.objectives.count()) == ("Remplacé", 2, 1)


def test_draft_that_a_colleague_changed_is_not_overwritten(client, draft):
    client.post(step(draft, "modification"), typed(version="1", title="Le premier", key="a"))
    response = client.post(step(draft, "modification"), typed(version="1", title="Le second", key="b"))
    assert response.status_code == 409
    assert "Une autre personne a modifié cet appel" in response.content.decode()
    draft.refresh_from_db()
    assert draft.title == "Le premier"


def test_call_goes_from_draft_to_approved_by_two_people(client, draft):
    assert client.get(step(draft, "soumission")).status_code == 200
    assert client.post(step(draft, "soumission"), {"key": "s"}).status_code == 302
    client.force_login(person_with(Role.DIRECTOR))
    page = client.get(step(draft, "approbation")).content.decode().replace("\xa0", " ")
    assert "54 000 000 $" in page
    assert "53 600 000 $" in page
    assert client.post(step(draft, "approbation"), {"key": "a"}).status_code == 302
    assert client.post(step(draft, "approbation"), {"key": "a"}).status_code == 302  # a double click
    draft.refresh_from_db()
    assert draft.state == CallState.APPROVED
    assert LedgerEntry.objects.filter(call=draft).count() == 2


def test_incomplete_call_comes_back_with_what_is_missing(client, officer):
    call = create_call(content=call_content(criteria=()), actor=officer, now=NOW)
    assert "Ajoutez au moins un critère." in client.get(f"/secretariat/appels/{call.reference}/").content.decode()
    response = client.post(step(call, "soumission"), {"key": "s"})
    assert response.status_code == 422
    assert [str(e) for e in response.context["form"].non_field_errors()] == ["Ajoutez au moins un critère."]


def test_overrun_says_the_margin_on_the_page(client, officer):
    call = create_call(content=call_content(budgets={2026: Decimal("54000000.01")}), actor=officer, now=NOW)
    submit_call(call_id=call.pk, actor=officer, now=NOW)
    client.force_login(person_with(Role.DIRECTOR))
    assert "Dépassement" in client.get(step(call, "approbation")).content.decode()
    response = client.post(step(call, "approbation"), {"key": "a"})
    assert response.status_code == 409
    assert "n’a plus que 54 000 000,00 $ en 2026-2027" in response.content.decode().replace("\xa0", " ")


def test_returned_call_shows_its_author_why(client, draft, officer):
    submit_call(call_id=draft.pk, actor=officer, now=NOW)
    client.force_login(person_with(Role.DIRECTOR, name="Hadrien Bellerose"))
    assert client.post(step(draft, "retour"), {"reason": "", "key": "r"}).status_code == 422
    assert client.post(step(draft, "retour"), {"reason": "Précisez la cible.", "key": "r"}).status_code == 302
    client.force_login(officer)
    page = client.get(f"/secretariat/appels/{draft.reference}/").content.decode().replace("\xa0", " ")
    assert "Hadrien Bellerose a retourné cet appel : Précisez la cible." in page


# ── Who sees and does what ───────────────────────────────────────────────────────────────────────────────────────────
PAGES = ("", "modification/", "soumission/", "approbation/", "retour/")


@pytest.mark.parametrize("page", PAGES)
def test_anonymous_visitor_signs_in_first(client, page):
    call = CallFactory(state=CallState.DRAFT)
    path = f"/secretariat/appels/{call.reference}/{page}"
    assert client.get(path).status_code == 302
    assert client.post(path).status_code in (302, 405)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", [Role.WRITER, Role.REVIEWER])
def test_outsiders_do_not_enter(client, role, page):
    client.force_login(person_with(role))
    for state, status in ((CallState.SUBMITTED, 404), (CallState.OPEN, 403)):
        call = CallFactory(state=state)
        assert client.get(f"/secretariat/appels/{call.reference}/{page}").status_code == status


@pytest.mark.parametrize(
    ("role", "page", "status"),
    [
        (Role.OFFICER, "approbation/", 403),
        (Role.OFFICER, "retour/", 403),
        (Role.OFFICER, "soumission/", 409),
        (Role.DIRECTOR, "approbation/", 200),
        (Role.DIRECTOR, "retour/", 200),
        (Role.DIRECTOR, "modification/", 403),
        (Role.DIRECTOR, "soumission/", 403),
        (Role.CONTROLLER, "", 200),
        (Role.CONTROLLER, "approbation/", 403),
    ],
)
def test_each_role_opens_what_it_may_do(client, role, page, status):
    call = CallFactory(state=CallState.SUBMITTED)
    client.force_login(person_with(role))
    path = f"/secretariat/appels/{call.reference}/{page}"
    assert client.get(path).status_code == status
    if page and status == 403:
        assert client.post(path, {"key": "x"}).status_code == 403


def test_auditor_reads_published_calls_only(client):
    sealed, known = CallFactory(state=CallState.DRAFT), CallFactory()
    client.force_login(person_with(Role.AUDITOR))
    assert client.get(f"/secretariat/appels/{sealed.reference}/").status_code == 404
    assert client.get(f"/secretariat/appels/{known.reference}/").status_code == 200
    assert [row.record.pk for row in client.get(LIST).context["table"].paginated_rows] == [known.pk]


def test_approver_who_wrote_the_call_reads_why_not(client, officer):
    both = person_with(Role.OFFICER, Role.DIRECTOR)
    call = create_call(content=call_content(), actor=both, now=NOW)
    submit_call(call_id=call.pk, actor=both, now=NOW)
    client.force_login(both)
    assert "une autre personne doit l’approuver" in client.get(f"/secretariat/appels/{call.reference}/").content.decode()
    assert client.post(step(call, "approbation"), {"key": "a"}).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_the_same_queries_for_one_row_and_three(client, officer, django_assert_num_queries, rows):
    for _each in range(rows):
        CallFactory(state=CallState.DRAFT, opens_at=NOW + timedelta(days=1))
    client.get(LIST)
    with django_assert_num_queries(9):
        client.get(LIST)
