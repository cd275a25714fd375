"""From an approved award to an agreement in force."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from funding.enums import AgreementKind, AgreementState, InstalmentKind, LedgerKind, Party
from funding.models import Agreement, LedgerEntry, Signature
from funding.queries.agreements import default_schedule
from funding.schedule import PlannedInstalment
from funding.services import agreement_texts, agreements
from funding.services.agreement_drafts import review_agreement, submit_agreement
from funding.services.agreements import draft_agreement, sign_for_beneficiary, sign_for_minister
from funding.services.awards import approve_award, issue_letter
from projects.enums import ApplicationState, OrganisationKind, Role
from projects.models import Baseline, Counter, GainPlan, JournalEntry, OutboxMessage, TermsProfile
from projects.queries.activity import story_of
from tests.factories import (
    NOW,
    ApplicationFactory,
    MembershipFactory,
    OrganisationFactory,
    award_certified,
    bank_details_of,
    person_with,
    recuse,
    reserve,
    reserved_call,
)

pytestmark = pytest.mark.django_db
D = Decimal


def approved(*, told=True, account=True, **fields):
    """An award of 50 000 $ that the director approved, whose letter is out, and whose organisation says where it is paid."""
    application = ApplicationFactory(
        **{"state": ApplicationState.RECOMMENDED, "score": D("80.00"), "call": reserved_call(), "amount_requested": D("50000.00"), **fields}
    )
    award = award_certified(application, amount=D("50000.00"))
    approve_award(award_id=award.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    if account:
        bank_details_of(application.organisation)
    if told:
        issue_letter(award_id=award.pk, actor=person_with(Role.OFFICER), now=NOW)
    return award


def draft(award, **given):
    return draft_agreement(award_id=award.pk, **{"actor": person_with(Role.OFFICER), "now": NOW, **given})


def signing(agreement, **given):
    return {
        "agreement_id": agreement.pk,
        "document_sha256": agreement.document.sha256,
        "confirmation": agreement.number,
        "intent": True,
        "factor": "totp",
        "now": NOW,
        **given,
    }


def signatory_of(agreement):
    return person_with(Role.SIGNATORY, organisation=agreement.project.organisation)


def reviewed(agreement):
    """The draft with its favourable review, by another officer than the one who wrote it."""
    submit_agreement(agreement_id=agreement.pk, actor=agreement.drafted_by, now=NOW)
    sha256 = agreement.document.sha256
    return review_agreement(agreement_id=agreement.pk, document_sha256=sha256, actor=person_with(Role.OFFICER), now=NOW)


def signed_by_both(award):
    agreement = reviewed(draft(award))
    sign_for_beneficiary(**signing(agreement, actor=signatory_of(agreement)))
    return sign_for_minister(**signing(agreement, actor=person_with(Role.DIRECTOR)))


# ── The default schedule ─────────────────────────────────────────────────────────────────────────────────────────────
def schedule(amount, parts, milestones, advance="0.25", holdback="0.20"):
    terms = TermsProfile(advance_rate=D(advance), holdback_rate=D(holdback))
    found = default_schedule(D(amount), {year: D(part) for year, part in parts.items()}, terms, milestones)
    return [(str(one.kind), one.milestone, one.fiscal_year, one.amount) for one in found]


@pytest.mark.parametrize(
    ("amount", "parts", "milestones", "expected"),
    [
        (
            "100.00",
            {2026: "100.00"},
            [1, 2],
            [
                ("advance", None, 2026, D("25.00")),
                ("milestone", 1, 2026, D("27.50")),
                ("milestone", 2, 2026, D("27.50")),
                ("holdback", 2, 2026, D("20.00")),
            ],
        ),
        (
            "100.00",
            {2027: "40.00", 2026: "60.00"},
            [1, 2],
            [
                ("advance", None, 2026, D("25.00")),
                ("milestone", 1, 2026, D("27.50")),
                ("milestone", 2, 2026, D("7.50")),
                ("milestone", 2, 2027, D("20.00")),
                ("holdback", 2, 2027, D("20.00")),
            ],
        ),
        (
            "0.10",
            {2026: "0.10"},
            [1, 2, 3],
            [
                ("advance", None, 2026, D("0.02")),
                ("milestone", 1, 2026, D("0.01")),
                ("milestone", 2, 2026, D("0.01")),
                ("milestone", 3, 2026, D("0.01")),
                ("holdback", 3, 2026, D("0.05")),
            ],
        ),
    ],
)
def test_default_schedule_sums_to_the_cent_and_fills_the_fiscal_years(amount, parts, milestones, expected):
    assert schedule(amount, parts, milestones) == expected
    assert sum(row[3] for row in expected) == D(amount)


def test_default_schedule_without_advance_nor_holdback():
    assert schedule("10.00", {2026: "10.00"}, [1], advance="0", holdback="0") == [("milestone", 1, 2026, D("10.00"))]
    with pytest.raises(ValueError, match="milestone"):
        schedule("10.00", {2026: "10.00"}, [])


# ── Draft ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_draft_makes_project_milestones_instalments_and_pdf():
    award = approved()
    agreement = draft(award)
    project, application = agreement.project, award.application
    assert (agreement.number, project.reference) == ("CNV-2026-00001", "PRJ-2026-00001")
    assert (agreement.state, agreement.kind, agreement.amount) == (AgreementState.DRAFT, AgreementKind.GRANT, D("50000.00"))
    assert (agreement.starts_on, agreement.ends_on) == (NOW.date(), date(2027, 3, 15))
    assert (project.application, project.decided_on, project.signed_on) == (application, NOW.date(), None)
    assert list(agreement.milestones.order_by("position").values_list("title", "due_on")) == [
        ("Jalon 1", date(2027, 1, 31)),
        ("Jalon 2", date(2027, 3, 15)),
    ]
    assert list(agreement.instalments.order_by("position").values_list("kind", "milestone__position", "fiscal_year", "amount")) == [
        ("advance", None, 2026, D("12500.00")),
        ("milestone", 1, 2026, D("13750.00")),
        ("milestone", 2, 2026, D("13750.00")),
        ("holdback", 2, 2026, D("10000.00")),
    ]
    assert list(agreement.parts.values_list("fiscal_year", "amount")) == [(2026, D("50000.00"))]
    with agreement.document.path.storage.open(agreement.document.path.name) as file:
        assert file.read().startswith(b"%PDF-")
    assert GainPlan.objects.get(application=application).locked_at is None


def test_pdf_is_made_before_the_first_lock(monkeypatch):
    award, seen = approved(), []
    render, lock = agreement_texts.pdf.render, agreements.lock
    monkeypatch.setattr(agreement_texts.pdf, "render", lambda *a, **k: seen.append("pdf") or render(*a, **k))
    monkeypatch.setattr(agreements, "lock", lambda model, pk: seen.append(model.__name__) or lock(model, pk))
    draft(award)
    assert seen == ["pdf", "Application", "Award"]


def test_pdf_says_its_own_number_when_another_draft_took_the_expected_one(monkeypatch):
    award, said = approved(), []
    render = agreement_texts.pdf.render

    def slow(template, data, **given):
        said.append(data["number"])
        if len(said) == 1:
            Counter.objects.create(series="CNV-2026", last=1)
        return render(template, data, **given)

    monkeypatch.setattr(agreement_texts.pdf, "render", slow)
    assert draft(award).number == "CNV-2026-00002"
    assert said == ["CNV-2026-00001", "CNV-2026-00002"]


def test_ministry_gets_an_administrative_agreement():
    assert draft(approved(organisation=OrganisationFactory(kind=OrganisationKind.MINISTRY))).kind == AgreementKind.ADMINISTRATIVE


def test_draft_waits_for_the_letter_and_is_made_once():
    award = approved(told=False)
    with pytest.raises(WrongState, match="lettre"):
        draft(award)
    issue_letter(award_id=award.pk, actor=person_with(Role.OFFICER), now=NOW)
    draft(award)
    with pytest.raises(WrongState, match="déjà préparée"):
        draft(award)
    with pytest.raises(WrongState, match="après l’approbation"):
        draft(award_certified())


def test_draft_is_an_officer_s():
    award = approved()
    with pytest.raises(NotAllowed):
        draft(award, actor=person_with(Role.DIRECTOR))
    officer = person_with(Role.OFFICER)
    recuse(officer, award.application)
    with pytest.raises(NotAllowed):
        draft(award, actor=officer)


def test_draft_without_a_planned_milestone_is_refused():
    award = approved()
    award.application.planned_milestones.all().delete()
    with pytest.raises(Invalid, match="aucun jalon"):
        draft(award)


def planned(kind, milestone, amount, year=2026):
    return PlannedInstalment(InstalmentKind(kind), milestone, year, D(amount))


def test_instalments_may_be_changed_and_an_empty_one_is_left_out():
    agreement = draft(
        approved(),
        instalments=[planned("advance", None, "0.00"), planned("milestone", 1, "40000.00"), planned("holdback", 2, "10000.00")],
        starts_on=date(2026, 12, 1),
        ends_on=date(2027, 6, 30),
    )
    assert list(agreement.instalments.order_by("position").values_list("kind", "amount")) == [
        ("milestone", D("40000.00")),
        ("holdback", D("10000.00")),
    ]
    assert (agreement.starts_on, agreement.project.ends_on) == (date(2026, 12, 1), date(2027, 6, 30))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [planned("milestone", 1, "49999.99")],
            "Les versements totalisent 49 999,99 $ pour une aide de 50 000,00 $ : l’écart est de 0,01 $.",
        ),
        (
            [planned("milestone", 1, "40000.00"), planned("holdback", 2, "10000.00", 2027)],
            (
                "Exercice 2026-2027 : les versements totalisent 40 000,00 $ et la décision en réserve 50 000,00 $; "
                "l’écart est de 10 000,00 $. "
                "Exercice 2027-2028 : les versements totalisent 10 000,00 $ et la décision en réserve 0,00 $; l’écart est de 10 000,00 $."
            ),
        ),
        (
            [planned("advance", None, "12500.01"), planned("milestone", 1, "37499.99")],
            "L’avance dépasse 25 % de l’aide, soit 12 500,00 $ : c’est la limite des modalités.",
        ),
        (
            [planned("milestone", 3, "50000.00")],
            "Chaque versement a un montant positif et, sauf l’avance, un jalon de la demande.",
        ),
    ],
)
def test_instalments_that_do_not_make_up_the_award_say_the_difference(rows, message):
    with pytest.raises(Invalid) as refused:
        draft(approved(), instalments=rows)
    assert refused.value.message.replace("\xa0", " ") == message
    assert Agreement.objects.count() == 0


def test_dates_out_of_order_are_refused():
    with pytest.raises(Invalid) as refused:
        draft(approved(), starts_on=date(2027, 4, 1), ends_on=date(2027, 3, 31))
    assert list(refused.value.errors) == ["ends_on"]


# ── Signatures ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_beneficiary_signs_first_and_the_document_that_was_shown():
    agreement = reviewed(draft(approved()))
    signatory, director = signatory_of(agreement), person_with(Role.DIRECTOR)
    with pytest.raises(WrongState):
        sign_for_minister(**signing(agreement, actor=director))
    with pytest.raises(Stale):
        sign_for_beneficiary(**signing(agreement, actor=signatory, document_sha256="0" * 64))
    with pytest.raises(Invalid) as refused:
        sign_for_beneficiary(**signing(agreement, actor=signatory, confirmation="oui"))
    assert list(refused.value.errors) == ["confirmation"]
    sign_for_beneficiary(**signing(agreement, actor=signatory, confirmation="cnv-2026-00001 "))
    signature = Signature.objects.get()
    assert (signature.party, signature.person, signature.document_sha256) == (Party.BENEFICIARY, signatory, agreement.document.sha256)
    assert story_of(agreement.award.application)[-1].title == "Convention signée par le bénéficiaire"
    with pytest.raises(WrongState):
        sign_for_beneficiary(**signing(agreement, actor=signatory_of(agreement)))


def test_only_the_signatory_of_the_organisation_signs_for_it():
    agreement = reviewed(draft(approved()))
    for person in (
        person_with(Role.SIGNATORY),
        person_with(Role.WRITER, organisation=agreement.project.organisation),
        person_with(Role.DIRECTOR),
    ):
        with pytest.raises(NotAllowed):
            sign_for_beneficiary(**signing(agreement, actor=person))


def test_minister_s_signature_is_another_person_s():
    award = approved()
    officer = person_with(Role.OFFICER, Role.DIRECTOR)
    agreement = reviewed(draft(award, actor=officer))
    both = person_with(Role.SIGNATORY, organisation=agreement.project.organisation)
    sign_for_beneficiary(**signing(agreement, actor=both))
    refused = {}
    for name, person in (("agent", officer), ("autre", person_with(Role.CONTROLLER))):
        with pytest.raises(NotAllowed) as error:
            sign_for_minister(**signing(agreement, actor=person))
        refused[name] = error.value.message
    assert refused["agent"] == "Vous avez préparé cette convention; une autre personne doit la signer pour le ministre."
    MembershipFactory(person=both, role=Role.HEAD)
    with pytest.raises(NotAllowed, match="signé pour le bénéficiaire"):
        sign_for_minister(**signing(agreement, actor=type(both).objects.get(pk=both.pk)))


def test_second_signature_puts_it_in_force_and_commits_its_amount():
    award = approved()
    agreement = signed_by_both(award)
    award.application.refresh_from_db()
    project = agreement.project
    project.refresh_from_db()
    assert (agreement.state, agreement.in_force_at, project.signed_on) == (AgreementState.IN_FORCE, NOW, NOW.date())
    assert award.application.state == ApplicationState.CONVERTED
    plan = GainPlan.objects.get(application=award.application)
    assert (plan.project, plan.locked_at) == (project, NOW)
    rows = LedgerEntry.objects.filter(award=award).order_by("seq").values_list("kind", "agreement_id", "amount")
    assert list(rows) == [
        (LedgerKind.RESERVATION, None, D("50000.00")),
        (LedgerKind.RESERVATION, None, D("-50000.00")),
        (LedgerKind.COMMITMENT, agreement.pk, D("50000.00")),
    ]
    entry = JournalEntry.objects.filter(act="sign_for_minister").get()
    for sha in LedgerEntry.objects.filter(award=award).order_by("-seq").values_list("sha256", flat=True)[:2]:
        assert sha in entry.content
    assert OutboxMessage.objects.filter(topic="money").exists()


def test_baseline_of_a_signed_agreement_cannot_change():
    award = approved()
    signed_by_both(award)
    with pytest.raises(DatabaseError, match="is locked"), transaction.atomic():
        Baseline.objects.filter(line__plan__application=award.application).update(cost=D("1.00"))


def test_commitment_is_split_by_fiscal_year():
    application = ApplicationFactory(
        state=ApplicationState.RECOMMENDED, score=D("80.00"), amount_requested=D("50000.00"), call=reserved_call()
    )
    reserve(call=application.call, amounts={2027: D("20000.00")}, actor=None, now=NOW)
    bank_details_of(application.organisation)
    with transaction.atomic():
        award = award_certified(application, amount=D("50000.00"))
        award.parts.update(amount=D("30000.00"))
        award.parts.create(fiscal_year=2027, amount=D("20000.00"))
    approve_award(award_id=award.pk, actor=person_with(Role.DIRECTOR), now=NOW)
    issue_letter(award_id=award.pk, actor=person_with(Role.OFFICER), now=NOW + timedelta(hours=1))
    agreement = signed_by_both(award)
    committed = LedgerEntry.objects.filter(agreement=agreement, kind=LedgerKind.COMMITMENT).order_by("fiscal_year")
    assert list(committed.values_list("fiscal_year", "amount")) == [(2026, D("30000.00")), (2027, D("20000.00"))]
    assert dict(agreement.instalments.order_by("position").values_list("position", "fiscal_year")) == {
        1: 2026,
        2: 2026,
        3: 2026,
        4: 2027,
        5: 2027,
    }


def test_repeated_key_drafts_once():
    award, officer = approved(), person_with(Role.OFFICER)
    first = draft(award, actor=officer, key="clic")
    assert draft(award, actor=officer, key="clic") == first
