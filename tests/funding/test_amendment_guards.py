"""What the database refuses of an amendment, as the application's role."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from funding.models import Amendment, Payment
from projects.enums import Role
from tests.factories import NOW, agreement_in_force, person_with
from tests.funding.amending import amended, approved, certified, proposed
from tests.funding.paying import requested
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
D = Decimal


def moved(amendment, state, **fields):
    """The refusal of a raw change of state, with other fields set along."""
    connection.check_constraints()
    sets = "".join(f", {name} = %s" for name in fields)
    return refusal(f"UPDATE funding_amendment SET state = %s{sets} WHERE id = %s", state, *fields.values(), amendment.pk)


def test_a_decided_amendment_never_changes():
    amendment = amended(ends_on=date(2028, 1, 1))
    assert refusal("UPDATE funding_amendment SET reason = 'Autre' WHERE id = %s", amendment.pk) == "amendment_is_final"
    assert refusal("DELETE FROM funding_amendment WHERE id = %s", amendment.pk).startswith("permission denied")
    assert refusal("UPDATE funding_amendmentstep SET role = ''").startswith("permission denied")
    assert refusal("DELETE FROM funding_amendmentrule").startswith("permission denied")


def test_its_content_changes_with_a_new_round_only():
    amendment = proposed(amount=D("120000.00"))
    assert refusal("UPDATE funding_amendment SET amount_after = 900000 WHERE id = %s", amendment.pk) == "amendment_is_never_rewritten"
    assert (
        refusal("UPDATE funding_amendment SET amount_before = 90000, round = 2 WHERE id = %s", amendment.pk)
        == "amendment_starts_from_what_is"
    )
    assert refusal("UPDATE funding_amendmentpart SET after = 5").startswith("permission denied")
    passed = approved(amount=D("120000.00"))
    assert refusal("DELETE FROM funding_amendmentpart WHERE amendment_id = %s", passed.pk) == "amendment_rows_are_open"
    assert (
        refusal(
            "INSERT INTO funding_amendmentinstalment (amendment_id, position, kind, fiscal_year, amount) "
            "VALUES (%s, 9, 'advance', 2026, 1)",
            passed.pk,
        )
        == "amendment_rows_are_open"
    )


def test_it_is_not_in_force_before_its_levels_its_certificate_and_its_effects():
    amendment = proposed(amount=D("120000.00"))
    assert moved(amendment, "in_force", decided_by_id=person_with(Role.HEAD).pk, decided_at=NOW) == "amendment_moves_in_order"
    assert moved(amendment, "approved") == "amendment_increase_is_certified"
    certified(amendment)
    assert moved(amendment, "approved") == "amendment_is_approved_by_its_levels"
    passed, head = approved(amount=D("120000.00")), person_with(Role.HEAD)
    refused = {"decided_by_id": head.pk, "decided_at": NOW, "decision_reason": "Non"}
    assert moved(proposed(ends_on=date(2028, 1, 1)), "refused", **refused) == "amendment_steps_are_kept"
    assert moved(passed, "in_force", decided_by_id=passed.proposed_by_id, decided_at=NOW) == "amendment_decider_is_apart"
    assert moved(passed, "in_force") == "amendment_decided_with_its_state"
    step = """INSERT INTO funding_amendmentstep (amendment_id, round, kind, role, reason, person_id, at)
        VALUES (%s, 1, 'in_force', '', '', %s, %s)"""
    both = (
        f"WITH s AS ({step} RETURNING 1) UPDATE funding_amendment SET state = 'in_force', decided_by_id = %s, decided_at = %s WHERE id = %s"
    )
    assert refusal(both, passed.pk, head.pk, NOW, head.pk, NOW, passed.pk) == "amendment_commits_its_parts"
    dates = approved(ends_on=date(2028, 1, 1))
    connection.check_constraints()
    assert refusal(both, dates.pk, head.pk, NOW, head.pk, NOW, dates.pk) == "amendment_changes_its_agreement"


def test_people_are_apart_whatever_the_round():
    amendment = certified(proposed(amount=D("120000.00")))
    step = """INSERT INTO funding_amendmentstep (amendment_id, round, kind, level, role, reason, person_id, at)
        VALUES (%s, 7, %s, %s, %s, '', %s, %s)"""
    writer, certifier = amendment.proposed_by_id, Amendment.objects.get(pk=amendment.pk).certified_by_id
    for kind, level, role, person in (
        ("approved", 1, "head", writer),
        ("approved", 1, "head", certifier),
        ("in_force", None, "", certifier),
        ("certified", None, "", writer),
        ("revised", None, "", certifier),
    ):
        assert refusal(step, amendment.pk, kind, level, role, person, NOW) == "amendment_steps_are_apart"


def test_an_agreement_changes_by_its_amendment_alone():
    agreement = agreement_in_force()
    assert refusal("UPDATE funding_agreement SET amount = 1 WHERE id = %s", agreement.pk) == "agreement_is_signed_as_drafted"
    assert (
        refusal("UPDATE funding_agreement SET revision = 1, ends_on = '2029-01-01' WHERE id = %s", agreement.pk)
        == "agreement_changes_by_amendment"
    )
    assert refusal("UPDATE funding_agreement SET revision = 2 WHERE id = %s", agreement.pk) == "agreement_changes_by_amendment"
    assert (
        refusal(
            """WITH a AS (UPDATE funding_agreementpart SET amount = 60000 WHERE agreement_id = %s)
            INSERT INTO funding_agreementpart (agreement_id, fiscal_year, amount) VALUES (%s, 2027, 40000)""",
            agreement.pk,
            agreement.pk,
        )
        == "agreement_part_changes_by_amendment"
    )


def test_an_instalment_is_replaced_once_by_the_amendment_of_the_day_and_never_paid_again():
    agreement = agreement_in_force()
    requested(agreement.instalments.get(kind="advance"))
    amendment = amended(agreement, amount=D("120000.00"))
    out, payment = amendment.replaced.order_by("pk")[0], Payment.objects.get()
    replace = "UPDATE funding_instalment SET replaced_by_id = %s WHERE id = %s"
    assert refusal(replace, None, out.pk) == "instalment_is_replaced_once"
    assert refusal(replace, amendment.pk, payment.instalment_id) == "instalment_replaced_is_unpaid"
    assert refusal(replace, amendment.pk, agreement_in_force().instalments.order_by("pk")[0].pk) == "instalment_is_replaced_once"
    assert refusal("UPDATE funding_instalment SET amount = 1 WHERE id = %s", out.pk).startswith("permission denied")
    assert (
        refusal(
            """INSERT INTO funding_claim
            (number, instalment_id, state, period_start, period_end, other_public_aid, drafted_by_id, drafted_at)
            VALUES ('RCL-9', %s, 'draft', '2026-12-01', '2026-12-31', 0, %s, %s)""",
            out.pk,
            payment.requested_by_id,
            NOW,
        )
        == "instalment_is_live"
    )
    assert refusal("UPDATE funding_payment SET instalment_id = %s WHERE id = %s", out.pk, payment.pk) in {
        "instalment_is_live",
        "payment_has_its_milestone",
        "payment_is_never_rewritten",
    }


def test_no_row_is_added_in_the_name_of_an_amendment():
    agreement = agreement_in_force()
    amendment, waiting = amended(agreement, amount=D("120000.00")), proposed(agreement, ends_on=date(2029, 1, 1))
    instalment = """INSERT INTO funding_instalment (agreement_id, position, kind, milestone_id, fiscal_year, amount, amendment_id)
        VALUES (%s, 90, 'advance', NULL, 2026, 10, %s)"""
    assert refusal(instalment, agreement.pk, waiting.pk) in {"amendment_owns_the_row", "agreement_instalments_sum"}
    assert refusal(instalment, agreement.pk, amendment.pk) in {"amendment_schedules_its_instalments", "agreement_instalments_sum"}
    change = """INSERT INTO funding_milestonechange (milestone_id, kind, before, after, reason, amendment_id, decided_by_id, decided_at)
        VALUES (%s, 'amended', '2026-12-01', '2027-12-01', 'x', %s, %s, %s)"""
    first = agreement.milestones.get(position=1)
    assert refusal(change, first.pk, amendment.pk, amendment.decided_by_id, NOW) == "milestone_change_has_its_amendment"
    assert refusal(change, first.pk, None, amendment.decided_by_id, NOW) == "milestone_change_says_its_day"
