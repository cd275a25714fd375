"""INV-08 and INV-09 by raw SQL, as the application's role: the database refuses what code would let through."""

import pytest
from django.db import DatabaseError, connection, transaction

from fondsinnovation.kit.errors import WrongState, domain_error
from funding.enums import MilestoneState
from funding.models import Agreement, Instalment, Milestone
from funding.policies import milestones as _said  # noqa: F401 — registers what its constraints say
from projects.enums import DocumentKind
from projects.services.documents import store_bytes
from tests.factories import NOW, UserFactory, agreement_in_force

pytestmark = pytest.mark.django_db
INSERT = """
INSERT INTO funding_payment (number, instalment_id, amount, fiscal_year, state, attests_legal_basis, attests_credit, attests_due,
                             requested_by_id, requested_at, rejection_reason, reversal_reason)
VALUES (%s, %s, %s, 2026, 'requested', true, true, true, %s, now(), '', '')"""


@pytest.fixture
def agreement():
    return agreement_in_force()


def insert(instalment, amount, number="VER-1"):
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(INSERT, [number, instalment.pk, amount, UserFactory().pk])


def refusal(instalment, amount):
    """The constraint that refuses one raw statement, and what a person is told."""
    with pytest.raises(DatabaseError) as refused:
        insert(instalment, amount)
    said = domain_error(refused.value)
    assert isinstance(said, WrongState)
    return refused.value.__cause__.diag.constraint_name, said.message.replace("\u00a0", " ")


def settle(agreement, position, state, **fields):
    """A milestone in a state, by whoever may write there."""
    document = store_bytes(
        b"%PDF-1.7", name="p.pdf", content_type="application/pdf", kind=DocumentKind.EVIDENCE, actor=UserFactory(), now=NOW,
        project=agreement.project,
    )  # fmt: skip
    people = {"reported_by": UserFactory(), "reported_at": NOW, "verified_by": UserFactory(), "verified_at": NOW, "document": document}
    Milestone.objects.filter(agreement=agreement, position=position).update(state=state, **people, **fields)


def test_inv08_payment_needs_its_milestone(agreement):
    instalment = agreement.instalments.get(kind="milestone")
    said = "Ce versement attend la vérification de son jalon."
    assert refusal(instalment, 55000) == ("payment_has_its_milestone", said)
    settle(agreement, 1, MilestoneState.VERIFIED)
    insert(instalment, 55000)


def test_inv08_payment_of_a_partly_accepted_milestone_is_its_share(agreement):
    settle(agreement, 1, MilestoneState.PARTIAL, accepted_share="0.5", refusal_reason="Presque")
    instalment = agreement.instalments.get(kind="milestone")
    said = "Ce versement ne se paie qu’à concurrence de 27 500,00 $; 27 500,01 $ sont demandés."
    assert refusal(instalment, "27500.01") == ("payment_within_what_is_accepted", said)
    insert(instalment, "27500.00")


def test_inv08_advances_together_stay_within_the_terms(agreement):
    """25 % of 100 000 $ in all: the second advance has no room left."""
    advance = agreement.instalments.get(kind="advance")
    insert(advance, 25000)
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        second = Instalment.objects.create(agreement=agreement, position=9, kind="advance", fiscal_year=2026, amount="0.01")
        said = "L’avance dépasse la limite des modalités : il en reste 0,00 $ et 0,01 $ sont demandés."
        assert refusal(second, "0.01") == ("payment_advance_within_terms", said)
        transaction.set_rollback(True)


def test_inv09_holdback_waits_for_the_final_report_and_the_other_milestones(agreement):
    holdback = agreement.instalments.get(kind="holdback")
    said = ("payment_holdback_after_final_report", "La retenue attend que le rapport final soit vérifié et les autres jalons réglés.")
    assert refusal(holdback, 20000) == said
    settle(agreement, 2, MilestoneState.VERIFIED)
    assert refusal(holdback, 20000) == said
    settle(agreement, 1, MilestoneState.PARTIAL, accepted_share="0.5", refusal_reason="Presque")
    assert refusal(holdback, "20000.01")[0] == "payment_within_what_is_accepted"
    insert(holdback, 20000)


def test_inv09_final_report_accepted_in_part_releases_nothing(agreement):
    settle(agreement, 1, MilestoneState.VERIFIED)
    settle(agreement, 2, MilestoneState.PARTIAL, accepted_share="0.9", refusal_reason="Presque")
    assert refusal(agreement.instalments.get(kind="holdback"), 1)[0] == "payment_holdback_after_final_report"


def test_a_change_of_a_milestone_is_written_once(agreement):
    for statement in ("UPDATE funding_milestonechange SET reason = 'x'", "DELETE FROM funding_milestonechange"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Agreement.objects.get() == agreement
