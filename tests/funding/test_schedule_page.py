"""The draft of an agreement proposes its instalments by the method that its address names, and says what is wrong with it."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from fondsinnovation.fields import RateField
from funding.models import Instalment
from funding.services.awards import approve_award, issue_letter
from projects.enums import ApplicationState, Role
from tests.factories import NOW, ApplicationFactory, award_certified, person_with, reserved_call

D = Decimal


@pytest.fixture
def page(client):
    application = ApplicationFactory(
        state=ApplicationState.RECOMMENDED, score=D("80.00"), call=reserved_call(), amount_requested=D("50000.00"), total_cost=D("62500.00")
    )
    award = award_certified(application, amount=D("50000.00"))
    approve_award(award_id=award.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    issue_letter(award_id=award.pk, actor=person_with(Role.OFFICER), now=NOW)
    client.force_login(person_with(Role.OFFICER))
    return reverse("funding:agreement_draft", args=[application.number])


def proposed(answer):
    return [(str(one.kind), one.milestone, str(one.amount)) for one in answer.context["form"].proposed]


@pytest.mark.django_db
def test_draft_proposes_one_instalment_per_milestone_then_what_is_asked(client, page):
    assert proposed(client.get(page)) == [
        ("advance", None, "12500.00"),
        ("milestone", 1, "13750.00"),
        ("milestone", 2, "13750.00"),
        ("holdback", 2, "10000.00"),
    ]
    equal = client.get(page, {"method": "equal", "count": "3"})
    assert proposed(equal) == [("milestone", 1, "16666.66"), ("milestone", 2, "16666.66"), ("holdback", 2, "16666.68")]
    assert "50\u00a0000\u00a0$" in equal.content.decode()
    rates = client.get(page, {"method": "rates", "rate_0": "0", "rate_1": "40 %", "rate_2": "40", "rate_3": "20"})
    assert proposed(rates) == [("milestone", 1, "20000.00"), ("milestone", 2, "20000.00"), ("holdback", 2, "10000.00")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"method": "equal"}, "count", "Inscrivez le nombre de versements, de 1 à 24."),
        ({"method": "equal", "count": "25"}, "count", "Assurez-vous que cette valeur est inférieure ou égale à 24."),
        ({"method": "rates", "rate_1": "33,33"}, "rate_0", "Les pourcentages totalisent 33,33 % : ils doivent faire 100 %."),
        ({"method": "rates", "rate_1": "beaucoup"}, "rate_1", "Inscrivez un pourcentage en chiffres, par exemple 40 ou 33,33."),
    ],
)
def test_a_method_that_cannot_be_followed_says_why_and_keeps_what_was_typed(client, page, asked, field, said):
    answer = client.get(page, asked)
    errors = {name: [text.replace("\u00a0", " ") for text in found] for name, found in answer.context["method"].errors.items()}
    assert (answer.status_code, errors) == (200, {field: [said]})
    assert len(proposed(answer)) == 4
    assert all(f'value="{typed}"' in answer.content.decode() for typed in asked.values())


@pytest.mark.django_db
def test_draft_is_made_of_the_instalments_of_its_method_without_a_script(client, page):
    asked = "?method=equal&count=2"
    day = timezone.localdate().isoformat()
    typed = {
        "starts_on": day,
        "ends_on": "2027-12-31",
        "amount_0": "25000,00",
        "year_0": 2026,
        "amount_1": "24999",
        "year_1": 2026,
        "key": "k",
    }
    wrong = client.post(page + asked, typed)
    assert (wrong.status_code, wrong.context["form"].total()) == (422, D("49999.00"))
    assert client.post(page + asked, {**typed, "amount_1": "25 000"}).status_code == 302
    assert list(Instalment.objects.order_by("position").values_list("kind", "amount")) == [
        ("milestone", D("25000.00")),
        ("holdback", D("25000.00")),
    ]


@pytest.mark.parametrize(
    ("typed", "rate"), [("33,33", D("0.3333")), ("40 %", D("0.4")), ("\u00a00.0001", D("0.000001")), ("", None), ("100", D(1))]
)
def test_percentages_are_read_as_they_are_typed(typed, rate):
    assert RateField(required=False).clean(typed) == rate


@pytest.mark.parametrize("typed", ["-1", "101", "1e1e", "NaN", "33,33333", "abc"])
def test_what_is_not_a_percentage_is_refused(typed):
    with pytest.raises(ValidationError):
        RateField(required=False).clean(typed)
