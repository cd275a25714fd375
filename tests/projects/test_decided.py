"""What one person proposes and another one decides is written once: the same fields, and the two constraints under each model's name."""

import pytest
from django.core.exceptions import ValidationError

from funding.models import CostMove, CreditMove
from projects.models.decided import Decided, decided_with_its_state, two_people
from reporting.models import ParameterMove
from tests.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db
MOVES = [
    (ParameterMove, "parameter_move", "proposed_by"),
    (CostMove, "cost_move", "entered_by"),
    (CreditMove, "credit_move", "proposed_by"),
]
SHARED = {"number", "reason", "decided_by", "decided_at", "refusal_reason"}


def constraint(model, name):
    return next(one for one in model._meta.constraints if one.name == name)


def refused(model, name, **fields):
    """What a constraint says of a row that was not written yet; nothing when it holds."""
    try:
        constraint(model, name).validate(model, model(**fields))
    except ValidationError as error:
        return error.message
    return ""


@pytest.mark.parametrize(("model", "name", "proposer"), MOVES)
def test_nobody_decides_what_they_proposed(model, name, proposer):
    one, other = UserFactory(), UserFactory()
    assert issubclass(model, Decided)
    assert "personne" in refused(model, f"{name}_two_people", **{proposer: one, "decided_by": one})
    assert refused(model, f"{name}_two_people", **{proposer: one, "decided_by": other}) == ""
    assert refused(model, f"{name}_two_people", **{proposer: one}) == ""


@pytest.mark.parametrize(("model", "name", "proposer"), MOVES)
@pytest.mark.parametrize(
    ("state", "decided", "holds"),
    [("proposed", False, True), ("proposed", True, False), ("approved", True, True), ("approved", False, False), ("refused", True, True)],
)
def test_decision_goes_with_its_state(model, name, proposer, state, decided, holds):
    by = {"decided_by": UserFactory(), "decided_at": NOW} if decided else {}
    assert (refused(model, f"{name}_decided_with_its_state", state=state, **by) == "") is holds


def test_block_is_the_same_in_each_model():
    for model, _name, _proposer in MOVES:
        assert {field.name for field in Decided._meta.get_fields()} == SHARED
        assert {name for name in SHARED if model._meta.get_field(name).model is model} == SHARED
        assert str(model(number="N-1")) == "N-1"


def test_constraints_take_the_names_that_the_database_knows():
    assert two_people("a", proposer="x", message="m").name == "a"
    assert decided_with_its_state("b", proposed="p", decided=["q"]).name == "b"
