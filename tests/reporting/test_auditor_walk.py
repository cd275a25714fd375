"""An auditor changes nothing: every address of the portal is posted to, with every identity of files that the auditor may read."""

import pytest
import time_machine
from django.test import Client
from django.urls import resolve

from projects.enums import Role
from projects.models import JournalEntry
from tests.factories import NOW, person_with
from tests.funding.test_recusal_walk import addresses, gather, world  # noqa: F401 — a fixture is used by its name
from tests.walks import known

pytestmark = pytest.mark.django_db
#: what an auditor may post: what they take out of the portal; a computation, which changes no fact; their own interest in a file;
#: and a link that opens nothing, whose refusal is the one thing written
ALLOWED = {
    "projects:staff_application_export",
    "projects:organisation_export",
    "reporting:audit_export",
    "reporting:export_create",
    "reporting:run_create",
    "funding:interest_declare",
    "projects:invitation_accept",
    "projects:incident_export",
}
#: one's own sign-in, sessions, password, language and data
OWN = ("account_", "mfa_", "identity_", "projects:session_", "set_language", "projects:own_", "projects:email_confirm")
#: pages that act on a file that the auditor reads: refused as not allowed, not merely as not found
REFUSED = {
    *(
        f"funding:agreement_{step}"
        for step in ("edit", "submit", "review", "return", "cancel", "suspend", "resume", "terminate", "complete", "close")
    ),
    "funding:agreement_draft",
    "funding:agreement_failure",
    "funding:agreement_risk",
    "reporting:follow_up_attach",
    "reporting:follow_up_cosign",
    "reporting:follow_up_section",
    "reporting:follow_up_sign",
    "reporting:follow_up_take_back",
    "reporting:follow_up_verify",
    "funding:agreement_sign",
    "funding:agreement_sign_minister",
    "funding:award_approve",
    "funding:award_certify",
    "funding:award_recommend",
    "funding:award_refuse",
    "funding:award_return",
    "funding:call_create",
    "funding:claim_decide",
    "funding:claim_edit",
    "funding:claim_examine",
    "funding:claim_submit",
    "funding:clause_publish",
    "funding:cofunding_create",
    "funding:signed_copy_record",
    "funding:eligibility_decide",
    "funding:letter_issue",
    "funding:hold_lift",
    "funding:hold_place",
    "funding:milestone_accept_partly",
    "funding:milestone_cancel",
    "funding:milestone_postpone",
    "funding:milestone_refuse",
    "funding:milestone_report",
    "funding:milestone_verify",
    "funding:payment_authorise",
    "funding:payment_certify",
    "funding:payment_confirm",
    "funding:payment_reject",
    "funding:payment_request",
    "funding:review_assign",
    "projects:invitation_create",
    "projects:exceptional_access_request",
    "projects:incident_create",
    "projects:membership_create",
    "projects:organisation_abolish",
    "projects:organisation_correct",
    "projects:organisation_create",
    "projects:organisation_merge",
    "projects:organisation_rename",
    "projects:token_create",
}


def answers(person, walked):
    """(view, address, status, acts written) of a POST to each address, but to one's own account."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    for address in walked:
        view = resolve(address.partition("?")[0]).view_name
        if not view or view.startswith(OWN):
            continue
        before = JournalEntry.objects.count()
        status = client.post(address, {}).status_code
        yield view, address, status, JournalEntry.objects.count() - before


def test_auditor_changes_nothing(world):  # noqa: F811
    gather(world)
    auditor = person_with(Role.AUDITOR)
    with time_machine.travel(NOW, tick=False), known(auditor):
        found = list(answers(auditor, addresses(world, of_kind=True)))
    others = [
        (view, address, status)
        for view, address, status, acts in found
        if view not in ALLOWED and (acts or status not in (401, 403, 404, 405))
    ]
    assert others == []
    assert REFUSED - {view for view, _address, status, _acts in found if status == 403} == set()
    assert len(found) > 100
