"""A claim of eligible costs, from its draft to the payment of what is admitted, and all that refuses it."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState, domain_error
from funding.enums import ClaimState
from funding.models import Claim
from funding.queries.claims import stack_of_award
from funding.queries.release import checklist_of
from funding.services import claims as acts
from funding.services import payments
from funding.services.advisers import assign_adviser
from projects.enums import FundingSource, Role
from projects.models import FundingLine, JournalEntry
from tests.factories import NOW, advised_by, agreement_in_force, award_certified, person_with, upload

pytestmark = pytest.mark.django_db
D = Decimal
ATTESTED = dict.fromkeys(payments.ATTESTATIONS, True)


@pytest.fixture
def agreement():
    return agreement_in_force()


@pytest.fixture
def finance(agreement):
    return person_with(Role.FINANCE_RESPONDENT, organisation=agreement.project.organisation)


@pytest.fixture
def officer():
    return person_with(Role.OFFICER)


def content(amounts=None, files=("fees", "salaries"), **fields):
    amounts = {"fees": D("30000.00"), "salaries": D("40000.00")} if amounts is None else amounts
    given = {"period_start": date(2026, 12, 1), "period_end": date(2027, 1, 31), "other_public_aid": D("0.00"), **fields}
    return acts.ClaimContent(amounts=amounts, files={name: upload(f"{name}.pdf") for name in files}, **given)


def saved(agreement, actor, **fields):
    instalment = agreement.instalments.get(kind="milestone")
    return acts.save_claim(instalment_id=instalment.pk, content=content(**fields), actor=actor, now=NOW)


def examined(agreement, actor, officer, **fields):
    claim = saved(agreement, actor, **fields)
    acts.submit_claim(claim_id=claim.pk, actor=actor, now=NOW)
    return acts.examine_claim(claim_id=claim.pk, actor=officer, now=NOW)


def decide(claim, officer, fees="30000.00", salaries="40000.00"):
    admitted = {"fees": D(fees), "salaries": D(salaries)}
    return acts.decide_claim(claim_id=claim.pk, admitted=admitted, reasons={}, other_public_aid=D("0.00"), actor=officer, now=NOW)


def ask(agreement, kind):
    requester, instalment = person_with(Role.PAYMENT_REQUESTER), agreement.instalments.get(kind=kind)
    return payments.request_payment(instalment_id=instalment.pk, attestations=ATTESTED, actor=requester, now=NOW)


def test_admitted_claim_is_paid_without_its_milestone(agreement, finance, officer):
    ask(agreement, "advance")
    claim = examined(agreement, finance, officer)
    assert checklist_of(claim.instalment).unmet == [f"la réclamation {claim.number} est admise"]
    claim = decide(claim, officer)
    assert (claim.state, claim.admitted_cost, claim.aid) == (ClaimState.ADMITTED, D("70000.00"), D("55000.00"))
    assert ask(agreement, "milestone").amount == D("55000.00")
    with pytest.raises(WrongState, match="n’attend pas de décision"):
        decide(claim, officer)


def test_partly_admitted_claim_pays_what_is_left_within_the_stacking_limit(agreement, finance, officer):
    """60 000 $ admitted, limit 80 %: 48 000 $, less 10 000 $ of other public aid."""
    ask(agreement, "advance")
    claim = examined(agreement, finance, officer)
    with pytest.raises(Invalid) as refused:
        decide(claim, officer, fees="30000.01", salaries="30000.00")
    assert refused.value.errors == {
        "admitted_fees": "Le montant admis va de 0 au montant réclamé.",
        "reason_salaries": "Expliquez ce qui n’est pas admis.",
    }
    claim = decide_partly(claim, officer)
    assert (claim.state, claim.admitted_cost, claim.aid) == (ClaimState.PARTLY_ADMITTED, D("60000.00"), D("38000.00"))
    assert (claim.lines.get(category="salaries").reason, ask(agreement, "milestone").amount) == ("Heures hors projet", D("38000.00"))
    entry = JournalEntry.objects.get(act="decide_claim")
    assert (entry.application_id, "Heures hors projet" in entry.content) == (agreement.project.application_id, True)


def decide_partly(claim, officer):
    return acts.decide_claim(
        claim_id=claim.pk,
        admitted={"fees": D("30000.00"), "salaries": D("30000.00")},
        reasons={"salaries": "Heures hors projet"},
        other_public_aid=D("10000.00"),
        actor=officer,
        now=NOW,
    )


def test_refused_claim_pays_nothing_and_another_may_be_made(agreement, finance, officer):
    claim = examined(agreement, finance, officer)
    reasons = {"fees": "Hors période", "salaries": "Hors période"}
    zero = dict.fromkeys(reasons, D("0.00"))
    given = {"claim_id": claim.pk, "admitted": zero, "reasons": reasons, "other_public_aid": D("0.00")}
    claim = acts.decide_claim(**given, actor=officer, now=NOW)
    assert (claim.state, claim.aid) == (ClaimState.REFUSED, D("0.00"))
    again = saved(agreement, finance)
    assert (again.state, again.number != claim.number) == (ClaimState.DRAFT, True)
    assert "le jalon «\u00a0Jalon 1\u00a0» est vérifié" in checklist_of(again.instalment).unmet


def test_draft_keeps_its_documents_and_leaves_out_empty_costs(agreement, finance):
    claim = saved(agreement, finance)
    kept = claim.lines.get(category="fees").document
    again = saved(agreement, finance, amounts={"fees": D("12.00"), "salaries": D("0.00")}, files=())
    assert (again.pk, list(again.lines.values_list("category", "amount", "document"))) == (claim.pk, [("fees", D("12.00"), kept.pk)])


def test_claim_without_a_cost_or_a_document_is_not_submitted(agreement, finance):
    claim = saved(agreement, finance, amounts={}, files=())
    with pytest.raises(Invalid, match="au moins un coût"):
        acts.submit_claim(claim_id=claim.pk, actor=finance, now=NOW)
    claim = saved(agreement, finance, files=("fees",))
    with pytest.raises(Invalid, match="Joignez une pièce justificative pour\u00a0: Salaires"):
        acts.submit_claim(claim_id=claim.pk, actor=finance, now=NOW)


def test_bad_period_or_file_writes_nothing(agreement, finance):
    with pytest.raises(Invalid) as refused:
        saved(agreement, finance, period_end=date(2026, 1, 1))
    assert set(refused.value.errors) == {"period_end"}
    bad = acts.ClaimContent(date(2026, 12, 1), date(2027, 1, 1), D(0), {"fees": D("1.00")}, {"fees": upload("virus.exe", b"MZ")})
    with pytest.raises(Invalid) as refused:
        acts.save_claim(instalment_id=agreement.instalments.get(kind="milestone").pk, content=bad, actor=finance, now=NOW)
    assert (set(refused.value.errors), Claim.objects.exists()) == ({"document_fees"}, False)


def test_who_may_not_claim_or_decide(agreement, finance):
    writer = person_with(Role.WRITER, organisation=agreement.project.organisation)
    claim = saved(agreement, writer)
    with pytest.raises(NotAllowed):
        acts.submit_claim(claim_id=claim.pk, actor=writer, now=NOW)
    with pytest.raises(NotAllowed):
        saved(agreement, person_with(Role.FINANCE_RESPONDENT))
    acts.submit_claim(claim_id=claim.pk, actor=finance, now=NOW)
    with pytest.raises(WrongState, match="déjà soumise"):
        saved(agreement, finance)
    with pytest.raises(WrongState, match="déjà soumise"):
        acts.submit_claim(claim_id=claim.pk, actor=finance, now=NOW)
    adviser = person_with(Role.OFFICER)
    advised_by(adviser, agreement.project.application)
    with pytest.raises(NotAllowed, match="accompagnez"):
        acts.examine_claim(claim_id=claim.pk, actor=adviser, now=NOW)
    both = person_with(Role.OFFICER, Role.ADVISER)
    acts.examine_claim(claim_id=claim.pk, actor=both, now=NOW)
    decide(Claim.objects.get(), both)
    file = agreement.project.application_id
    with pytest.raises(Invalid) as refused:
        assign_adviser(application_id=file, person_id=both.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    assert "a déjà décidé" in refused.value.errors["person"]


def test_advance_and_holdback_are_not_claimed_nor_what_is_already_asked(agreement, finance, officer):
    for kind in ("advance", "holdback"):
        with pytest.raises(WrongState, match="ne font pas l’objet"):
            acts.save_claim(instalment_id=agreement.instalments.get(kind=kind).pk, content=content(), actor=finance, now=NOW)
    ask(agreement, "advance")
    claim = examined(agreement, finance, officer)
    decide(claim, officer)
    ask(agreement, "milestone")
    with pytest.raises(WrongState, match="déjà soumise"):
        saved(agreement, finance)


# ── The database ─────────────────────────────────────────────────────────────────────────────────────────────────────
def run_raw(sql, given):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, given)
        connection.check_constraints()


def refusal(sql, *given):
    """The constraint that refuses one raw statement of the application's role."""
    with pytest.raises(DatabaseError) as refused:
        run_raw(sql, given)
    assert domain_error(refused.value) is not None
    return refused.value.__cause__.diag.constraint_name


DECIDE = """UPDATE funding_claim SET state = 'admitted', decided_by_id = %s, decided_at = now(), admitted_cost = %s, stacking_limit = 0.8,
            aid = %s, other_public_aid = %s WHERE id = %s"""


def test_inv21_claim_stays_within_the_limit_whatever_writes_it(agreement, finance, officer):
    claim = examined(agreement, finance, officer)
    assert refusal(DECIDE, officer.pk, 60000, 48000, 1, claim.pk) == "claim_public_aid_within_limit"
    assert refusal(DECIDE, officer.pk, 70000, 55001, 0, claim.pk) == "claim_within_its_instalment"
    assert refusal(DECIDE, officer.pk, 70000, 100, 0, claim.pk) == "claim_admits_its_lines"
    assert refusal(DECIDE, finance.pk, 70000, 100, 0, claim.pk) == "claim_decided_by_another"
    adviser = person_with(Role.OFFICER)
    advised_by(adviser, agreement.project.application)
    assert refusal(DECIDE, adviser.pk, 70000, 100, 0, claim.pk) == "adviser_is_apart"


def test_lines_of_a_submitted_claim_do_not_move_and_a_decision_is_final(agreement, finance, officer):
    claim = examined(agreement, finance, officer)
    line = "UPDATE funding_claimline SET {} WHERE claim_id = %s"
    assert refusal(line.format("amount = 1"), claim.pk) == "claim_line_is_frozen"
    assert refusal("DELETE FROM funding_claimline WHERE claim_id = %s", claim.pk) == "claim_line_is_frozen"
    assert refusal(line.format("admitted = amount + 1"), claim.pk) == "claim_line_admitted_within_amount"
    assert refusal(line.format("admitted = 0"), claim.pk) == "claim_line_refusal_has_a_reason"
    decide(claim, officer)
    assert refusal(line.format("admitted = 1, reason = 'x'"), claim.pk) == "claim_line_is_frozen"
    assert refusal("UPDATE funding_claim SET aid = 1 WHERE id = %s", claim.pk) == "claim_decided_is_final"


def test_inv08_payment_is_what_the_claim_admits_or_waits(agreement, finance, officer):
    claim = examined(agreement, finance, officer)
    insert = """INSERT INTO funding_payment (number, instalment_id, amount, fiscal_year, state, attests_legal_basis, attests_credit,
                attests_due, requested_by_id, requested_at, rejection_reason)
                VALUES ('VER-1', %s, %s, 2026, 'requested', true, true, true, %s, now(), '')"""
    assert refusal(insert, claim.instalment_id, 1, officer.pk) == "payment_waits_for_its_claim"
    decide_partly(claim, officer)
    assert refusal(insert, claim.instalment_id, "38000.01", officer.pk) == "payment_within_what_is_accepted"


def test_inv21_award_stays_within_the_public_aid_of_its_file():
    award = award_certified()  # 125 000 $ of costs, 100 000 $ asked: 80 % already
    FundingLine.objects.create(application=award.application, fiscal_year=2026, source=FundingSource.CANADA, amount=D("10000.00"))
    raise_it = "UPDATE funding_award SET amount = %s WHERE id = %s"
    assert refusal(raise_it, "90000.01", award.pk) == "award_within_public_aid"
    stack = stack_of_award(award.application, award.amount)
    assert (stack.most, stack.rate, stack.is_within) == (D("90000.00"), D("0.88"), False)


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_claim_goes_the_whole_way_in_its_pages(agreement, finance, officer, client):
    instalment = agreement.instalments.get(kind="milestone")

    def post(person, name, *args, **data):
        client.force_login(person)
        return client.post(reverse(f"funding:{name}", args=args), {**data, "key": name})

    typed = {"period_start": "2026-12-01", "period_end": "2027-01-31", "other_public_aid": "0", "amount_fees": "30 000,50"}
    wrong = post(finance, "claim_edit", instalment.pk, **typed | {"amount_salaries": "beaucoup"})
    assert (wrong.status_code, 'value="beaucoup"' in wrong.content.decode(), wrong.context["form"].total()) == (422, True, D("30000.50"))
    assert post(finance, "claim_edit", instalment.pk, **typed, document_fees=upload("factures.pdf")).status_code == 302
    number = Claim.objects.get().number
    assert (
        reverse("funding:claim_edit", args=[instalment.pk])
        in client.get(reverse("funding:agreement_detail", args=[agreement.number])).content.decode()
    )
    assert "factures.pdf" in client.get(reverse("funding:claim_edit", args=[instalment.pk])).content.decode()
    assert post(officer, "claim_submit", number).status_code == 403
    assert post(finance, "claim_submit", number).status_code == 302
    assert client.get(reverse("funding:claim_edit", args=[instalment.pk])).status_code == 409
    client.force_login(officer)
    assert client.get(reverse("funding:claim_decide", args=[number])).status_code == 409
    assert post(officer, "claim_examine", number).status_code == 302
    assert post(officer, "claim_decide", number, admitted_fees="20000", other_public_aid="0").status_code == 422
    decided = {"admitted_fees": "20 000", "reason_fees": "Hors période", "other_public_aid": "0"}
    assert post(officer, "claim_decide", number, **decided).status_code == 302
    page = client.get(reverse("funding:claim_detail", args=[number])).content.decode()
    assert ("Hors période" in page, "16\u00a0000,00\u00a0$" in page) == (True, True)
    client.force_login(person_with(Role.FINANCE_RESPONDENT))
    assert client.get(reverse("funding:claim_detail", args=[number])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_list_of_claims_costs_the_same_for_one_and_three_rows(client, officer, django_assert_num_queries, rows):
    for _ in range(rows):
        one = agreement_in_force()
        saved(one, person_with(Role.WRITER, organisation=one.project.organisation))
    client.force_login(officer)
    with django_assert_num_queries(8):
        assert client.get(reverse("funding:claim_list")).status_code == 200
