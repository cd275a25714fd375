"""What every address of the portal answers to whom: one line a route, and one more for each stage at which it answers otherwise.

A line names the route, the place that its address points to (`tests/access/world.py`), its methods, then what it answers: to nobody,
to anybody signed in, then to those for whom it differs (names of `GROUPS` and `FAMILIES`; the last word counts). `200/422` is 200 to a
GET and 422 to a POST with an empty form; one number is for both. To nobody, 302 is the way to the sign-in page; to others, an act done.
A method that a line does not name answers 405 — 401 to nobody where reading needs a token.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from projects.enums import Role

#: people whose answers are the same: where they hold their roles, and which ones. One of the roles is walked, the others are proven equal.
#: `own`: in the organisation whose files are asked for; `other`: in another one; `assigned`: with one of its files to review
GROUPS: dict[str, tuple[str, tuple[Role, ...]]] = {
    "outsider": ("unit", ()),
    "writer": ("own", (Role.WRITER,)),
    "finance": ("own", (Role.FINANCE_RESPONDENT,)),
    "signatory": ("own", (Role.SIGNATORY,)),
    "other": ("other", (Role.WRITER, Role.FINANCE_RESPONDENT, Role.SIGNATORY)),
    "assigned": ("assigned", (Role.REVIEWER,)),
    "reviewer": ("unit", (Role.REVIEWER,)),
    "committee_member": ("unit", (Role.COMMITTEE_MEMBER,)),
    "officer": ("unit", (Role.OFFICER,)),
    "adviser": ("unit", (Role.ADVISER,)),
    "secretary": ("unit", (Role.COMMITTEE_SECRETARY,)),
    "director": ("unit", (Role.DIRECTOR,)),
    "head": ("unit", (Role.HEAD,)),
    "delegate": ("unit", (Role.MINISTER_DELEGATE,)),
    "controller": ("unit", (Role.CONTROLLER,)),
    "requester": ("unit", (Role.PAYMENT_REQUESTER,)),
    "authoriser": ("unit", (Role.PAYMENT_AUTHORISER,)),
    "verifier": ("unit", (Role.GAIN_VERIFIER,)),
    "auditor": ("unit", (Role.AUDITOR,)),
    "privacy": ("unit", (Role.PRIVACY_OFFICER,)),
    "technical": ("unit", (Role.TECHNICAL_ADMIN,)),
    "others": ("unit", (Role.STATISTICIAN, Role.ARCHIVIST)),
}
_APPLICANTS = ("writer", "finance", "signatory")
_PAYERS = ("officer", "director", "head", "delegate", "controller", "requester", "authoriser", "auditor")
_READERS = (*_PAYERS, "adviser", "secretary", "verifier")
FAMILIES: dict[str, tuple[str, ...]] = {
    "own": _APPLICANTS,
    "minister": ("director", "head", "delegate"),
    "payers": _PAYERS,
    "readers": _READERS,
    "bookkeepers": ("director", "head", "controller", "auditor"),
    "insiders": (*_APPLICANTS, *_READERS),
    "reviewers": ("assigned", "reviewer", "committee_member"),
}
#: places that belong to an organisation: to anybody of another one, they do not exist
SHARED_PLACES = frozenset(
    {
        "-",
        "access",
        "authority",
        "batch",
        "call",
        "call_draft",
        "call_submitted",
        "cash",
        "cell",
        "clause",
        "cost",
        "cost_move",
        "credit_move",
        "incident",
        "fund_file",
        "invitation_link",
        "parameter",
        "parameter_kind",
        "password",
        "sample",
        "sample_item",
    }
    | {"import_ready", "import_ready_file", "import_refused"}
    | {"register", "report", "run", "year_end"}
)


@dataclass(frozen=True, slots=True)
class Line:
    route: str
    place: str
    answers: dict[str, dict[str, int]]

    def answer(self, method: str, who: str) -> int:
        return self.answers[method][who]


def lines() -> Iterator[Line]:
    """The lines of the table. Raises KeyError for a name that is nobody's."""
    for text in filter(None, map(str.strip, TABLE.splitlines())):
        route, place, methods, said = (part.strip() for part in text.split("|"))
        yield Line(route, place, {method: _answers(said, method, methods.split()) for method in ("GET", "POST")})


def _answers(said: str, method: str, methods: list[str]) -> dict[str, int]:
    nobody, anybody, *others = said.split()
    if method not in methods:
        return {"nobody": 401 if nobody == "401" else 405, **dict.fromkeys(GROUPS, 405)}
    found = {"nobody": _status(nobody, method), **dict.fromkeys(GROUPS, _status(anybody, method))}
    for other in others:
        names, status = other.split(":")
        for name in names.split(","):
            found |= dict.fromkeys(FAMILIES.get(name, (name,)), _status(status, method))
    unknown = set(found) - {"nobody", *GROUPS}
    if unknown:
        raise KeyError(unknown)
    return found


def _status(said: str, method: str) -> int:
    get, _slash, post = said.partition("/")
    return int(post or get if method == "POST" else get)


TABLE = """
account_change_password              | -                  | GET POST | 302 200
account_inactive                     | -                  | GET      | 200 200
account_login                        | -                  | GET POST | 200 302
account_logout                       | -                  | GET POST | 302 200/302
account_reauthenticate               | -                  | GET POST | 302 200
account_reset_password               | -                  | GET POST | 200 200
account_reset_password_done          | -                  | GET      | 200 200
account_reset_password_from_key      | password           | GET POST | 200 200
account_reset_password_from_key_done | -                  | GET      | 200 200
account_signup                       | -                  | GET POST | 200 302
health                               | -                  | GET      | 200 200
identity_callback                    | -                  | GET      | 404 404
identity_login                       | -                  | POST     | 404 404
identity_unlink                      | factor             | GET POST | 302 404
mfa_activate_totp                    | -                  | GET POST | 302 200
mfa_add_webauthn                     | -                  | GET POST | 302 200
mfa_authenticate                     | -                  | GET POST | 302 302
mfa_deactivate_totp                  | -                  | GET POST | 302 302
mfa_download_recovery_codes          | -                  | GET POST | 302 404
mfa_edit_webauthn                    | factor             | GET POST | 302 404
mfa_generate_recovery_codes          | -                  | GET POST | 302 200
mfa_index                            | -                  | GET POST | 302 200/405
mfa_login_webauthn                   | -                  | GET POST | 302 302
mfa_reauthenticate                   | -                  | GET POST | 302 302
mfa_reauthenticate_webauthn          | -                  | GET POST | 302 302
mfa_remove                           | factor             | GET POST | 302 404
mfa_totp_picture                     | -                  | GET      | 302 404
mfa_view_recovery_codes              | -                  | GET POST | 302 404/405
set_language                         | -                  | GET POST | 302 302
api:(none)                           | -                  | GET      | 404 404
api:agreement-detail                 | project            | GET      | 401 404 insiders:200
api:agreement-list                   | -                  | GET      | 401 200
api:application-detail               | submitted          | GET      | 401 404 insiders:200
api:application-list                 | -                  | GET      | 401 200
api:award-detail                     | approved           | GET      | 401 404 readers:200
api:award-detail                     | told               | GET      | 401 404 insiders:200
api:award-list                       | -                  | GET      | 401 200
api:call-detail                      | call               | GET      | 200 200
api:call-list                        | -                  | GET      | 200 200
api:documentation                    | -                  | GET      | 200 200
api:followupreport-detail            | follow_up_submitted | GET      | 401 404 insiders:200
api:followupreport-list              | -                  | GET      | 401 200
api:gainreport-detail                | gain_verified      | GET      | 401 404 insiders:200
api:gainreport-list                  | -                  | GET      | 401 200
api:payment-detail                   | payment_requested  | GET      | 401 404 insiders:403 payers:200
api:payment-list                     | -                  | GET      | 401 403 payers:200
api:project-detail                   | project            | GET      | 401 404 insiders:200
api:project-list                     | -                  | GET      | 401 200
api:roi-projects                     | -                  | GET      | 401 403 readers:200
api:variances                        | -                  | GET      | 401 403 readers:200
api:schema                           | -                  | GET      | 200 200
projects:accessibility               | -                  | GET      | 200 200
projects:account                     | -                  | GET      | 302 200
projects:application_check           | draft              | GET POST | 302 404 own:200/403 signatory:200/422
projects:application_content         | draft              | GET      | 302 404
projects:application_content         | submitted          | GET      | 302 404 insiders:200
projects:application_detail          | draft              | GET      | 302 404 own:200
projects:application_list            | -                  | GET      | 302 200
projects:application_pdf             | submitted          | GET      | 302 404 insiders:200
projects:application_start           | call               | GET POST | 302 403 other:200/422 own:200/422
projects:application_transfer        | draft              | GET POST | 302 404 writer,finance:403 signatory:200/422
projects:call_detail                 | call               | GET      | 200 200
projects:call_list                   | -                  | GET      | 200 200
projects:contact                     | -                  | GET      | 200 200
projects:delegation_approve          | delegation         | GET POST | 302 404 signatory,director:200/302
projects:delegation_create           | membership         | GET POST | 302 404 insiders:403 signatory,director:200/422
projects:delegation_end              | delegation         | GET POST | 302 404 signatory,director:200/302
projects:delegation_list             | -                  | GET      | 302 200
projects:delegation_refuse           | delegation         | GET POST | 302 404 signatory,director:200/422
projects:document_attach             | draft              | GET POST | 302 404 own:302/422
projects:document_download           | document           | GET      | 302 404 insiders:200
projects:document_remove             | draft              | GET POST | 302 404 own:200/302
projects:email_confirm               | email              | GET POST | 302 404
projects:exceptional_access_decide   | access             | GET POST | 302 403 director,head:200/422 technical:404
projects:exceptional_access_detail   | access             | GET      | 302 403 director,head,auditor,privacy:200 technical:404
projects:exceptional_access_end      | access             | POST     | 302 403 technical:404
projects:exceptional_access_list     | -                  | GET      | 302 403 director,head,auditor,privacy,technical:200
projects:exceptional_access_request  | -                  | GET POST | 302 403 technical:200/422
projects:home                        | -                  | GET      | 200 200
projects:incident_close              | incident           | GET POST | 302 403 privacy:200/409
projects:incident_create             | -                  | GET POST | 302 403 privacy:200/422
projects:incident_detail             | incident           | GET      | 302 403 head,auditor,privacy:200
projects:incident_edit               | incident           | GET POST | 302 403 privacy:200/422
projects:incident_export             | -                  | POST     | 302 403 head,auditor,privacy:200
projects:incident_list               | -                  | GET      | 302 403 head,auditor,privacy:200
projects:invitation_accept           | invitation_link    | GET POST | 200/422 403
projects:invitation_create           | organisation       | GET POST | 302 404 insiders:403 signatory,director:200/422
projects:invitation_resend           | invitation         | GET POST | 302 404 insiders:403 signatory,director:200/302
projects:invitation_revoke           | invitation         | GET POST | 302 404 insiders:403 signatory,director:200/302
projects:membership_create           | organisation       | GET POST | 302 404 insiders:403 signatory,director:200/422
projects:membership_edit             | membership         | GET POST | 302 404 insiders:403 signatory,director:200/422
projects:membership_end              | membership         | GET POST | 302 404 insiders:403 signatory,director:200/302
projects:organisation_abolish        | register           | GET POST | 302 403 director:200/422
projects:organisation_correct        | register           | GET POST | 302 403 officer,director:200/422
projects:organisation_create         | -                  | GET POST | 302 403 officer,director:200/422
projects:organisation_detail         | register           | GET      | 302 200
projects:organisation_export         | -                  | POST     | 302 200
projects:organisation_list           | -                  | GET      | 302 200
projects:organisation_merge          | register           | GET POST | 302 403 director:200/422
projects:organisation_rename         | register           | GET POST | 302 403 officer,director:200/422
projects:own_data                    | -                  | GET      | 302 200
projects:own_data_export             | -                  | POST     | 302 200
projects:own_email                   | -                  | GET POST | 302 200/422
projects:own_name                    | -                  | GET POST | 302 200/422
projects:privacy                     | -                  | GET      | 200 200
projects:section_detail              | draft              | GET POST | 302 404 own:200/422
projects:session_end                 | session            | GET POST | 302 404
projects:session_end_others          | -                  | GET POST | 302 200/302
projects:session_list                | -                  | GET      | 302 200
projects:session_state               | -                  | GET POST | 401 200/302
projects:staff_application_export    | -                  | POST     | 302 403 readers:200
projects:staff_application_list      | -                  | GET      | 302 403 readers:200
projects:staff_call_list             | -                  | GET      | 302 403 readers:200
projects:token_create                | -                  | GET POST | 302 200/422 outsider,auditor,technical:403
projects:token_list                  | -                  | GET      | 302 200
projects:token_revoke                | token              | GET POST | 302 404
projects:workspace                   | -                  | GET      | 302 302
funding:adviser_assign               | submitted          | GET POST | 302 404 readers:403 director:200/422
funding:agreement_cancel             | drafted            | GET POST | 302 404 insiders:403 officer:200/422
funding:agreement_close              | completed          | GET POST | 302 404 insiders:403 officer,director:200/302
funding:agreement_complete           | project            | GET POST | 302 404 insiders:403 officer,director:200/409
funding:agreement_detail             | project            | GET      | 302 404 insiders:200
funding:agreement_draft              | told               | GET POST | 302 404 insiders:403 officer:200/422
funding:agreement_edit               | drafted            | GET POST | 302 404 insiders:403 officer:200/422
funding:agreement_failure            | project            | GET POST | 302 404 insiders:403 director:200/422
funding:agreement_list               | -                  | GET      | 302 200
funding:agreement_resume             | suspended          | GET POST | 302 404 insiders:403 director,head:200/302
funding:agreement_return             | to_review          | GET POST | 302 404 insiders:403 officer,director:200/422
funding:agreement_review             | to_review          | GET POST | 302 404 insiders:403 officer,director:200/422
funding:agreement_risk               | project            | GET POST | 302 404 insiders:403 officer,director:200/422
funding:agreement_sign               | reviewed_draft     | GET POST | 302 404 insiders:403 signatory:200/422
funding:agreement_sign_minister      | signed             | GET POST | 302 404 insiders:403 minister:200/422
funding:agreement_submit             | drafted            | GET POST | 302 404 insiders:403 officer:200/302
funding:agreement_suspend            | project            | GET POST | 302 404 insiders:403 director,head:200/422
funding:agreement_terminate          | project            | GET POST | 302 404 insiders:403 head,delegate:200/422
funding:agreement_certificate        | project            | GET      | 302 404 insiders:200
funding:agreement_text               | project            | GET      | 302 404 insiders:200
funding:amendment_detail             | amendment          | GET      | 302 404 readers:200
funding:amendment_propose            | project            | GET POST | 302 404 insiders:403 officer:200/422
funding:amendment_revise             | amendment          | GET POST | 302 404 readers:403 officer:200/422
funding:amendment_step               | amendment          | GET POST | 302 404 readers:403 director:200/302
funding:application_detail           | submitted          | GET      | 302 404 readers:200
funding:authority_adopt              | authority          | GET POST | 302 403 head,controller:200/422
funding:authority_force              | authority          | GET POST | 302 403 head,delegate:200/422
funding:authority_record             | -                  | GET POST | 302 403 head,controller:200/422
funding:award_approve                | certified          | GET POST | 302 404 readers:403 head:200/302
funding:award_certify                | recommended        | GET POST | 302 404 readers:403 controller:200/302
funding:award_decision               | approved           | GET      | 302 404
funding:award_decision               | told               | GET      | 302 404 own:200
funding:award_detail                 | told               | GET      | 302 404 own:403 readers:200
funding:award_list                   | -                  | GET      | 302 403 readers:200
funding:award_ranking                | call               | GET      | 302 403 readers:200
funding:award_recommend              | reviewed           | GET POST | 302 404 readers:403 secretary:200/422
funding:award_refuse                 | certified          | GET POST | 302 404 readers:403 head:200/422
funding:award_return                 | certified          | GET POST | 302 404 readers:403 head:200/422
funding:bank_confirm                 | bank               | GET POST | 302 404 insiders:403 finance,signatory,requester,controller:200/422
funding:bank_detail                  | bank               | GET      | 302 404 insiders:403 own:200 payers:200
funding:bank_enter                   | bank               | GET POST | 302 404 insiders:403 finance,signatory,requester:200/422
funding:bank_refuse                  | bank               | GET POST | 302 404 insiders:403 finance,signatory,requester,controller:200/422
funding:batch_cancel                 | batch              | GET POST | 302 403 requester:200/422
funding:batch_create                 | -                  | GET POST | 302 403 requester:200/422
funding:batch_detail                 | batch              | GET      | 302 403 payers:200
funding:batch_download               | batch              | POST     | 302 403 requester:200
funding:batch_list                   | -                  | GET      | 302 403 payers:200
funding:batch_transmit               | batch              | GET POST | 302 403 requester:200/302
funding:call_approve                 | call_submitted     | GET POST | 302 404 readers:403 director:200/302 auditor:404
funding:call_create                  | -                  | GET POST | 302 403 officer:200/422
funding:call_detail                  | call               | GET      | 302 403 readers:200
funding:call_edit                    | call_draft         | GET POST | 302 404 readers:403 officer:200/422 auditor:404
funding:call_return                  | call_submitted     | GET POST | 302 404 readers:403 director:200/422 auditor:404
funding:call_submit                  | call_draft         | GET POST | 302 404 readers:403 officer:200/302 auditor:404
funding:claim_decide                 | claim_examined     | GET POST | 302 404 insiders:403 officer:200/422
funding:claim_detail                 | claim_submitted    | GET      | 302 404 insiders:200
funding:claim_edit                   | instalment_claimed | GET POST | 302 404 own:200/422 readers:403
funding:claim_examine                | claim_submitted    | GET POST | 302 404 insiders:403 officer:200/302
funding:claim_list                   | -                  | GET      | 302 200
funding:claim_submit                 | claim              | GET POST | 302 404 insiders:403 finance,signatory:200/422
funding:cash_detail                  | -                  | GET      | 302 403 payers:200
funding:cash_record                  | -                  | GET POST | 302 403 controller:200/422
funding:cash_reverse                 | cash               | GET POST | 302 403 controller:200/302
funding:cash_rule_set                | -                  | GET POST | 302 403 head:200/422
funding:clause_detail                | clause             | GET      | 302 403 officer,director,head,delegate,controller,auditor:200
funding:clause_list                  | -                  | GET      | 302 403 officer,director,head,delegate,controller,auditor:200
funding:clause_publish               | -                  | GET POST | 302 403 director,head:200/422
funding:cofunding_create             | project            | GET POST | 302 404 insiders:403 officer:200/422
funding:cost_decide                  | cost_move          | GET POST | 302 403 head,controller:200/422
funding:cost_detail                  | cost               | GET      | 302 403 payers:200
funding:cost_entry                   | cost               | GET POST | 302 403 director,requester:200/422
funding:cost_forecast                | -                  | GET POST | 302 403 director,requester:200/422
funding:cost_propose                 | -                  | GET POST | 302 403 director,requester:200/422
funding:credit_move_approve          | credit_move        | GET POST | 302 403 head,delegate:200/302
funding:credit_move_detail           | credit_move        | GET      | 302 403 payers:200
funding:credit_move_list             | -                  | GET      | 302 403 payers:200
funding:credit_move_propose          | -                  | GET POST | 302 403 head,controller:200/422
funding:credit_move_refuse           | credit_move        | GET POST | 302 403 head,delegate:200/422
funding:eligibility_confirm          | ineligible         | GET POST | 302 404 readers:403 officer:200/302
funding:eligibility_decide           | submitted          | GET POST | 302 404 readers:403 officer:200/422
funding:envelope_list                | -                  | GET      | 302 403 payers:200
funding:interest_decide              | declaration        | GET POST | 302 404 readers:403 secretary,director:200/422
funding:interest_declare             | submitted          | GET POST | 302 404 readers:200/422
funding:ledger_list                  | -                  | GET      | 302 403 payers:200
funding:letter_issue                 | approved           | GET POST | 302 404 readers:403 officer,director:200/302
funding:hold_lift                    | project            | GET POST | 302 404 insiders:403 director,controller:409
funding:hold_place                   | project            | GET POST | 302 404 insiders:403 director,controller:200/422
funding:milestone_accept_partly      | milestone_reported | GET POST | 302 404 insiders:403 officer:200/422
funding:milestone_cancel             | milestone          | GET POST | 302 404 insiders:403 officer:200/422
funding:milestone_detail             | milestone          | GET      | 302 404 insiders:200
funding:milestone_list               | -                  | GET      | 302 200
funding:milestone_postpone           | milestone          | GET POST | 302 404 insiders:403 officer:200/422
funding:milestone_refuse             | milestone_reported | GET POST | 302 404 insiders:403 officer:200/422
funding:milestone_report             | milestone          | GET POST | 302 404 own:200/422 readers:403
funding:milestone_report             | milestone_reported | GET POST | 302 404 own:409 readers:403
funding:milestone_verify             | milestone_reported | GET POST | 302 404 insiders:403 officer:200/302
funding:payment_authorise            | payment_certified  | GET POST | 302 404 insiders:403 authoriser:200/302
funding:payment_certify              | payment_requested  | GET POST | 302 404 insiders:403 controller:200/302
funding:payment_certify              | payment_certified  | GET POST | 302 404 insiders:403 controller:409
funding:payment_confirm              | payment_transmitted| GET POST | 302 404 insiders:403 requester:200/422
funding:payment_detail               | payment_requested  | GET      | 302 404 insiders:403 payers:200
funding:payment_list                 | -                  | GET      | 302 403 payers:200
funding:payment_reject               | payment_requested  | GET POST | 302 404 insiders:403 controller,requester,authoriser:200/422
funding:payment_request              | instalment         | GET POST | 302 404 insiders:403 requester:200/422
funding:payment_reverse              | payment_confirmed  | GET POST | 302 404 insiders:403 controller:200/422
funding:reconciliation               | -                  | GET      | 302 403 payers:200
funding:recovery_detail              | recovery           | GET      | 302 404 insiders:200
funding:recovery_list                | -                  | GET      | 302 200
funding:recovery_open                | sent               | GET POST | 302 404 insiders:403 officer,controller:200/422
funding:recovery_step                | recovery           | GET POST | 302 404 insiders:403 requester:200/422
funding:return_create                | -                  | GET POST | 302 403 requester:200/422
funding:review_assign                | eligible           | GET POST | 302 404 readers:403 officer,secretary:200/422
funding:review_declare               | review             | GET POST | 302 404 assigned:200/422
funding:review_edit                  | review             | GET POST | 302 404 assigned:200/422
funding:review_list                  | -                  | GET      | 302 403 reviewers:200
funding:review_submit                | review             | GET POST | 302 404 assigned:200/422
funding:signed_copy_decide           | copied             | GET POST | 302 404 insiders:403 minister:200/422
funding:signed_copy_record           | reviewed_draft     | GET POST | 302 404 insiders:403 officer:200/422
funding:year_end_list                | -                  | GET      | 302 403 controller:200
funding:year_end_prepare             | year_end           | GET POST | 302 403 controller:200/422
reporting:audit_detail               | entry              | GET      | 302 404 director,head,auditor:200
reporting:audit_export               | -                  | POST     | 302 403 director,head,auditor:422
reporting:audit_list                 | -                  | GET      | 302 403 director,head,auditor:200
reporting:call_lessons               | call               | GET      | 200 200
reporting:call_returns               | call               | GET      | 302 403 readers:200
reporting:control                    | -                  | GET      | 302 403 minister,controller,auditor:200
reporting:cost_list                  | -                  | GET      | 302 403 payers:200
reporting:dashboard                  | -                  | GET      | 302 403 readers:200
reporting:export_create              | report             | POST     | 302 403 readers:422
reporting:export_detail              | export             | GET      | 302 404
reporting:export_download            | export             | GET      | 302 404
reporting:call_objectives             | call               | GET      | 302 403 readers:200
reporting:fund_sensitivity           | -                  | GET      | 302 403 readers:200
reporting:fund_sensitivity_file      | fund_file          | GET      | 302 403 readers:200
reporting:baseline_ask               | baseline           | GET POST | 302 404 insiders:403 finance:409/409
reporting:baseline_decide            | baseline           | GET POST | 302 404 insiders:403 adviser,director:200/422
reporting:baseline_detail            | baseline           | GET      | 302 404 insiders:200
reporting:capture_correct            | gain_restated      | GET POST | 302 404 insiders:403 finance,controller:200/422
reporting:follow_up_attach           | follow_up          | GET POST | 302 404 own:200/422 readers:403 signatory:403
reporting:follow_up_cosign           | follow_up_signed   | GET POST | 302 404 insiders:403 finance:200/422
reporting:follow_up_detach           | follow_up_file     | GET POST | 302 404 own:200/302 readers:403 signatory:403
reporting:follow_up_detail           | follow_up          | GET      | 302 404 insiders:200
reporting:follow_up_list             | -                  | GET      | 302 200
reporting:follow_up_section          | follow_up          | GET POST | 302 404 own:200/422 readers:403 signatory:403
reporting:follow_up_sign             | follow_up          | GET POST | 302 404 own:200/409 readers:403 signatory:403
reporting:follow_up_take_back        | follow_up_signed   | GET POST | 302 404 own:200/302 readers:403 signatory:403
reporting:follow_up_verify           | follow_up_submitted | GET POST | 302 404 insiders:403 officer:200/422
reporting:fund_returns               | -                  | GET      | 302 403 readers:200
reporting:gain_capture               | gain_verified      | GET POST | 302 404 insiders:403 finance,controller:200/422
reporting:gain_correct               | gain               | GET POST | 302 404 own:200/422 readers:403 signatory:403
reporting:gain_cosign                | gain               | GET POST | 302 404 insiders:403 finance:200/422
reporting:gain_create                | project            | GET POST | 302 404 own:200/422 readers:403 signatory:403
reporting:gain_desk                  | -                  | GET      | 302 403 verifier,auditor:200
reporting:gain_detail                | gain_verified      | GET      | 302 404 insiders:200
reporting:gain_list                  | -                  | GET      | 302 200
reporting:gain_restate               | gain_verified      | GET POST | 302 404 own:200/422 readers:403 signatory:403
reporting:gain_verify                | gain_submitted     | GET POST | 302 404 insiders:403 verifier:200/422
reporting:import_cancel              | import_ready       | GET POST | 302 403 controller:200/302
reporting:import_confirm             | import_ready       | GET POST | 302 403 controller:200/422
reporting:import_create              | -                  | GET POST | 302 403 controller:200/422
reporting:import_detail              | import_ready       | GET      | 302 403 bookkeepers:200
reporting:import_examine             | import_ready       | GET POST | 302 403 controller:200/302
reporting:import_file                | import_ready_file  | GET      | 302 403 bookkeepers:200
reporting:import_list                | -                  | GET      | 302 403 bookkeepers:200
reporting:import_problems            | import_refused     | GET      | 302 403 bookkeepers:200
reporting:operations                 | -                  | GET      | 302 403 technical:200
reporting:parameter_decide           | parameter          | GET POST | 302 403 head,delegate:200/422
reporting:parameter_list             | -                  | GET      | 302 403 readers:200
reporting:parameter_propose          | parameter_kind     | GET POST | 302 403 director,controller:200/422
reporting:organisation_returns       | register           | GET      | 302 403 insiders:200
reporting:period_returns             | -                  | GET      | 302 403 readers:200
reporting:overlap_detail             | overlap            | GET      | 302 404 readers:200
reporting:overlap_list               | -                  | GET      | 302 200
reporting:overlap_resolve            | overlap            | GET POST | 302 404 readers:403 controller,verifier:200/422
reporting:permission_export          | -                  | GET      | 302 200
reporting:permission_list            | -                  | GET      | 302 200
reporting:project_detail             | project            | GET      | 302 404 insiders:200
reporting:project_returns            | project            | GET      | 302 404 insiders:200
reporting:project_list               | -                  | GET      | 302 200
reporting:project_objectives         | project            | GET      | 302 404 insiders:200
reporting:project_sensitivity        | project            | GET      | 302 404 insiders:200
reporting:project_sensitivity_file   | project_file       | GET      | 302 404 insiders:200
reporting:project_variances          | project            | GET      | 302 404 insiders:200
reporting:renewal_analyse            | renewal            | GET POST | 302 404 readers:403 officer,director:200/422
reporting:renewal_carry_out          | renewal            | GET POST | 302 404 readers:403 officer,director:409
reporting:renewal_decide             | renewal            | GET POST | 302 404 readers:403 minister:409
reporting:renewal_detail             | renewal            | GET      | 302 404 readers:200
reporting:renewal_list               | -                  | GET      | 302 403 readers:200
reporting:renewal_open               | project            | GET POST | 302 404 insiders:403 officer,director:200/409
reporting:renewal_recommend          | renewal            | GET POST | 302 404 readers:403 officer,director:409
reporting:renewal_return             | renewal            | GET POST | 302 404 readers:403 minister:409
reporting:sharing_create              | -                  | GET POST | 302 403 officer:200/422
reporting:sharing_list                | -                  | GET      | 302 200
reporting:shared_gain_correct         | shared_gain        | GET POST | 302 404 readers:403
reporting:sharing_report              | sharing            | GET POST | 302 404 readers:403
reporting:report_cell                | cell               | GET      | 302 403 readers:200
reporting:report_detail              | report             | GET      | 302 403 readers:200
reporting:report_list                | -                  | GET      | 302 403 readers,privacy:200
reporting:restatement_cosign         | gain_restated      | GET POST | 302 404 insiders:403 finance:200/422
reporting:results_record             | project            | GET POST | 302 404 insiders:403 writer,finance,officer:200/422
reporting:run_create                 | -                  | GET POST | 302 403 readers,privacy:200/302
reporting:run_detail                 | run                | GET      | 302 403 readers,privacy:200
reporting:sample_detail              | sample             | GET      | 302 403 verifier,auditor:200
reporting:sample_draw                | -                  | GET POST | 302 403 verifier:200/422 auditor:200/403
reporting:sample_export              | sample             | GET      | 302 403 verifier,auditor:200
reporting:sample_item                | sample_item        | GET POST | 302 403 verifier:200/422
reporting:sample_list                | -                  | GET      | 302 403 verifier,auditor:200
reporting:variance_explain           | project_year       | GET POST | 302 404 insiders:403 writer,finance:200/422
"""
