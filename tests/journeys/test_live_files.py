"""The files of a demonstration: ten went through the acts of the pages, each as far as an account that it waits for."""

from collections import Counter
from decimal import Decimal

import pytest

from funding.enums import AgreementState, AwardState, CostKind, MilestoneState, PaymentState
from funding.models import Adviser, Agreement, Award, CashEntry, CostMove, CreditMove, DrawAuthority, Milestone, Payment, Review
from funding.queries.cash import cash_position
from funding.queries.costs import cost_figures, current_forecast
from projects.demo import ACCOUNTS
from projects.enums import ApplicationState, Role
from projects.models import Application, JournalEntry
from reporting.enums import FollowUpState
from reporting.models import FollowUpReport, GainReport
from reporting.queries.invariants import check
from reporting.seeding.follow_ups import add_follow_ups
from reporting.seeding.live import FILES, add_live_files
from reporting.seeding.money import add_live_money
from reporting.services.audit import verify_database
from reporting.services.portfolio import seed_fund
from tests.factories import NOW

S = ApplicationState


@pytest.fixture
def live_files(committed_db):
    seed_fund(stage="report", scale=1, now=NOW)
    files = add_live_files(now=NOW)
    add_live_money(now=NOW)
    add_follow_ups(now=NOW)
    return files


def test_live_files_show_something_everywhere_and_break_no_rule(live_files):
    """One fund, for it takes seven seconds to make."""
    money_has_a_row_on_each_page()
    each_account_has_something_that_waits(live_files)
    the_journal_has_every_account_that_acted()
    no_rule_is_broken(live_files)


def money_has_a_row_on_each_page():
    figures = {(line.fiscal_year, line.kind): line for line in cost_figures()}
    assert [figures[year, None].unpaid for year in (2024, 2025)] == [0, 0]  # so that an ended year may be closed
    assert figures[2026, CostKind.CONTRACTS].paid == Decimal("467519.50")  # the credit note is taken away
    assert (figures[2026, CostKind.SALARIES].fte, figures[None, None].forecast > figures[None, None].committed) == (25, True)
    waiting = CostMove.objects.filter(state="proposed").order_by("pk").values_list("kind", flat=True)
    assert (list(waiting), current_forecast().reason) == (["payment", "commitment"], "Deux postes de vérification des gains")
    assert Counter(CreditMove.objects.values_list("kind", "state")) == {("freeze", "approved"): 1, ("transfer", "proposed"): 1}
    assert sorted(DrawAuthority.objects.values_list("state", flat=True)) == ["in_force", "proposed"]
    assert (CashEntry.objects.count(), cash_position(NOW.date(), NOW).cash > 0) == (3, True)


def each_account_has_something_that_waits(live_files):
    files = Application.objects.filter(pk__in=[file.pk for file in live_files])
    assert Counter(files.values_list("state", flat=True)) == {
        S.DRAFT: 3,
        S.SUBMITTED: 1,
        S.IN_REVIEW: 1,
        S.REVIEWED: 1,
        S.RECOMMENDED: 2,
        S.ACCEPTED: 2,
        S.CONVERTED: 3,
    }
    assert set(Review.objects.filter(application__in=files, state="assigned").values_list("reviewer__email", flat=True)) == {
        account.email for account in ACCOUNTS if account.role == Role.REVIEWER
    }
    awards = Award.objects.filter(application__in=files)
    assert Counter(awards.values_list("state", flat=True)) == {AwardState.RECOMMENDED: 1, AwardState.CERTIFIED: 1, AwardState.APPROVED: 5}
    agreements = Agreement.objects.filter(award__in=awards)
    assert Counter(agreements.values_list("state", flat=True)) == {AgreementState.LEGAL_REVIEW: 1, AgreementState.IN_FORCE: 3}
    assert Milestone.objects.filter(agreement__in=agreements, state=MilestoneState.REPORTED).count() == 1
    assert list(Payment.objects.filter(instalment__agreement__in=agreements).values_list("state", flat=True)) == [PaymentState.REQUESTED]
    gains = GainReport.objects.filter(project__application__in=files).order_by("period_start")
    assert list(gains.values_list("state", flat=True)) == ["verified", "submitted", "draft"]
    assert set(FollowUpReport.objects.values_list("state", flat=True)) >= set(FollowUpState) - {FollowUpState.WITHDRAWN, FollowUpState.DUE}


def the_journal_has_every_account_that_acted():
    acted = set(JournalEntry.objects.exclude(actor=None).values_list("actor__email", flat=True))
    silent = {Role.PAYMENT_AUTHORISER, Role.AUDITOR, Role.ADVISER, Role.TECHNICAL_ADMIN, Role.PRIVACY_OFFICER}
    acting = {account.email for account in ACCOUNTS if account.role not in silent}
    others = {account.email for account in ACCOUNTS} - acting
    assert (acting - acted <= {"finances.magog@exemple.quebec", "finances.rbq@exemple.quebec"}, acted & others) == (True, set())
    assert JournalEntry.objects.filter(at__gt=NOW).count() == 0
    assert Adviser.objects.get().person.email == "conseil@exemple.quebec"


def no_rule_is_broken(live_files):
    assert len(live_files) == len(FILES) + 3
    assert verify_database().faults == []
    assert [finding.invariant.code for finding in check() if finding.broken] == []
