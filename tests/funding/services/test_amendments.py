from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from fondsinnovation.kit.errors import EnvelopeExceeded, Invalid, NotAllowed, Stale, WrongState
from funding.enums import AmendmentKind, AmendmentState, InstalmentKind, LedgerKind, MilestoneChangeKind
from funding.models import Amendment, AmendmentStep, Instalment, LedgerEntry, MilestoneChange
from funding.policies.amendments import levels_of
from funding.queries.agreement_conditions import committed_by_year
from funding.queries.amendments import conflicts_of, forecasts_of, kinds_of, proposed_instalments, scope_of
from funding.queries.release import checklists_of
from funding.schedule import PlannedInstalment
from funding.services import amendments as acts
from funding.services.agreement_ends import terminate_agreement
from funding.services.milestone_changes import cancel_milestone, postpone_milestone
from funding.services.milestones import report_milestone
from funding.services.payments import reject_payment
from projects.enums import Role
from projects.models import Baseline, ForecastGain, GainLine, GainPlan, JournalEntry, Message
from reporting.queries.invariants import check
from tests.factories import NOW, agreement_in_force, person_with, recuse, upload, verify_milestones
from tests.funding.amending import REASON, amended, approved, certified, content_of, proposed
from tests.funding.paying import authorised, requested

pytestmark = pytest.mark.django_db
D = Decimal


def schedule(agreement):
    rows = Instalment.objects.filter(agreement=agreement, replaced_by=None).order_by("position")
    return [(row.position, row.kind, row.fiscal_year, row.amount) for row in rows]


def sound():
    connection.check_constraints()
    return [line for found in check() for line in found.broken] == []


# ── What an amendment in force changes ───────────────────────────────────────────────────────────────────────────────
def test_an_increase_commits_more_and_replaces_what_is_not_paid():
    agreement = agreement_in_force()
    authorised(agreement.instalments.get(kind="advance"))
    amendment = amended(agreement, amount=D("130000.00"))
    agreement.refresh_from_db()
    assert (agreement.amount, agreement.revision) == (D("130000.00"), 1)
    assert schedule(agreement) == [
        (1, "advance", 2026, D("25000.00")),
        (4, "milestone", 2026, D("77000.00")),
        (5, "holdback", 2026, D("28000.00")),
    ]
    assert list(amendment.replaced.order_by("position").values_list("position", "amount")) == [(2, D("55000.00")), (3, D("20000.00"))]
    assert committed_by_year(agreement) == {2026: D("130000.00")}
    assert list(LedgerEntry.objects.filter(amendment=amendment).values_list("kind", "amount", "reference")) == [
        (LedgerKind.COMMITMENT, D("30000.00"), f"{agreement.number}/A1")
    ]
    assert list(agreement.parts.values_list("fiscal_year", "amount")) == [(2026, D("130000.00"))]
    assert set(checklists_of(agreement)) == set(agreement.instalments.filter(replaced_by=None).values_list("pk", flat=True))
    assert sound()


def test_a_decrease_gives_back_and_never_goes_below_what_is_asked_for():
    agreement = agreement_in_force()
    requested(agreement.instalments.get(kind="advance"))
    with pytest.raises(Invalid) as low:
        proposed(agreement, amount=D("20000.00"))
    assert set(low.value.errors) == {"amount"}
    amended(agreement, amount=D("60000.00"))
    assert committed_by_year(agreement) == {2026: D("60000.00")}
    assert [amount for *_, amount in schedule(agreement)] == [D("25000.00"), D("25666.66"), D("9333.34")]
    assert sound()


def test_instalments_move_to_another_year_with_their_commitment():
    agreement = agreement_in_force()
    rows = [
        PlannedInstalment(InstalmentKind.ADVANCE, None, 2026, D("25000.00")),
        PlannedInstalment(InstalmentKind.MILESTONE, 1, 2027, D("55000.00")),
        PlannedInstalment(InstalmentKind.HOLDBACK, 2, 2027, D("20000.00")),
    ]
    amendment = amended(agreement, instalments=rows)
    assert kinds_of(amendment) == [AmendmentKind.SCHEDULE]
    assert committed_by_year(agreement) == {2026: D("25000.00"), 2027: D("75000.00")}
    assert list(agreement.parts.order_by("fiscal_year").values_list("fiscal_year", "amount")) == [
        (2026, D("25000.00")),
        (2027, D("75000.00")),
    ]
    amended(agreement, instalments=[PlannedInstalment(one.kind, one.milestone, 2027, one.amount) for one in rows])
    assert committed_by_year(agreement) == {2026: D("0.00"), 2027: D("100000.00")}
    assert list(agreement.parts.values_list("fiscal_year", "amount")) == [(2027, D("100000.00"))]
    assert sound()


def test_dates_scope_and_milestones_change_without_a_row_in_the_ledger():
    agreement = agreement_in_force()
    first = agreement.milestones.get(position=1)
    before, rows = schedule(agreement), LedgerEntry.objects.count()
    amendment = amended(agreement, ends_on=date(2028, 3, 31), milestones={1: date(2027, 12, 1)}, scope="Deux ponts au lieu d’un.")
    agreement.refresh_from_db()
    agreement.project.refresh_from_db()
    assert (agreement.ends_on, agreement.project.ends_on, scope_of(agreement)) == (
        date(2028, 3, 31),
        date(2028, 3, 31),
        "Deux ponts au lieu d’un.",
    )
    change = MilestoneChange.objects.get()
    assert (change.kind, change.before, change.after, change.amendment) == (
        MilestoneChangeKind.AMENDED,
        first.due_on,
        date(2027, 12, 1),
        amendment,
    )
    assert kinds_of(amendment) == [AmendmentKind.DATES, AmendmentKind.SCOPE]
    assert (schedule(agreement), LedgerEntry.objects.count()) == (before, rows)
    assert sound()


def test_a_milestone_is_put_off_anew_after_its_amendment():
    agreement = agreement_in_force()
    amended(agreement, ends_on=date(2028, 3, 31), milestones={1: date(2027, 6, 1)})
    officer, first = person_with(Role.OFFICER), agreement.milestones.get(position=1)
    with pytest.raises(Invalid):
        postpone_milestone(milestone_id=first.pk, due_on=date(2027, 8, 1), reason="Retard", actor=officer, now=NOW)
    moved = postpone_milestone(milestone_id=first.pk, due_on=date(2027, 7, 31), reason="Retard", actor=officer, now=NOW)
    assert moved.due_on == date(2027, 7, 31)  # sixty days after the day of the amendment


def test_a_forecast_is_written_again_and_the_baseline_stays():
    agreement = agreement_in_force()
    plan = GainPlan.objects.get(project=agreement.project)
    line = GainLine.objects.filter(plan=plan).order_by("pk")[0]
    key, baseline = next(iter(forecasts_of(agreement))), Baseline.objects.filter(line=line).values().get()
    amendment = amended(agreement, forecasts={key: D("7000.00")})
    assert forecasts_of(agreement)[key] == D("7000.00")
    rows = ForecastGain.objects.filter(line=line, period_start=key[1], period_end=key[2]).order_by("recorded_at")
    assert list(rows.values_list("amount", flat=True)) == [D("60000.00"), D("7000.00")]
    assert (Baseline.objects.filter(line=line).values().get(), kinds_of(amendment)) == (baseline, [AmendmentKind.FORECAST])


def test_money_is_committed_only_if_the_envelope_has_it():
    agreement = agreement_in_force()
    amendment = approved(agreement, amount=D("100000000.00"))
    with pytest.raises(EnvelopeExceeded):
        acts.put_amendment_in_force(amendment_id=amendment.pk, actor=person_with(Role.HEAD), now=NOW)
    agreement.refresh_from_db()
    amendment.refresh_from_db()
    assert (agreement.amount, agreement.revision, amendment.state) == (D("100000.00"), 0, AmendmentState.APPROVED)


def test_a_milestone_without_instalments_any_more_may_be_cancelled():
    agreement = agreement_in_force()
    amended(agreement, instalments=[PlannedInstalment(InstalmentKind.HOLDBACK, 2, 2026, D("100000.00"))])
    first = agreement.milestones.get(position=1)
    cancelled = cancel_milestone(milestone_id=first.pk, reason="Sans objet", actor=person_with(Role.OFFICER), now=NOW)
    assert cancelled.state == "cancelled"
    with pytest.raises(Invalid) as refused:
        proposed(agreement, instalments=[PlannedInstalment(InstalmentKind.MILESTONE, 1, 2026, D("100000.00"))])
    assert set(refused.value.errors) == {"instalments"}


def test_an_instalment_taken_out_is_not_paid():
    agreement = agreement_in_force()
    old = agreement.instalments.get(kind="advance")
    amended(agreement, amount=D("120000.00"))
    with pytest.raises(WrongState, match="Un avenant a remplacé ce versement"):
        requested(old)


def test_a_claimed_or_rejected_payment_decides_what_is_kept():
    agreement = agreement_in_force()
    payment = requested(agreement.instalments.get(kind="advance"))
    reject_payment(payment_id=payment.pk, reason="Erreur", actor=person_with(Role.CONTROLLER), now=NOW)
    amended(agreement, amount=D("80000.00"))
    assert [position for position, *_ in schedule(agreement)] == [4, 5, 6]
    assert sound()


def test_an_agreement_that_ends_frees_what_its_amendments_committed():
    agreement = agreement_in_force()
    amended(agreement, amount=D("140000.00"))
    terminate_agreement(agreement_id=agreement.pk, cause="mutual", reason="Fin", actor=person_with(Role.HEAD), now=NOW)
    assert committed_by_year(agreement) == {2026: D("0.00")}
    assert sound()


def test_proposed_instalments_make_the_aid_and_keep_the_advance_in_its_limit():
    agreement = agreement_in_force()
    first = [
        PlannedInstalment(InstalmentKind.ADVANCE, None, 2026, D("10000.00")),
        PlannedInstalment(InstalmentKind.ADVANCE, None, 2026, D("15000.00")),
        PlannedInstalment(InstalmentKind.MILESTONE, 1, 2026, D("75000.00")),
    ]
    amended(agreement, instalments=first)
    requested(Instalment.objects.get(agreement=agreement, replaced_by=None, amount=D("10000.00")))
    found = proposed_instalments(agreement, D("145000.00"))
    assert [one.amount for one in found] == [D("22500.00"), D("112500.00")]
    found = proposed_instalments(agreement, D("200000.01"))
    assert [one.amount for one in found] == [D("31666.66"), D("158333.35")]
    assert proposed_instalments(agreement, D("10000.00")) == []


def test_all_that_is_paid_leaves_an_increase_to_the_last_milestone():
    agreement = agreement_in_force()
    verify_milestones(agreement)
    for instalment in agreement.instalments.order_by("position"):
        requested(instalment)
    found = proposed_instalments(agreement, D("107000.00"))
    assert found == [PlannedInstalment(InstalmentKind.MILESTONE, 2, 2026, D("7000.00"))]
    amended(agreement, amount=D("107000.00"))
    assert sound()


# ── Two under way at once ────────────────────────────────────────────────────────────────────────────────────────────
def test_the_second_of_two_amendments_is_refused_with_what_changed_then_taken_up_again():
    agreement = agreement_in_force()
    second = approved(agreement, amount=D("150000.00"), ends_on=date(2027, 9, 30))
    amended(agreement, amount=D("120000.00"))
    with pytest.raises(Stale) as stale:
        acts.put_amendment_in_force(amendment_id=second.pk, actor=person_with(Role.HEAD), now=NOW)
    message = stale.value.message.replace("\u00a0", " ")
    assert "Aide : 100 000,00 $ alors, 120 000,00 $ aujourd’hui, 150 000,00 $ proposé" in message
    second.refresh_from_db()
    labels = [one.label for one in conflicts_of(second)]
    assert labels[:2] == ["Version de la convention", "Aide"]
    content = content_of(agreement, amount=D("150000.00"), ends_on=date(2027, 9, 30))
    officer = person_with(Role.OFFICER)
    again = acts.revise_amendment(amendment_id=second.pk, content=content, actor=officer, now=NOW)
    assert (again.state, again.round, again.base_revision, again.certified_by, conflicts_of(again)) == ("proposed", 2, 1, None, [])
    certified(again)
    for role in levels_of(again, NOW):
        acts.approve_amendment(amendment_id=again.pk, actor=person_with(role), now=NOW)
    acts.put_amendment_in_force(amendment_id=again.pk, actor=person_with(Role.HEAD), now=NOW)
    agreement.refresh_from_db()
    assert (agreement.amount, agreement.revision, agreement.ends_on) == (D("150000.00"), 2, date(2027, 9, 30))
    assert committed_by_year(agreement) == {2026: D("150000.00")}
    assert sound()


def test_a_payment_asked_for_meanwhile_makes_the_schedule_stale():
    agreement = agreement_in_force()
    amendment = approved(agreement, amount=D("120000.00"))
    requested(agreement.instalments.get(kind="advance"))
    with pytest.raises(Stale, match="Versements demandés ou payés"):
        acts.put_amendment_in_force(amendment_id=amendment.pk, actor=person_with(Role.HEAD), now=NOW)


def test_a_milestone_reported_meanwhile_makes_its_date_stale():
    agreement = agreement_in_force()
    amendment = approved(agreement, milestones={1: date(2027, 3, 1)})
    writer = person_with(Role.WRITER, organisation=agreement.project.organisation)
    report_milestone(milestone_id=agreement.milestones.get(position=1).pk, report="Atteint.", evidence=upload(), actor=writer, now=NOW)
    with pytest.raises(Stale, match="a changé depuis cet avenant"):
        acts.put_amendment_in_force(amendment_id=amendment.pk, actor=person_with(Role.HEAD), now=NOW)


def test_an_amendment_is_written_on_the_version_that_was_read():
    agreement = agreement_in_force()
    old = content_of(agreement, ends_on=date(2028, 1, 1))
    amended(agreement, ends_on=date(2027, 12, 31))
    with pytest.raises(Stale, match="version 0 à la version 1"):
        acts.propose_amendment(agreement_id=agreement.pk, content=old, actor=person_with(Role.OFFICER), now=NOW)
    broken = content_of(agreement, ends_on=date(2028, 1, 1), seen={"ends_on": date(2027, 3, 31)})
    with pytest.raises(Stale, match=f"Chaîne rompue à la convention {agreement.number}"):
        acts.propose_amendment(agreement_id=agreement.pk, content=broken, actor=person_with(Role.OFFICER), now=NOW)


# ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_on": date(2026, 1, 1)}, "ends_on"),
        ({"amount": D("120000.00"), "instalments": [PlannedInstalment(InstalmentKind.MILESTONE, 1, 2026, D("5.00"))]}, "instalments"),
        ({"amount": D("120000.00"), "instalments": [PlannedInstalment(InstalmentKind.MILESTONE, 9, 2026, D("120000.00"))]}, "instalments"),
        ({"amount": D("120000.00"), "instalments": [PlannedInstalment(InstalmentKind.ADVANCE, None, 2026, D("120000.00"))]}, "instalments"),
        ({"amount": D("120000.00"), "instalments": [PlannedInstalment(InstalmentKind.MILESTONE, 1, 2050, D("120000.00"))]}, "instalments"),
        ({"milestones": {1: date(2030, 1, 1)}}, "due_on_1"),
        ({"milestones": {9: date(2027, 1, 1)}}, "due_on_9"),
    ],
)
def test_faults_are_said_by_field(changes, field):
    with pytest.raises(Invalid) as refused:
        proposed(agreement_in_force(), **changes)
    assert set(refused.value.errors) == {field}
    assert Amendment.objects.count() == 0


def test_an_amendment_changes_something_and_says_why():
    agreement = agreement_in_force()
    with pytest.raises(Invalid, match="ne change rien"):
        proposed(agreement, amount=D("100000.00"))
    with pytest.raises(Invalid) as refused:
        acts.propose_amendment(
            agreement_id=agreement.pk,
            content=acts.AmendmentContent(0, "  ", ends_on=date(2028, 1, 1)),
            actor=person_with(Role.OFFICER),
            now=NOW,
        )
    assert set(refused.value.errors) == {"reason"}


def test_each_step_is_refused_out_of_its_state():
    amendment = amended(ends_on=date(2028, 1, 1))
    content = content_of(amendment.agreement, ends_on=date(2029, 1, 1))
    attempts = [
        (acts.revise_amendment, Role.OFFICER, {"content": content}),
        (acts.approve_amendment, Role.DIRECTOR, {}),
        (acts.refuse_amendment, Role.DIRECTOR, {"reason": "Non"}),
        (acts.cancel_amendment, Role.OFFICER, {"reason": "Non"}),
        (acts.certify_amendment, Role.CONTROLLER, {}),
        (acts.put_amendment_in_force, Role.HEAD, {}),
    ]
    for act, role, given in attempts:
        with pytest.raises(WrongState):
            act(amendment_id=amendment.pk, actor=person_with(role), now=NOW, **given)


def test_an_amendment_is_refused_or_given_up_with_a_reason():
    refused = proposed(ends_on=date(2028, 1, 1))
    with pytest.raises(Invalid):
        acts.refuse_amendment(amendment_id=refused.pk, reason=" ", actor=person_with(Role.DIRECTOR), now=NOW)
    refused = acts.refuse_amendment(amendment_id=refused.pk, reason="Trop tard", actor=person_with(Role.DIRECTOR), now=NOW)
    left = approved(ends_on=date(2028, 1, 1))
    left = acts.cancel_amendment(amendment_id=left.pk, reason="Plus utile", actor=person_with(Role.OFFICER), now=NOW)
    assert [(one.state, one.decision_reason) for one in (refused, left)] == [("refused", "Trop tard"), ("cancelled", "Plus utile")]
    with pytest.raises(WrongState, match="n’augmente aucun exercice"):
        acts.certify_amendment(amendment_id=proposed(ends_on=date(2028, 1, 1)).pk, actor=person_with(Role.CONTROLLER), now=NOW)


def test_an_increase_waits_for_a_fresh_certificate():
    amendment, director = proposed(amount=D("120000.00")), person_with(Role.HEAD)
    with pytest.raises(WrongState, match="pas encore certifiée"):
        acts.approve_amendment(amendment_id=amendment.pk, actor=director, now=NOW)
    certified(amendment)
    with pytest.raises(WrongState, match="plus de 30 jours"):
        acts.approve_amendment(amendment_id=amendment.pk, actor=director, now=NOW + timedelta(days=31))
    assert acts.approve_amendment(amendment_id=amendment.pk, actor=director, now=NOW).state == AmendmentState.PARTLY_APPROVED


# ── Levels and separation of duties ──────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("before", "after", "roles"),
    [
        ("40000.00", "44000.00", ["director"]),
        ("40000.00", "44000.01", ["director"]),  # more than 10 %, still in the first tier
        ("49000.00", "50000.01", ["head", "minister_delegate"]),  # 2 %, but it crosses a tier
        ("100000.00", "110000.00", ["director"]),
        ("100000.00", "110000.01", ["head", "minister_delegate"]),
        ("100000.00", "80000.00", ["head", "minister_delegate"]),
        ("100000.00", "95000.00", ["director"]),
        ("2000000.00", "2100000.01", ["minister_delegate"]),
        ("2000000.00", "2100000.00", ["director"]),
        ("999000.00", "1000000.00", ["minister_delegate"]),
    ],
)
def test_levels_are_those_of_the_cumulative_amount(before, after, roles):
    amendment = proposed(agreement_in_force(amount=D(before)), amount=D(after))
    assert [str(role) for role in levels_of(amendment, NOW)] == roles


def test_small_amendments_add_up():
    agreement = agreement_in_force()
    amended(agreement, amount=D("108000.00"))
    second = proposed(agreement, amount=D("112000.00"))
    assert [str(role) for role in levels_of(second, NOW)] == ["head", "minister_delegate"]
    third = proposed(agreement, ends_on=date(2028, 1, 1))
    assert [str(role) for role in levels_of(third, NOW)] == ["director"]


def test_whoever_writes_certifies_or_approves_does_nothing_else_in_any_round():
    everything = person_with(Role.OFFICER, Role.CONTROLLER, Role.HEAD, Role.MINISTER_DELEGATE, Role.DIRECTOR)
    agreement = agreement_in_force()
    amendment = proposed(agreement, actor=everything, amount=D("120000.00"))
    given = {"amendment_id": amendment.pk, "now": NOW}
    with pytest.raises(NotAllowed):
        acts.certify_amendment(**given, actor=everything)
    content = content_of(agreement, amount=D("121000.00"))
    acts.revise_amendment(**given, content=content, actor=person_with(Role.OFFICER))
    for act in (acts.certify_amendment, acts.approve_amendment):
        with pytest.raises(NotAllowed):
            act(**given, actor=everything)
    certifier = person_with(Role.CONTROLLER, Role.HEAD, Role.OFFICER)
    acts.certify_amendment(**given, actor=certifier)
    with pytest.raises(NotAllowed):
        acts.approve_amendment(**given, actor=certifier)
    with pytest.raises(NotAllowed):
        acts.revise_amendment(**given, content=content, actor=certifier)
    approver = person_with(Role.HEAD, Role.MINISTER_DELEGATE)
    acts.approve_amendment(**given, actor=approver)
    with pytest.raises(NotAllowed, match="déjà approuvé"):
        acts.approve_amendment(**given, actor=approver)
    acts.approve_amendment(**given, actor=person_with(Role.MINISTER_DELEGATE))
    for person in (everything, certifier):
        with pytest.raises(NotAllowed):
            acts.put_amendment_in_force(**given, actor=person)
    acts.put_amendment_in_force(**given, actor=approver)
    assert list(AmendmentStep.objects.filter(amendment=amendment).order_by("pk").values_list("round", "kind", "level")) == [
        (1, "proposed", None),
        (2, "revised", None),
        (2, "certified", None),
        (2, "approved", 1),
        (2, "approved", 2),
        (2, "in_force", None),
    ]


def test_whom_a_recusal_keeps_away_and_others_do_nothing():
    agreement = agreement_in_force()
    officer = person_with(Role.OFFICER)
    recuse(officer, agreement.project.application)
    for actor in (officer, person_with(Role.DIRECTOR), person_with(Role.SIGNATORY, organisation=agreement.project.organisation)):
        with pytest.raises(NotAllowed):
            proposed(agreement, actor=actor)
    amendment = proposed(agreement, ends_on=date(2028, 1, 1))
    with pytest.raises(NotAllowed):
        acts.approve_amendment(amendment_id=amendment.pk, actor=person_with(Role.HEAD), now=NOW)


def test_the_organisation_is_told_that_its_agreement_has_changed():
    agreement = agreement_in_force()
    writer = person_with(Role.WRITER, organisation=agreement.project.organisation)
    amended(agreement, ends_on=date(2028, 1, 1))
    told = Message.objects.get(person=writer)
    assert (told.application, told.subject) == (agreement.project.application, f"{agreement.number}\u00a0: un avenant est en vigueur")


def test_a_second_click_changes_nothing_and_the_journal_says_it_once():
    amendment = approved(ends_on=date(2028, 1, 1))
    head = person_with(Role.HEAD)
    for _click in range(2):
        acts.put_amendment_in_force(amendment_id=amendment.pk, actor=head, now=NOW, key="clic")
    entries = JournalEntry.objects.filter(act="put_amendment_in_force")
    assert entries.count() == 1
    assert entries.get().application_id == amendment.agreement.project.application_id
    assert REASON in Amendment.objects.get(pk=amendment.pk).reason
