"""The main menu: one table of entries and of the roles that see them. `docs/architecture.md` says why it is one table."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from projects.enums import APPLICANT_ROLES, Role
from projects.policies.rights import STAFF_ROLES, Rights

_READERS = STAFF_ROLES | {Role.AUDITOR}
_PAYERS = frozenset({Role.PAYMENT_REQUESTER, Role.PAYMENT_AUTHORISER, Role.CONTROLLER, Role.OFFICER, Role.AUDITOR})

#: (view name, label, roles that see it; None: everybody)
ENTRIES = (
    ("projects:home", _("Appels à projets"), None),
    ("projects:application_list", _("Mes demandes"), APPLICANT_ROLES),
    ("reporting:project_list", _("Mes projets"), APPLICANT_ROLES),
    ("funding:review_list", _("Mes évaluations"), frozenset({Role.REVIEWER, Role.COMMITTEE_MEMBER})),
    ("projects:staff_application_list", _("Demandes"), _READERS),
    ("projects:staff_call_list", _("Appels"), _READERS),
    ("funding:award_list", _("Décisions"), _READERS),
    ("funding:agreement_list", _("Conventions"), _READERS),
    ("funding:payment_list", _("Paiements"), _PAYERS),
    ("funding:envelope_list", _("Enveloppes"), _PAYERS | {Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE}),
    ("reporting:project_list", _("Projets"), _READERS),
    ("projects:organisation_list", _("Organismes"), _READERS),
    ("reporting:gain_list", _("Gains"), _READERS | APPLICANT_ROLES),
    ("reporting:follow_up_list", _("Suivis"), _READERS | APPLICANT_ROLES),
    ("reporting:dashboard", _("Tableau de bord"), _READERS),
    ("reporting:report_list", _("Rapports"), _READERS | {Role.PRIVACY_OFFICER}),
    ("reporting:import_list", _("Importations"), frozenset({Role.CONTROLLER, Role.DIRECTOR, Role.HEAD, Role.AUDITOR})),
    ("reporting:audit_list", _("Journal"), frozenset({Role.AUDITOR, Role.DIRECTOR, Role.HEAD})),
    ("projects:incident_list", _("Incidents"), frozenset({Role.PRIVACY_OFFICER, Role.AUDITOR, Role.HEAD})),
    ("reporting:operations", _("Exploitation"), frozenset({Role.TECHNICAL_ADMIN})),
    (
        "projects:exceptional_access_list",
        _("Accès"),
        frozenset({Role.TECHNICAL_ADMIN, Role.PRIVACY_OFFICER, Role.AUDITOR, Role.DIRECTOR, Role.HEAD}),
    ),
)

#: a menu with more entries than this keeps those that are seldom opened under « Plus »
LONG = 8
SELDOM = frozenset(
    {
        "projects:home",
        "projects:staff_call_list",
        "projects:organisation_list",
        "reporting:follow_up_list",
        "projects:incident_list",
        "projects:exceptional_access_list",
        "reporting:import_list",
        "reporting:audit_list",
        "reporting:operations",
    }
)

#: pages whose rows are those of the calls to which a role is limited; the others are for roles that nothing limits
FOLLOW_SCOPE = frozenset(
    {
        "projects:application_list",
        "projects:staff_application_list",
        "projects:staff_call_list",
        "reporting:project_list",
        "reporting:gain_list",
        "reporting:follow_up_list",
        "funding:review_list",
        "funding:award_list",
        "funding:agreement_list",
        "funding:payment_list",
    }
)


#: lists that no entry opens → the entry whose page leads to them
UNDER = {
    "reporting:fund_returns": "reporting:dashboard",
    "reporting:renewal_list": "reporting:report_list",
    "reporting:parameter_list": "reporting:report_list",
    "reporting:fund_sensitivity": "reporting:report_list",
    "funding:milestone_list": "funding:agreement_list",
    "funding:claim_list": "funding:agreement_list",
    "funding:recovery_list": "funding:agreement_list",
    "funding:batch_list": "funding:payment_list",
    "funding:return_create": "funding:payment_list",
    "funding:reconciliation": "funding:payment_list",
    "reporting:overlap_list": "reporting:gain_list",
    "reporting:sharing_list": "reporting:gain_list",
}


@dataclass(frozen=True, slots=True)
class MenuEntry:
    url: str
    label: str
    current: bool
    is_under_more: bool


def menu_of(rights: Rights, path: str) -> list[MenuEntry]:
    """The entries that these rights see; the one whose address starts the path is the current one, never under « Plus »."""
    found = []
    for name, label, roles in ENTRIES:
        sees = rights.has_somewhere if name in FOLLOW_SCOPE else rights.has
        if roles is not None and not sees(*roles):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        found.append((url, str(label), name in SELDOM))
    path = next((reverse(entry) for name, entry in UNDER.items() if path.startswith(reverse(name))), path)
    current = max((url for url, _label, _seldom in found if path.startswith(url) and (url != "/" or path == "/")), key=len, default="")
    is_long = len(found) > LONG
    return [MenuEntry(url, label, url == current, is_long and seldom and url != current) for url, label, seldom in found]
