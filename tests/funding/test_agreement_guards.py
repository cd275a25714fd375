"""What the database holds of agreements whatever the application does: one raw statement each, as the application's own role."""

import pytest

from funding.models import Agreement, Signature
from projects.models import GainPlan
from reporting.queries.invariants import check
from tests.factories import NOW, UserFactory, agreement_in_force
from tests.funding.services.test_agreement_ends import terminate
from tests.funding.services.test_agreements import approved, draft, reviewed
from tests.refusals import refusal

pytestmark = pytest.mark.django_db


def moved(agreement, state, more=""):
    return refusal(f"UPDATE funding_agreement SET state = %s {more} WHERE id = %s", state, agreement.pk)


def test_signed_terms_do_not_move():  # INV-12
    agreement = agreement_in_force()
    for change in ("amount = amount - 1", "ends_on = ends_on + 1"):
        assert refusal(f"UPDATE funding_agreement SET {change} WHERE id = %s", agreement.pk) == "agreement_is_signed_as_drafted"


def test_parts_of_an_agreement_make_its_amount():  # INV-04
    agreement = draft(approved())
    added = "INSERT INTO funding_agreementpart (agreement_id, fiscal_year, amount) VALUES (%s, 2027, 1)"
    assert refusal(added, agreement.pk) == "agreement_parts_sum"


def test_signature_needs_the_review_of_another_person():
    agreement = draft(approved())
    Agreement.objects.filter(pk=agreement.pk).update(state="legal_review")
    assert moved(agreement, "signed_beneficiary") == "agreement_signed_was_reviewed"
    own = "UPDATE funding_agreement SET reviewed_by_id = drafted_by_id, reviewed_at = now() WHERE id = %s"
    assert refusal(own, agreement.pk) == "agreement_reviewer_is_not_drafter"


def test_agreement_is_in_force_when_signed_locked_and_committed():
    agreement = reviewed(draft(approved()))
    dated = ", in_force_at = now()"
    Agreement.objects.filter(pk=agreement.pk).update(state="signed_beneficiary")
    assert moved(agreement, "in_force", dated) == "agreement_in_force_is_signed"
    for party in ("beneficiary", "minister"):
        Signature.objects.create(
            agreement=agreement, party=party, person=UserFactory(), signed_on=NOW.date(), document=agreement.document,
            document_sha256=agreement.document.sha256, recorded_at=NOW,
        )  # fmt: skip
    assert moved(agreement, "in_force", dated) == "agreement_in_force_plan_is_locked"
    GainPlan.objects.filter(application=agreement.award.application).update(project=agreement.project, locked_at=NOW)
    assert moved(agreement, "in_force", dated) == "agreement_in_force_is_committed"


def test_end_frees_the_rest_has_a_cause_and_is_final():
    agreement = agreement_in_force()
    assert moved(agreement, "completed") == "agreement_completed_is_verified"
    assert moved(agreement, "terminated") == "agreement_end_frees_the_rest"
    terminate(agreement)
    assert moved(agreement, "in_force") == "agreement_end_is_final"
    assert "permission denied" in refusal("DELETE FROM funding_agreementstep")


def test_money_rows_have_no_cascade_and_no_unknown_amount():  # INV-29, INV-30
    agreement = agreement_in_force()
    assert refusal("DELETE FROM funding_instalment WHERE agreement_id = %s", agreement.pk) == "agreement_rows_are_a_draft_s"
    assert refusal("DELETE FROM funding_agreement WHERE id = %s", agreement.pk).startswith("funding_")
    unknown = "INSERT INTO funding_agreementpart (agreement_id, fiscal_year, amount) VALUES (%s, 2027, NULL)"
    assert '"amount"' in refusal(unknown, agreement.pk)
    found = {finding.invariant.code: finding.broken for finding in check()}
    assert [found[code] for code in ("INV-12", "INV-22", "INV-29", "INV-30")] == [[], [], [], []]
