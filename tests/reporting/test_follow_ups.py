"""A follow-up report from its draft to its verification: who, when, what is missing, what it settles for funding."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale, WrongState
from funding.enums import AgreementState, FollowUpFactKind, MilestoneState
from funding.models import FollowUpFact, FollowUpTerms, PaymentHold
from funding.queries.agreement_conditions import unmet_for_closing
from funding.queries.release import checklist_of
from funding.services.agreement_ends import close_agreement, complete_agreement, document_failure
from funding.services.recoveries import RecoveryTerms, Schedule, open_recovery
from projects.enums import ProjectState, Role
from projects.models import JournalEntry, Membership, Objective
from reporting.enums import FollowUpPart, FollowUpState
from reporting.models import FollowUpSection, FollowUpVersion, ObjectiveResult
from reporting.queries.follow_up_plan import costs_of, gains_of, part_within
from reporting.queries.follow_ups import days_late, missing_of
from reporting.services import follow_ups as acts
from reporting.services.follow_up_calendar import tick_follow_up
from tests.factories import NOW, advised_by, former_member, person_with, recuse, upload, verify_milestones
from tests.reporting.follow_ups import DUE, END, START, TYPED, Recipient, at

pytestmark = pytest.mark.django_db
P, S = FollowUpPart, FollowUpState
D = Decimal


@pytest.fixture
def recipient():
    return Recipient()


# ── The draft ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_section_is_kept_as_typed_and_never_written_over(recipient):
    report = recipient.final
    half = {"done": "Livré", "gaps": "", "next": "x" * 2500}
    saved = recipient.save(report, P.PROGRESS, half)
    assert (saved.content, saved.is_complete, saved.version) == (half, False, 1)
    again = recipient.save(report, P.PROGRESS, half)  # a double click
    assert again.version == 1
    with pytest.raises(Stale):
        recipient.save(report, P.PROGRESS, TYPED[P.PROGRESS], version=0, actor=recipient.finance)
    assert FollowUpSection.objects.get(report=report).content == half
    assert recipient.save(report, P.PROGRESS, version=1, actor=recipient.finance).is_complete


def test_only_who_writes_for_the_organisation_writes(recipient):
    outsider, signatory = person_with(Role.WRITER), person_with(Role.SIGNATORY, organisation=recipient.organisation)
    for person in (outsider, signatory, recipient.officer):
        with pytest.raises(NotAllowed):
            recipient.save(recipient.final, P.PROGRESS, actor=person)
    recuse(recipient.writer, recipient.agreement.award.application)
    with pytest.raises(NotAllowed):
        recipient.save(recipient.final, P.PROGRESS)


@pytest.mark.parametrize(("count", "is_kept"), [("0", True), ("1", False), (" 2 ", False), ("02", False), ("3", True), ("", True)])
def test_small_cells_are_never_kept(recipient, count, is_kept):
    typed = {**TYPED[P.EQUITY], "count_1": count}
    if is_kept:
        assert recipient.save(recipient.final, P.EQUITY, typed).content == typed
        return
    with pytest.raises(Invalid) as refused:
        recipient.save(recipient.final, P.EQUITY, typed)
    assert (list(refused.value.errors), FollowUpSection.objects.count()) == (["count_1"], 0)


def test_value_of_an_objective_has_its_day_which_is_not_to_come(recipient):
    report, typed = recipient.final, recipient.typed_objectives()
    assert recipient.save(report, P.OBJECTIVES, {**typed, "measured_on": ""}).is_complete is False
    assert recipient.save(report, P.OBJECTIVES, {**typed, "measured_on": "2028-01-01"}, version=1).is_complete is False
    assert recipient.save(report, P.OBJECTIVES, typed, version=2).is_complete is True


def test_report_says_what_it_lacks_until_it_is_signed(recipient):
    report = recipient.final
    assert [str(name) for name in missing_of(report)] == [
        "Avancement", "Coûts", "Gains", "Objectifs de l’appel", "Analyse différenciée (ADS+)", "Leçons", "Pièces jointes",
    ]  # fmt: skip
    with pytest.raises(WrongState, match="Le rapport est incomplet : Avancement, Coûts, Gains"):
        recipient.sign(report)
    recipient.fill(report)
    with pytest.raises(WrongState, match="après la fin de sa période, le 31\u00a0mars\u00a02027"):
        recipient.sign(report, now=at(END))
    assert recipient.sign(report).state == S.TO_COSIGN
    with pytest.raises(WrongState, match="ne se modifie plus"):
        recipient.save(report, P.PROGRESS, {"done": "Autre"}, version=1)


def test_optional_section_opened_and_left_empty_keeps_nobody_from_signing(recipient):
    report = recipient.fill(recipient.reports[-1])
    empty = dict.fromkeys(TYPED[P.LESSONS], " ")
    assert (report.kind, recipient.save(report, P.LESSONS, empty).is_complete, missing_of(report)) == ("post_closing", True, [])
    begun = {**empty, next(iter(empty)): "Commencer tôt"}
    recipient.save(report, P.LESSONS, begun, version=1)
    assert [str(name) for name in missing_of(report)] == ["Leçons"]
    recipient.save(report, P.LESSONS, empty, version=2)  # and it can be left out again
    assert recipient.sign(report).state == S.TO_COSIGN


def test_a_file_is_taken_back_from_a_draft_only(recipient):
    report = recipient.final
    with pytest.raises(Invalid) as refused:
        acts.attach_to_follow_up(report_id=report.pk, file=upload("x.exe"), actor=recipient.writer, now=NOW)
    assert list(refused.value.errors) == ["file"]
    document = acts.attach_to_follow_up(report_id=report.pk, file=upload(), actor=recipient.writer, now=NOW)
    acts.detach_from_follow_up(report_id=report.pk, document_id=document.pk, actor=recipient.writer, now=NOW)
    document.refresh_from_db()
    assert document.removed_at == NOW
    recipient.sign(recipient.fill(report))
    with pytest.raises(WrongState):
        acts.attach_to_follow_up(report_id=report.pk, file=upload(), actor=recipient.writer, now=NOW)


# ── Signed, co-signed, taken back ────────────────────────────────────────────────────────────────────────────────────
def test_another_person_of_finance_cosigns_the_version_that_was_read(recipient):
    report = recipient.sign(recipient.fill(recipient.final))
    with pytest.raises(NotAllowed):
        recipient.cosign(report, actor=recipient.writer)
    with pytest.raises(Stale):
        recipient.cosign(report, seen=NOW)
    report = recipient.cosign(report, seen=report.signed_at)
    assert (report.state, report.cosigned_by, report.submitted_at) == (S.SUBMITTED, recipient.finance, report.cosigned_at)
    version = FollowUpVersion.objects.get(report=report)
    assert (version.number, '"done":"Livré"' in version.content, '"milestones":[[1,"Jalon 1"' in version.content) == (1, True, True)


def test_finance_who_signs_waits_for_another_and_who_is_alone_needs_nobody(recipient):
    report = recipient.fill(recipient.final)
    report = recipient.sign(report, actor=recipient.finance)
    with pytest.raises(NotAllowed, match="Vous avez signé ce rapport"):
        recipient.cosign(report)
    alone = Recipient()
    alone.fill(alone.final)
    Membership.objects.filter(person=alone.finance).update(ends_on=date(2026, 1, 1), starts_on=date(2025, 1, 1))
    report = alone.sign(alone.final)
    assert (report.state, report.cosignature_waived, report.cosigned_by) == (S.SUBMITTED, True, None)


def test_signed_report_is_taken_back_as_its_clock_says(recipient):
    def taken_back(report, now):
        return acts.take_back_follow_up(report_id=report.pk, actor=recipient.finance, now=now)

    report = recipient.sign(recipient.fill(recipient.final))
    assert (taken_back(report, at(DUE)).state, taken_back(recipient.sign(report), at(DUE + timedelta(days=1))).state) == (S.DUE, S.LATE)
    with pytest.raises(WrongState):
        taken_back(report, at(DUE))
    returned = acts.return_follow_up(
        report_id=recipient.cosign(recipient.sign(report)).pk, reason="Incomplet", actor=recipient.officer, now=at(DUE)
    )
    assert taken_back(recipient.sign(returned), at(DUE)).state == S.RETURNED
    assert FollowUpVersion.objects.filter(report=report).count() == 4


# ── Verified or returned ─────────────────────────────────────────────────────────────────────────────────────────────
def test_verification_is_an_officer_s_from_outside_who_does_not_accompany_the_file(recipient):
    report = recipient.submitted(recipient.final)
    adviser, insider = person_with(Role.OFFICER), former_member(recipient.organisation)
    advised_by(adviser, recipient.agreement.award.application)
    for person in (adviser, insider, recipient.director, recipient.finance):
        with pytest.raises(NotAllowed):
            recipient.verify(report, actor=person)
    with pytest.raises(Invalid):
        acts.return_follow_up(report_id=report.pk, reason=" ", actor=recipient.officer, now=at(DUE))
    assert recipient.verify(report, seen=report.signed_at).state == S.VERIFIED


def test_return_has_its_reason_and_lateness_stays_that_of_the_first_reception(recipient):
    report = recipient.submitted(recipient.final, now=at(DUE + timedelta(days=4)))
    report = acts.return_follow_up(report_id=report.pk, reason="Les coûts", actor=recipient.officer, now=at(DUE + timedelta(days=9)))
    assert (report.state, report.reason, days_late(report, DUE + timedelta(days=90))) == (S.RETURNED, "Les coûts", 4)
    report = recipient.cosign(recipient.sign(report, now=at(DUE + timedelta(days=60))), now=at(DUE + timedelta(days=60)))
    assert days_late(recipient.verify(report, now=at(DUE + timedelta(days=61))), DUE + timedelta(days=90)) == 4


def test_verified_values_are_those_of_the_project(recipient):
    report = recipient.submitted(recipient.final)
    assert ObjectiveResult.objects.count() == 0
    recipient.verify(report)
    found = ObjectiveResult.objects.order_by("objective").values_list("objective", "actual", "measured_on", "source")
    objectives = Objective.objects.filter(call=recipient.project.call).order_by("pk").values_list("pk", flat=True)
    assert list(found) == [(pk, D(42), date(2027, 3, 31), report.number) for pk in objectives]


# ── Payments held ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("lifts_on", ["submitted", "verified"])
def test_hold_of_a_late_report_is_lifted_as_the_terms_say(recipient, lifts_on):
    FollowUpTerms.objects.filter(terms=recipient.project.call.terms).update(hold_lifts_on=lifts_on)
    late = DUE + timedelta(days=31)
    tick_follow_up(report_id=recipient.final.pk, actor=None, now=at(late))
    report = recipient.submitted(recipient.final, now=at(late))
    assert PaymentHold.objects.filter(lifted_at=None).count() == (lifts_on == "verified")
    recipient.verify(report, now=at(late))
    hold = PaymentHold.objects.get()
    assert (hold.lifted_at, hold.lifted_by) == (at(late), None)
    said = {"submitted": "soumis", "verified": "vérifié"}[lifts_on]
    assert hold.lift_reason == f"Le rapport {report.number} est {said}."


# ── What the final report settles ────────────────────────────────────────────────────────────────────────────────────
def test_final_report_releases_the_holdback_and_lets_the_agreement_be_closed(recipient):
    agreement = recipient.agreement
    holdback = agreement.instalments.get(kind="holdback")
    verify_milestones(agreement, 1)
    sentence = "le rapport de clôture du calendrier de suivi est vérifié"
    assert sentence in checklist_of(holdback).unmet
    recipient.verified(recipient.final)
    assert [one for one in checklist_of(holdback).unmet if "rapport" in one] == []
    last = agreement.milestones.get(position=2)
    assert (last.state, last.reported_by, last.verified_by) == (MilestoneState.VERIFIED, recipient.writer, recipient.officer)
    complete_agreement(agreement_id=agreement.pk, actor=recipient.officer, now=at(DUE))
    assert unmet_for_closing(agreement) == []
    assert close_agreement(agreement_id=agreement.pk, actor=recipient.officer, now=at(DUE)).state == AgreementState.CLOSED


def test_closing_names_what_the_follow_up_owes(recipient):
    assert unmet_for_closing(recipient.agreement)[-2:] == [
        "Le rapport final n’est pas vérifié.",
        "Les leçons du projet ne sont pas publiées.",
    ]
    FollowUpTerms.objects.filter(terms=recipient.project.call.terms).delete()
    assert [one for one in unmet_for_closing(recipient.agreement) if "rapport" in one] == []


def test_a_holdback_is_not_paid_before_the_final_report_of_the_calendar_even_by_sql(recipient):
    verify_milestones(recipient.agreement)
    holdback = recipient.agreement.instalments.get(kind="holdback")
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT payment_of_a_holdback(%s, %s, %s, %s)", [recipient.agreement.pk, holdback.milestone_id, holdback.amount, D(1)]
        )
    assert error.value.__cause__.diag.constraint_name == "payment_holdback_after_final_report"


def test_documented_failure_asks_for_its_report_frees_the_rest_and_spares_the_organisation(recipient):
    agreement, given = recipient.agreement, {"agreement_id": recipient.agreement.pk, "now": at(DUE)}
    with pytest.raises(WrongState, match="Le rapport final n’est pas vérifié"):
        document_failure(reason="Sans résultat", actor=recipient.director, **given)
    recipient.verified(recipient.final)
    for person in (recipient.officer, recipient.finance):
        with pytest.raises(NotAllowed):
            document_failure(reason="Sans résultat", actor=person, **given)
    with pytest.raises(Invalid):
        document_failure(reason=" ", actor=recipient.director, **given)
    agreement = document_failure(reason="Le prototype n’a pas tenu", actor=recipient.director, **given)
    connection.check_constraints()
    assert (agreement.state, agreement.get_state_display()) == (AgreementState.DOCUMENTED_FAILURE, "Échec documenté")
    assert agreement.project.state == ProjectState.COMPLETED
    assert JournalEntry.objects.filter(act="document_failure").count() == 1
    terms = RecoveryTerms(D("10.00"), "default", "Sans résultat", Schedule(DUE + timedelta(days=30)))
    with pytest.raises(Invalid) as refused:
        open_recovery(agreement_id=agreement.pk, terms=terms, actor=recipient.officer, now=at(DUE))
    assert "basis" in refused.value.errors
    spared = "INSERT INTO funding_recovery (number, agreement_id, basis, reason, amount, state, established_by_id, established_at, "
    spared += "cancellation_reason) VALUES ('R', %s, 'default', 'x', 10, 'established', %s, now(), '')"
    assert broken(spared, agreement.pk, recipient.officer.pk) == "recovery_spares_a_documented_failure"


def test_a_failure_is_not_documented_by_sql_alone(recipient):
    state = "SET CONSTRAINTS agreement_moves_when_due IMMEDIATE; UPDATE funding_agreement SET state = 'documented_failure' WHERE id = %s"
    assert broken(state, recipient.agreement.pk) == "agreement_end_frees_the_rest"
    assert FollowUpFact.objects.filter(kind=FollowUpFactKind.FINAL_REPORT).count() == 0


# ── What the database holds ──────────────────────────────────────────────────────────────────────────────────────────
def broken(sql, *values):
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    diag = error.value.__cause__.diag
    return diag.constraint_name or diag.message_primary


def test_the_database_keeps_what_was_signed_small_cells_and_the_three_people(recipient):
    report = recipient.submitted(recipient.final)
    section = "UPDATE reporting_followupsection SET is_complete = false WHERE report_id = %s"
    assert broken(section, report.pk) == "follow_up_section_is_open"
    assert broken("DELETE FROM reporting_followupversion") == "permission denied for table reporting_followupversion"
    people = "UPDATE reporting_followupreport SET state = 'verified', verified_at = now(), verified_by_id = %s WHERE id = %s"
    assert broken(people, recipient.finance.pk, report.pk) == "follow_up_three_people"
    assert broken(people, former_member(recipient.organisation).pk, report.pk) == "follow_up_verifier_is_outside"
    adviser = person_with(Role.ADVISER)
    advised_by(adviser, recipient.agreement.award.application)
    assert broken(people, adviser.pk, report.pk) == "adviser_is_apart"
    moved = "UPDATE reporting_followupreport SET due_on = due_on + 1 WHERE id = %s"
    assert broken(moved, report.pk) == "follow_up_end_is_final"
    other = Recipient()
    cell = "INSERT INTO reporting_followupsection (report_id, kind, content, is_complete, version, saved_by_id, saved_at) "
    cell += "VALUES (%s, 'equity', '{\"count_4\": \" 02 \"}', false, 1, %s, now())"
    assert broken(cell, other.final.pk, other.writer.pk) == "follow_up_small_cells_suppressed"
    verified = recipient.verify(report)
    back = "UPDATE reporting_followupreport SET state = 'submitted', verified_by_id = NULL, verified_at = NULL WHERE id = %s"
    assert broken(back, verified.pk) == "follow_up_end_is_final"


# ── The plan ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_report_is_prefilled_from_the_plan(recipient):
    first, later = recipient.final, recipient.reports[1]
    assert [(one.label, one.budget, one.claimed, one.admitted) for one in costs_of(first)] == [("Honoraires", D(125000), D(0), D(0))]
    assert [(row.line.code, row.forecast, row.is_missing) for row in gains_of(first)] == [("L1", D("0.00"), False)]
    assert [(row.line.code, row.forecast, row.is_missing) for row in gains_of(later)] == [("L1", D("60000.00"), True)]


def test_part_of_a_forecast_is_cut_by_days_to_the_cent():
    class Row:
        period_start, period_end, amount = date(2027, 4, 1), date(2028, 3, 31), D("36600.00")

    assert part_within(Row, date(2027, 4, 1), date(2027, 6, 30)) == D("9100.00")
    assert part_within(Row, date(2026, 12, 1), date(2027, 3, 31)) == D("0.00")
    assert part_within(Row, date(2026, 1, 1), date(2030, 1, 1)) == D("36600.00")
    assert START < END
