"""Who may do what: the matrix as a whole, and each rule asked for real by a person who holds one role only."""

import ast
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from funding.enums import BankState, MilestoneState, PaymentState
from funding.models import Claim, DelegationRule, Eligibility, Milestone, Payment, Recovery, RecoveryReceipt, SignedCopy, WriteOff
from funding.services.amendments import approve_amendment
from funding.services.batches import prepare_batch
from projects.enums import APPLICANT_ROLES, IncidentState, InterestAnswer, Role
from projects.models import ApiToken, BaselineVersion, Delegation, ExceptionalAccess, Incident, InterestDeclaration, Invitation
from projects.policies.rules import RULES, LacksRole, Where
from reporting.catalogue import REPORTS
from reporting.management.commands.draw_permissions import PAGE, draw
from reporting.models import FollowUpReport, Gain, GainRestatement, GainSampleItem, Overlap, ParameterMove, Renewal
from reporting.queries.permissions import MARKS, WITHOUT_RULE, every_rule, matrix, rule_of_act
from tests.factories import (
    NOW,
    CallFactory,
    MembershipFactory,
    OrganisationFactory,
    ReviewFactory,
    UnitFactory,
    UserFactory,
    agreement_in_force,
    award_certified,
    bank_details_of,
    person_with,
    reserved_call,
    verify_milestones,
)
from tests.factories import ApplicationFactory as Application
from tests.funding.amending import certified, proposed
from tests.funding.costs import proposed as proposed_cost
from tests.funding.credit import authority, frozen
from tests.reporting.gains import Team

#: the columns, in the order of `Role`; ● anywhere, ◐ in the organisation of the object, ○ what is entrusted, * anybody for what is theirs
COLUMNS = "WFS OARMCDHN KQPG UTYXI"
TABLE = """
own_account            *
confirm_email          *
propose_delegation     *
decide_delegation      ..◐ .....●●. .... .....
end_delegation         *
request_access         ... ........ .... ....●
decide_access          ... .....●●. .... .....
end_access             *
read_accesses          ... .....●●. .... ●.●.●
read_incidents         ... ......●. .... ●.●..
record_incident        ... ........ .... ..●..
edit_incident          ... ........ .... ..●..
export_incidents       ... ......●. .... ●.●..
create_organisation    ... ●....●.. .... .....
rename_organisation    ... ●....●.. .... .....
correct_organisation   ... ●....●.. .... .....
merge_organisations    ... .....●.. .... .....
abolish_organisation   ... .....●.. .... .....
export_organisations   *
grant_membership       ..◐ .....●.. .... .....
change_membership      ..◐ .....●.. .... .....
end_membership         ..◐ .....●.. .... .....
settle_invitation      ..◐ .....●.. .... .....
accept_invitation      *
remove_second_factor   *
end_session            *
unlink_identity        *
create_token           ●●● ●●●●●●●● ●●●● .●●●.
revoke_token           *
write_call             ... ●....... .... .....
decide_call            ... .....●.. .... .....
start_application      ◐◐◐ ........ .... .....
edit_application       ◐◐◐ ........ .... .....
submit_application     ..◐ ........ .... .....
transfer_application   ◐◐◐ ........ .... .....
read_files             ... ●●..●●●● ●●●● ●....
assign_adviser         ... .....●.. .... .....
decide_interest        ... ....●●.. .... .....
decide_eligibility     ... ●....... .... .....
confirm_ineligibility  ... ●....... .... .....
assign_reviewers       ... ●...●... .... .....
write_review           ... ..○○.... .... .....
take_part              ... ●●○○●●●● ●●●● ●....
recommend_award        ... ....●... .... .....
certify_award          ... ........ ●... .....
decide_award           ... .....●●● .... .....
return_award           ... .....●●● .... .....
issue_letter           ... ●....●.. .... .....
prepare_agreement      ... ●....... .... .....
review_agreement       ... ●....●.. .... .....
suspend_agreement      ... .....●●. .... .....
terminate_agreement    ... ......●● .... .....
close_agreement        ... ●....●.. .... .....
draft_agreement        ... ●....... .... .....
sign_for_beneficiary   ..◐ ........ .... .....
sign_for_minister      ... .....●●● .... .....
propose_amendment      ... ●....... .... .....
revise_amendment       ... ●....... .... .....
cancel_amendment       ... ●....●.. .... .....
certify_amendment      ... ........ ●... .....
decide_amendment       ... .....●●● .... .....
put_amendment_in_force ... .....●●● .... .....
read_clauses           ... ●....●●● ●... ●....
publish_clause         ... .....●●. .... .....
set_risk_tier          ... ●....●.. .... .....
document_failure       ... .....●.. .... .....
record_signed_copy     ... ●....... .... .....
decide_signed_copy     ... .....●●● .... .....
read_bank_details      ◐◐◐ ●....●●● ●●●. ●....
enter_bank_details     .◐◐ ........ .●.. .....
decide_bank_details    .◐◐ ........ ●●.. .....
prepare_batch          ... ........ .●.. .....
download_batch         ... ........ .●.. .....
settle_batch           ... ........ .●.. .....
import_returns         ... ........ .●.. .....
reverse_payment        ... ........ ●... .....
record_authority       ... ......●. ●... .....
bring_into_force       ... ......●● .... .....
record_cash            ... ........ ●... .....
set_cash_rule          ... ......●. .... .....
write_claim            ◐◐◐ ........ .... .....
submit_claim           .◐◐ ........ .... .....
decide_claim           ... ●....... .... .....
read_control           ... .....●●● ●... ●....
propose_cost           ... .....●.. .●.. .....
decide_cost_move       ... ......●. ●... .....
propose_credit_move    ... ......●. ●... .....
prepare_year_end       ... ........ ●... .....
decide_credit_move     ... ......●● .... .....
change_milestone       ... ●....... .... .....
hold_payments          ... .....●.. ●... .....
read_payments          ... ●....●●● ●●●. ●....
list_payments          ... ●....●●● ●●●. ●....
report_milestone       ◐◐◐ ........ .... .....
verify_milestone       ... ●....... .... .....
request_payment        ... ........ .●.. .....
certify_payment        ... ........ ●... .....
authorise_payment      ... ........ ..●. .....
confirm_payment        ... ........ .●.. .....
reject_payment         ... ........ ●●●. .....
record_cofunding       ... ●....... .... .....
open_recovery          ... ●....... ●... .....
decide_recovery        ... .....●●. .... .....
record_receipt         ... ........ .●.. .....
correct_receipt        ... ........ ●... .....
request_write_off      ... ........ ●... .....
decide_write_off       ... ......●● .... .....
ask_baseline           .◐. ........ .... .....
decide_baseline        ... .●...●.. .... .....
write_follow_up        ◐◐. ........ .... .....
cosign_follow_up       .◐. ........ .... .....
verify_follow_up       ... ●....... .... .....
report_gain            ◐◐. ........ .... .....
cosign_gain            .◐. ........ .... .....
verify_gain            ... ........ ...● .....
capture_gain           .◐. ........ ●... .....
record_results         ◐◐. ●....... .... .....
resolve_overlap        ... ........ ●..● .....
read_renewals          ... ●●..●●●● ●●●● ●....
open_renewal           ... ●....●.. .... .....
prepare_renewal        ... ●....●.. .... .....
decide_renewal         ... .....●●● .... .....
restate_gain           ◐◐. ........ .... .....
cosign_restatement     .◐. ........ .... .....
correct_capture        .◐. ........ ●... .....
draw_sample            ... ........ ...● .....
examine_item           ... ........ ...● .....
share_gain             ... ●....... .... .....
explain_variance       ◐◐. ........ .... .....
read_desk              ... ........ ...● ●....
read_journal           ... .....●●. .... ●....
export_journal         ... .....●●. .... ●....
propose_parameter      ... .....●.. ●... .....
decide_parameter       ... ......●● .... .....
read_imports           ... .....●●. ●... ●....
bring_portfolio        ... ........ ●... .....
read_reports           ... ●●..●●●● ●●●● ●....
read_catalogue         ... ●●..●●●● ●●●● ●.●..
compute_report         ... ●●..●●●● ●●●● ●.●..
export_report          ... ●●..●●●● ●●●● ●.●..
read_call_returns      ... ●●..●●●● ●●●● ●....
read_organisation_returns ◐◐◐ ●●..●●●● ●●●● ●....
"""


def drawn(rule):
    """The line of the table that a rule makes."""
    if not rule.places:
        return f"{rule.name:<22} *"
    marks = iter([MARKS[rule.places[role]] if role in rule.places else "." for role in Role])
    return f"{rule.name:<22} " + "".join(" " if column == " " else next(marks) for column in COLUMNS)


def test_matrix_is_the_one_that_was_decided():
    assert [drawn(rule) for rule in every_rule()] == TABLE.strip().splitlines()


def test_columns_of_the_table_are_the_roles():
    assert len(COLUMNS.replace(" ", "")) == len(Role)


def test_every_act_has_exactly_one_rule_or_a_reason_why_none_applies():
    acts = {
        node.name
        for path in Path(settings.BASE_DIR).glob("*/services/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and any(isinstance(each, ast.Name) and each.id == "act" for each in node.decorator_list)
    }
    ruled = rule_of_act()
    assert {act: names for act, names in ruled.items() if len(names) > 1} == {}
    assert sorted(acts) == sorted({*ruled, *WITHOUT_RULE})
    assert set(ruled) & set(WITHOUT_RULE) == set()


def test_document_is_drawn_from_the_rules():
    assert PAGE.read_text(encoding="utf-8") == draw(PAGE.read_text(encoding="utf-8"))


#: an amendment that the director approves, and one that the head approves, then the minister's delegate
DATES, AMOUNT = {"ends_on": date(2028, 3, 31)}, {"amount": Decimal(200_000)}
#: rules that are asked about nothing but the person
WITHOUT_OBJECT = (
    "create_token", "write_call", "read_files", "read_payments", "list_payments", "read_journal", "export_journal", "read_reports",
    "read_catalogue", "compute_report", "read_desk", "create_organisation", "request_access", "read_accesses", "read_incidents",
    "record_incident", "export_incidents", "propose_credit_move", "prepare_year_end", "record_authority", "record_cash", "set_cash_rule",
    "prepare_batch", "import_returns", "propose_cost", "read_control", "read_clauses", "publish_clause",
    "read_renewals", "propose_parameter",
    "read_imports", "bring_portfolio",
    "read_catalogue", "compute_report", "read_desk", "draw_sample", "create_organisation", "request_access", "read_accesses",
    "read_incidents", "record_incident", "export_incidents", "propose_credit_move", "prepare_year_end", "record_authority", "record_cash",
    "set_cash_rule", "prepare_batch", "import_returns", "propose_cost", "read_control", "read_clauses", "publish_clause",
)  # fmt: skip


# ── Each rule, asked for real ────────────────────────────────────────────────────────────────────────────────────────
class World:
    """One row of each kind at the step where its rules are asked, made by people who hold nothing else."""

    def __init__(self):
        self.team = Team()
        self.project, self.organisation = self.team.project, self.team.organisation
        self.application, self.agreement = self.project.application, self.project.agreement
        self.membership = MembershipFactory(organisation=self.organisation)
        self.overlap = Overlap(first_project=self.project, second_project=self.project, organisation=self.organisation)
        self.call = CallFactory()
        self.invitation = Invitation(organisation=self.organisation, role=Role.WRITER, invited_by=UserFactory())
        self.delegations = [self._delegation(self.membership), self._delegation(MembershipFactory(role=Role.DIRECTOR))]
        self.access = ExceptionalAccess(person=UserFactory(), application=self.application, requested_at=NOW)
        self.token = ApiToken.objects.create(
            person=UserFactory(),
            name="Essai",
            prefix="fip_",
            sha256="0" * 64,
            scopes=["read:calls"],
            created_at=NOW,
            expires_on=date(2027, 1, 1),
        )
        self.declaration = InterestDeclaration.objects.create(
            application=self.application, person=UserFactory(), answer=InterestAnswer.POTENTIAL, explanation="Parenté", declared_at=NOW
        )
        self.eligibility = Eligibility.objects.create(
            application=self.application, is_eligible=False, reason="Hors visée", decided_by=UserFactory(), decided_at=NOW
        )
        amounts = (Decimal(40_000), Decimal(400_000), Decimal(1_000_000))
        self.awards = [
            award_certified(
                Application(call=reserved_call(), state="recommended", amount_requested=amount, total_cost=2 * amount), amount=amount
            )
            for amount in amounts
        ]
        self.planned, self.reported = self.agreement.milestones.order_by("position")
        Milestone.objects.filter(pk=self.reported.pk).update(state=MilestoneState.REPORTED, reported_by=UserFactory(), reported_at=NOW)
        self.reported.refresh_from_db()
        self.instalment = self.agreement.instalments.order_by("position")[0]
        self.payments = dict(zip((PaymentState.REQUESTED, PaymentState.CERTIFIED, PaymentState.AUTHORISED), self._payments(), strict=True))
        bank_details_of(self.payments[PaymentState.AUTHORISED].instalment.agreement.project.organisation)
        requester = person_with(Role.PAYMENT_REQUESTER)
        self.batch = prepare_batch(payment_ids=[self.payments[PaymentState.AUTHORISED].pk], actor=requester, now=NOW)
        self.bank = bank_details_of(self.organisation, state=BankState.ENTERED, decided_by=None, decided_at=None)
        self.move, self.authority = frozen(Decimal("1000.00"), actor=person_with(Role.HEAD)), authority(actor=person_with(Role.HEAD))
        self.cost_move = proposed_cost()
        periods = [(date(2026, month, 1), date(2026, month, 28)) for month in (4, 5, 6)]
        self.amendments = [proposed(self.agreement, **change) for change in (DATES, AMOUNT, AMOUNT)]
        approve_amendment(amendment_id=certified(self.amendments[2]).pk, actor=person_with(Role.HEAD), now=NOW)
        self.draft = self.team.report(period_start=periods[0][0], period_end=periods[0][1])
        self.submitted = self.team.submitted(period_start=periods[1][0], period_end=periods[1][1])
        self.verified = self.team.verify(self.team.submitted(period_start=periods[2][0], period_end=periods[2][1]))
        band = {"above": Decimal(600_000), "up_to": Decimal(700_000), "instrument": "lettre", "source": "essai"}
        DelegationRule.objects.create(valid_from=NOW.date(), approvals=[Role.HEAD], **band)  # where the head is the last level

    def _delegation(self, source):
        return Delegation(source=source, holder=source.person, delegate=UserFactory(), proposed_by=source.person)

    def _payments(self):
        steps = [{}, {"certified_by": UserFactory(), "certified_at": NOW}]
        steps.append({**steps[1], "authorised_by": UserFactory(), "authorised_at": NOW})
        states = (PaymentState.REQUESTED, PaymentState.CERTIFIED, PaymentState.AUTHORISED)
        attested = dict.fromkeys(("attests_legal_basis", "attests_credit", "attests_due"), True)
        paid = agreement_in_force()
        verify_milestones(paid)
        for index, instalment in enumerate(paid.instalments.order_by("position")):
            yield Payment.objects.create(
                number=f"VER-2026-7000{index}", instalment=instalment, amount=instalment.amount, fiscal_year=2026, state=states[index],
                requested_by=UserFactory(), requested_at=NOW, **attested, **steps[index],
            )  # fmt: skip

    def entrusted(self, person):
        """A review that is this person's, whose file they opened."""
        review = ReviewFactory(reviewer=person)
        InterestDeclaration.objects.create(application=review.application, person=person, answer=InterestAnswer.NONE, declared_at=NOW)
        return review

    def objects(self, rule, person):
        """What each rule is asked about: the arguments between the person and the clock, once for each object that may say yes."""
        payments = self.payments
        found = {
            "grant_membership": [(self.organisation, Role.WRITER)],
            "change_membership": [(self.membership,)],
            "end_membership": [(self.membership,)],
            "settle_invitation": [(self.invitation,)],
            "decide_delegation": [(one,) for one in self.delegations],
            "rename_organisation": [(self.organisation,)],
            "read_call_returns": [(self.call,)],
            "read_organisation_returns": [(self.organisation,)],
            "correct_organisation": [(self.organisation,)],
            "merge_organisations": [(self.organisation,)],
            "abolish_organisation": [(self.organisation,)],
            "decide_access": [(self.access,)],
            "edit_incident": [(Incident(state=IncidentState.OPEN),)],
            "transfer_application": lambda: [
                (Application.build(organisation=self.organisation, call=self.call, state="draft", responsible=person),)
            ],
            "export_report": [(report,) for report in REPORTS.values()],
            "decide_call": [(self.call,)],
            "start_application": [(self.organisation,)],
            "decide_interest": [(self.declaration,)],
            "confirm_ineligibility": [(self.eligibility,)],
            "write_review": lambda: [(self.entrusted(person),)],  # made for its own rule only
            "take_part": lambda: [(self.application,), (self.entrusted(person).application,)],
            "draft_agreement": [(self.awards[0],)],
            "certify_award": [(self.awards[0],)],
            "issue_letter": [(self.awards[0],)],
            "decide_award": [(award,) for award in self.awards],
            "return_award": [(award,) for award in self.awards],
            "sign_for_beneficiary": [(self.agreement,)],
            **{f"{name}_agreement": [(self.agreement,)] for name in ("prepare", "review", "suspend", "terminate", "close")},
            "sign_for_minister": [(self.agreement,)],
            "record_signed_copy": [(self.agreement,)],
            "decide_signed_copy": [(SignedCopy(agreement=self.agreement, state="recorded"),)],
            "propose_amendment": [(self.agreement,)],
            **{name: [(self.amendments[0],)] for name in ("revise_amendment", "cancel_amendment", "certify_amendment")},
            "decide_amendment": [(amendment,) for amendment in self.amendments],
            "put_amendment_in_force": [(self.amendments[0],)],
            "report_milestone": [(self.planned,)],
            "verify_milestone": [(self.reported,)],
            "change_milestone": [(self.planned,)],
            "write_claim": [(self.agreement.instalments.get(kind="milestone"),)],
            "submit_claim": [(Claim(instalment=self.agreement.instalments.get(kind="milestone"), state="draft"),)],
            "decide_claim": [(Claim(instalment=self.agreement.instalments.get(kind="milestone"), state="submitted"),)],
            "hold_payments": [(self.agreement,)],
            "request_payment": [(self.instalment,)],
            "certify_payment": [(payments[PaymentState.REQUESTED],)],
            "authorise_payment": [(payments[PaymentState.CERTIFIED],)],
            "confirm_payment": [(Payment(instalment=self.instalment, state=PaymentState.TRANSMITTED),)],
            "reverse_payment": [(Payment(instalment=self.instalment, state=PaymentState.CONFIRMED),)],
            "read_bank_details": [(self.organisation,)],
            "enter_bank_details": [(self.organisation,)],
            "decide_bank_details": [(self.bank,)],
            "download_batch": [(self.batch,)],
            "settle_batch": [(self.batch,)],
            "reject_payment": [(payments[PaymentState.REQUESTED],)],
            "record_cofunding": [(self.project,)],
            "open_recovery": [(self.agreement,)],
            "decide_recovery": [(Recovery(agreement=self.agreement, state="established"),)],
            "record_receipt": [(Recovery(agreement=self.agreement, state="claimed"),)],
            "correct_receipt": [(RecoveryReceipt(recovery=Recovery(agreement=self.agreement, state="claimed")),)],
            "request_write_off": [(Recovery(agreement=self.agreement, state="claimed"),)],
            "decide_write_off": [(WriteOff(recovery=Recovery(agreement=self.agreement), original_role="director"),)],
            "decide_cost_move": [(self.cost_move,)],
            "decide_credit_move": [(self.move,)],
            "bring_into_force": [(self.authority,)],
            "set_risk_tier": [(self.agreement,)],
            "document_failure": [(self.agreement,)],
            "write_follow_up": [(self.project,)],
            "cosign_follow_up": [(FollowUpReport(project=self.project, agreement=self.agreement),)],
            "verify_follow_up": [(FollowUpReport(project=self.project, agreement=self.agreement),)],
            "report_gain": [(self.project,)],
            "cosign_gain": [(self.draft,)],
            "verify_gain": [(self.submitted,)],
            "capture_gain": [(self.verified,)],
            "ask_baseline": [(self.project,)],
            "decide_baseline": [(self.project, BaselineVersion(line=self.verified.line, number=2))],
            "record_results": [(self.project,)],
            "resolve_overlap": [(self.overlap,)],
            "share_gain": [(self.project,)],
            "restate_gain": [(self.verified,)],
            "cosign_restatement": [(GainRestatement(report=self.verified),)],
            "correct_capture": [(self.verified,)],
            "open_renewal": [(self.project,)],
            "prepare_renewal": [(Renewal(project=self.project),)],
            "decide_renewal": [
                (Renewal(project=self.project, state="recommended", recommended_amount=amount),) for amount in (40_000, 650_000, 1_000_000)
            ],
            "explain_variance": [(self.project,)],
            "decide_parameter": [(ParameterMove(state="proposed", proposed_by=UserFactory()),)],
            "examine_item": [(GainSampleItem(gain=Gain(project=self.project)),)],
            **{name: [()] for name in WITHOUT_OBJECT},
        }.get(rule.name, [(self.application,)])
        return found() if callable(found) else found


def policy_of(rule):
    module = __import__(rule.written_at[0], fromlist=["_"])
    return getattr(module, rule.name)


def answers(world, rule, person):
    return [policy_of(rule)(person, *given, NOW) for given in world.objects(rule, person)]


@pytest.fixture
def world():
    return World()


@pytest.mark.django_db
def test_each_rule_refuses_by_role_exactly_where_the_table_says_so(world):
    wrong = []
    for role in Role:
        places = (world.organisation, OrganisationFactory()) if role in APPLICANT_ROLES else (UnitFactory(), UnitFactory())
        here, elsewhere = (person_with(role, organisation=place) for place in places)
        for rule in every_rule():
            if not rule.places:
                continue
            given, outside = answers(world, rule, here), answers(world, rule, elsewhere)
            lacks = [all(one.error is LacksRole and not one for one in each) for each in (given, outside)]
            expected = {None: [True, True], Where.INSIDE: [False, True]}.get(rule.places.get(role), [False, False])
            accepted = any([*given, *outside])
            if lacks != expected or accepted != (role in rule.places):
                wrong.append((rule.name, str(role), lacks, accepted))
    assert wrong == []


@pytest.mark.django_db
def test_rule_of_anybody_is_for_what_is_theirs(world):
    rule = next(rule for rule in every_rule() if rule.name == "revoke_token")
    assert policy_of(rule)(world.token.person, world.token).allowed
    assert not any(policy_of(rule)(person_with(role), world.token) for role in Role)


@pytest.mark.django_db
def test_a_person_without_a_role_is_refused_everything(world):
    allowed = [
        rule.name for rule in every_rule() if rule.places for person in (UserFactory(), person_with(Role.OFFICER, is_active=False))
        if any(answers(world, rule, person))
    ]  # fmt: skip
    assert allowed == []


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.django_db
def test_page_is_for_any_signed_in_person_and_nobody_else(client):
    address = reverse("reporting:permission_list")
    assert client.get(address).status_code == 302
    client.force_login(UserFactory())
    response = client.get(address)
    assert response.status_code == 200
    shown = response.content.decode()
    assert [str(rule.sentence) for rule in every_rule() if str(rule.sentence) not in shown] == []
    assert shown.count('<span class="mark" aria-hidden="true">') == sum(len(rule.places) for rule in every_rule()) + len(Where)


@pytest.mark.django_db
def test_page_for_one_role_shows_what_it_may_do(client):
    client.force_login(UserFactory())
    response = client.get(reverse("reporting:permission_list"), {"role": "controller"})
    names = [row.rule.name for _subject, rows in response.context["groups"] for row in rows]
    expected = [rule.name for rule in every_rule() if Role.CONTROLLER in rule.places or not rule.places]
    assert names == expected
    assert "certify_award" in names
    assert "verify_gain" not in names


@pytest.mark.django_db
def test_unknown_role_is_said_next_to_its_field_and_all_are_shown(client):
    client.force_login(UserFactory())
    response = client.get(reverse("reporting:permission_list"), {"role": "empereur"})
    assert "role" in response.context["filter_form"].errors
    assert len(response.context["roles"]) == len(Role)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?role=auditor"])
def test_page_reads_nothing_but_the_session_and_the_person(client, django_assert_num_queries, query):
    client.force_login(person_with(Role.OFFICER))
    with django_assert_num_queries(6):  # session, person, roles, and the read-only transaction's three statements
        client.get(reverse("reporting:permission_list") + query)


@pytest.mark.django_db
def test_file_holds_every_rule_and_the_place_of_each_role(client):
    client.force_login(UserFactory())
    response = client.get(reverse("reporting:permission_export"))
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert response["Content-Disposition"] == 'attachment; filename="qui-peut-quoi.csv"'
    assert lines[0].split(";") == ["Objet", "Règle", "Actes", *(str(role.label) for role in Role)]
    assert len(lines) == len(every_rule()) + 1
    [line] = [line for line in lines if "cosigne un gain" in line]
    assert line.split(";")[3:] == ["", "dans son organisme", *[""] * (len(Role) - 2)]
    [own] = [line for line in lines if "révoque ses propres jetons" in line]
    assert set(own.split(";")[3:]) == {"toute personne, pour ce qui est à elle"}


@pytest.mark.django_db
def test_file_is_not_for_anonymous_readers(client):
    assert client.get(reverse("reporting:permission_export")).status_code == 302


# ── Separation that the table itself holds ───────────────────────────────────────────────────────────────────────────
#: what an auditor may do: read, take out of the portal, have computed, and say that a file concerns them
AUDITED = {
    "read_files", "take_part", "read_payments", "list_payments", "read_journal", "export_journal", "read_reports", "read_catalogue",
    "compute_report", "export_report", "read_accesses", "read_incidents", "export_incidents",
    "read_bank_details", "read_control", "read_clauses", "read_desk", "read_call_returns", "read_organisation_returns", "read_imports",
    "read_renewals",
}  # fmt: skip


def test_sd9_auditor_holds_no_rule_that_changes_a_file():
    assert {rule.name for rule in every_rule() if Role.AUDITOR in rule.places} == AUDITED


#: a technical administrator asks for an exceptional access, and reads the list of their own
WATCHING = {"request_access", "read_accesses"}


def test_sd10_technical_administrator_holds_no_business_rule():
    assert {rule.name for rule in every_rule() if Role.TECHNICAL_ADMIN in rule.places} == WATCHING
    shown = [row.rule.name for _subject, rows in matrix(Role.TECHNICAL_ADMIN) for row in rows if not row.is_everybody_s]
    assert set(shown) == WATCHING


@pytest.mark.django_db
def test_sd10_every_policy_refuses_the_technical_administrator(world):
    person = person_with(Role.TECHNICAL_ADMIN, organisation=UnitFactory())
    assert {rule.name for rule in every_rule() if rule.places and any(answers(world, rule, person))} == WATCHING
    assert len(RULES) > 40
