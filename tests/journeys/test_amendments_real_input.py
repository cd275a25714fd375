"""Real revisions of public projects, replayed as amendments: seventeen projects, in dollars divided by a thousand, dates by month.

A revision whose « before » is not the « after » of the one before it is a broken chain: it is refused, and named.
"""

from __future__ import annotations

import csv
from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from fondsinnovation.kit.errors import Stale
from funding.enums import AmendmentState, LedgerKind
from funding.models import Agreement, Amendment, Award, LedgerEntry
from funding.policies.amendments import levels_of
from funding.policies.awards import delegation_of
from funding.queries.amendments import proposed_instalments
from funding.services import amendments as acts
from funding.services.agreement_drafts import review_agreement, submit_agreement
from funding.services.agreements import draft_agreement, sign_for_beneficiary, sign_for_minister
from funding.services.amendment_content import AmendmentContent
from funding.services.awards import approve_award, issue_letter
from projects.enums import ApplicationState, Role
from reporting.catalogue import REPORTS
from reporting.queries.invariants import check
from reporting.rules import TOTAL
from reporting.services.compute import rows_of
from tests.factories import NOW, ApplicationFactory, CallFactory, award_certified, bank_details_of, person_with, reserve

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "qc" / "pqi_revisions_extrait.csv"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FILE.is_file(), reason="../shared n’existe pas ici : les révisions réelles ne peuvent pas être rejouées"),
]
DAY, YEAR = NOW.date(), 2026
#: of a project of which the file revises the dates only
OTHERWISE = Decimal("100000.00")
#: the first day of every project: before any of the ends that the file gives
STARTS = date(2020, 4, 1)


@dataclass
class Work:
    """One project of the file: its revisions by month, each with what it changes."""

    number: str
    name: str
    months: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=lambda: defaultdict(dict))
    agreement: Any = None

    def first(self, name: str, otherwise: Any) -> Any:
        """What was true before the first revision of the amount, or of the end."""
        return next((self.months[month][name][0] for month in sorted(self.months) if name in self.months[month]), otherwise)


def read_works() -> list[Work]:
    works: dict[str, Work] = {}
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        for line in csv.DictReader(file):
            work = works.setdefault(line["no_projet"], Work(line["no_projet"], line["nom_projet"]))
            name, read = ("amount", thousandth) if line["type_revision"] == "cout" else ("ends_on", last_day)
            work.months[line["mois_effet"]][name] = (read(line["valeur_avant"]), read(line["valeur_apres"]))
    return list(works.values())


def thousandth(text: str) -> Decimal:
    return (Decimal(text) / 1000).quantize(Decimal("0.01"))


def last_day(month: str) -> date:
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])


class Staff:
    """The people of the Secretariat, each with one role."""

    def __init__(self) -> None:
        self.roles = {role: person_with(role) for role in (Role.DIRECTOR, Role.HEAD, Role.MINISTER_DELEGATE)}
        self.officer, self.lawyer, self.controller = person_with(Role.OFFICER), person_with(Role.OFFICER), person_with(Role.CONTROLLER)


def sign(work: Work, call: Any, staff: Staff) -> Agreement:
    """The agreement as it was before the first revision."""
    amount, ends_on = work.first("amount", OTHERWISE), work.first("ends_on", date(2027, 3, 31))
    file = ApplicationFactory(
        call=call, state=ApplicationState.RECOMMENDED, title=work.name[:200], amount_requested=amount, total_cost=amount * 2
    )
    award: Award = award_certified(file, amount=amount)
    for role in delegation_of(award, NOW):
        approve_award(award_id=award.pk, actor=staff.roles[role], now=NOW)
    issue_letter(award_id=award.pk, actor=staff.officer, now=NOW)
    agreement = draft_agreement(award_id=award.pk, starts_on=STARTS, ends_on=ends_on, actor=staff.officer, now=NOW)
    shown = {"agreement_id": agreement.pk, "document_sha256": agreement.document.sha256, "now": NOW}
    submit_agreement(agreement_id=agreement.pk, actor=staff.officer, now=NOW)
    review_agreement(**shown, actor=staff.lawyer)
    signatory = person_with(Role.SIGNATORY, organisation=file.organisation)
    bank_details_of(file.organisation)
    shown |= {"confirmation": agreement.number, "intent": True, "factor": "totp"}
    sign_for_beneficiary(**shown, actor=signatory)
    return sign_for_minister(**shown, actor=staff.roles[Role.MINISTER_DELEGATE])


def amend(work: Work, month: str, staff: Staff) -> Amendment:
    """One month's revisions of a project as one amendment, from what the file believes was true. Raises Stale for a broken chain."""
    agreement = Agreement.objects.get(pk=work.agreement.pk)
    changes = work.months[month]
    after = {name: pair[1] for name, pair in changes.items()}
    instalments = proposed_instalments(agreement, after["amount"]) if "amount" in after else None
    content = AmendmentContent(
        base_revision=agreement.revision,
        reason=f"Révision de {month}, projet {work.number}",
        seen={name: pair[0] for name, pair in changes.items()},
        instalments=instalments,
        **after,
    )
    amendment = acts.propose_amendment(agreement_id=agreement.pk, content=content, actor=staff.officer, now=NOW)
    if after.get("amount", agreement.amount) > agreement.amount:
        acts.certify_amendment(amendment_id=amendment.pk, actor=staff.controller, now=NOW)
    for role in levels_of(amendment, NOW):
        amendment = acts.approve_amendment(amendment_id=amendment.pk, actor=staff.roles[role], now=NOW)
    amendment = acts.put_amendment_in_force(amendment_id=amendment.pk, actor=staff.roles[Role.DIRECTOR], now=NOW)
    connection.check_constraints()
    return amendment


def test_revisions_of_public_projects_become_amendments_and_the_broken_chain_is_named():
    works, staff, call = read_works(), Staff(), CallFactory()
    assert (len(works), sum(len(pairs) for work in works for pairs in work.months.values())) == (17, 42)
    reserve(call=call, amounts={YEAR: sum(work.first("amount", OTHERWISE) for work in works)}, actor=None, now=NOW)
    refused = []
    for work in works:
        work.agreement = sign(work, call, staff)
        for month in sorted(work.months):
            try:
                amend(work, month, staff)
            except Stale as broken:
                refused.append((work.number, month, work.agreement.number, broken.message))

    assert [(number, month) for number, month, *_rest in refused] == [("465", "2024-02"), ("465", "2026-03")]
    for (_number, _month, agreement, message), (true, believed) in zip(
        refused, [("30 juin 2023", "30 septembre 2026"), ("30 juin 2023", "31 mai 2026")], strict=True
    ):
        said = message.replace("\u00a0", " ")
        assert said == f"Chaîne rompue à la convention {agreement} : la fin y est de {true} et l’avenant part de {believed}."

    initial = changes = Decimal(0)
    for work in works:
        found = Agreement.objects.get(pk=work.agreement.pk)
        passed = [month for month in sorted(work.months) if (work.number, month) not in {(one[0], one[1]) for one in refused}]
        ends = [work.months[month]["ends_on"][1] for month in passed if "ends_on" in work.months[month]]
        amounts = [
            work.first("amount", OTHERWISE),
            *(work.months[month]["amount"][1] for month in passed if "amount" in work.months[month]),
        ]
        assert (found.revision, found.amount) == (len(passed), amounts[-1]), work.number
        assert found.ends_on == (ends[-1] if ends else date(2027, 3, 31)), work.number
        assert committed(found) == amounts[-1], work.number
        live = found.instalments.filter(replaced_by=None).aggregate(total=Sum("amount"))["total"]
        assert live == amounts[-1], work.number
        initial, changes = initial + amounts[0], changes + amounts[-1] - amounts[0]
    assert Amendment.objects.filter(state=AmendmentState.IN_FORCE).count() == Amendment.objects.count()
    total = [row for row in rows_of(REPORTS["commitments"], effective=DAY, known=NOW, filters={}) if row["project"] == TOTAL]
    assert [(row["initial"], row["changes"], row["released"], row["committed"]) for row in total] == [
        (f"{initial:.2f}", f"{changes:.2f}", "0.00", f"{initial + changes:.2f}")
    ]
    assert [line for invariant in check() for line in invariant.broken] == []


def committed(agreement: Agreement) -> Decimal:
    rows = LedgerEntry.objects.filter(agreement=agreement, kind=LedgerKind.COMMITMENT)
    return rows.aggregate(total=Sum("amount", default=Decimal(0)))["total"]
