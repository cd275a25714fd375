"""A plan becomes rows: set-based steps of one act, written with COPY under the constraints and triggers that the pages meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from fondsinnovation.kit.errors import Entry, current_entry
from fondsinnovation.kit.money import ZERO
from funding.enums import AgreementKind, AgreementState, LedgerKind
from funding.models import Agreement, Cofunding, LedgerEntry
from funding.services.envelopes import Posting, number_rows
from funding.services.payments import cofunding_facts
from projects.enums import ChangeKind, Modality, ProjectState, Stage
from projects.models import ForecastGain, GainPlan, OrganisationChange, Project, TermsProfile, User
from projects.services.journal import canonical, name_of, next_numbers, sha256, write_entry
from projects.services.organisation_changes import record
from reporting.importing.cells import midnight
from reporting.importing.plan import Plan, Tally, recorded
from reporting.importing.reading import Package
from reporting.importing.tables import Table
from reporting.models import Gain, ImportedCost, PortfolioImport
from reporting.models.imports import cost_facts
from reporting.seeding.copying import Identifiers, Sheaf
from reporting.services.gain_rows import gain_facts
from reporting.services.overlaps import open_overlaps

#: why the history of an organisation says that it was created
REASON = "Portefeuille importé"
STATES = {
    ProjectState.ACTIVE: AgreementState.IN_FORCE,
    ProjectState.COMPLETED: AgreementState.COMPLETED,
    ProjectState.TERMINATED: AgreementState.TERMINATED,
}


class Writer:
    """Writes one plan. `money` keeps the SHA-256 of the rows of each file, for its journal entry."""

    def __init__(self, plan: Plan, package: Package, *, actor: User | None, portfolio: PortfolioImport | None = None) -> None:
        self.plan, self.package, self.actor, self.portfolio = plan, package, actor, portfolio
        self.now = plan.known.now
        self.identifiers = Identifiers()
        self.sheaf = Sheaf(self.identifiers)
        self.money: dict[str, list[str]] = defaultdict(list)
        self.grown: list[Agreement] = []

    def write(self) -> None:
        """Every row, those that others refer to first; then one journal entry a file."""
        self._organisations()
        self._allotments()
        self._calls()
        self._projects()
        agreements = self._agreements()
        self._lines()
        self.sheaf.close()
        self._movements(agreements)
        self._plain()
        self._gains()
        self.sheaf.close()
        self._overlaps()
        for tally in self.plan.tallies:
            self._note(tally)

    def _keep(self, row: Any) -> None:
        row.pk = self.identifiers.next(type(row))
        self.sheaf.keep(row)

    def _note(self, tally: Tally) -> None:
        """One journal entry a file, with the SHA-256 of the file and of each money or gain row that it brought."""
        facts = {"file": tally.file, "sha256": tally.sha256, "rows": tally.rows, "created": tally.created, "updated": tally.updated}
        at = current_entry().at
        objects = [{"type": name_of(self.portfolio), "id": self.portfolio.pk}] if self.portfolio else []
        write_entry(Entry("import_portfolio_file", self.actor, at, objects=objects, facts=facts, money=self.money[tally.noun]))

    # -- what is named -------------------------------------------------------------------------------------------------

    def _organisations(self) -> None:
        made = self.plan.organisations
        for row in made:
            self._keep(row)
        self.sheaf.close()
        changes = [OrganisationChange(organisation=row, kind=ChangeKind.CREATED, name_after=row.name, version=1) for row in made]
        record(changes, effective_on=timezone.localdate(self.now), reason=REASON, actor=self.actor, now=self.now)

    def _calls(self) -> None:
        if self.plan.calls:
            terms = TermsProfile.objects.filter(modality=Modality.MILESTONES).order_by("valid_from", "pk")[0]
            for row in self.plan.calls:
                row.terms = terms
                self._keep(row)

    def _projects(self) -> None:
        """New projects with the plan that their gain lines go to; those that go on or end."""
        for row in self.plan.projects:
            row.call_id, row.organisation_id = row.call.pk, row.organisation.pk
            self._keep(row)
            self._keep(GainPlan(project_id=row.pk))
        for row in self.plan.changed_projects:
            row.save(update_fields=["signed_on", "starts_on", "ends_on", "state"])
            Agreement.objects.filter(project=row, imported_at__isnull=False).update(state=STATES[ProjectState(row.state)])
        self.sheaf.close()

    def _lines(self) -> None:
        owners = {project for project, _line in self.plan.lines}
        plans = dict(GainPlan.objects.filter(project__reference__in=owners).values_list("project__reference", "pk"))
        for project, row in self.plan.lines:
            row.plan_id, row.organisation_id = plans[project], row.organisation.pk
            self._keep(row)

    # -- money ---------------------------------------------------------------------------------------------------------

    def _allotments(self) -> None:
        for row in self.plan.allotments:
            self._keep(row)
        rows = self._post(self.plan.authorisations)
        self.money["allotments"] += [row.sha256 for row in rows]
        self.sheaf.close()

    def _post(self, postings: list[tuple[Posting, datetime]]) -> list[LedgerEntry]:
        rows = number_rows(postings, actor=self.actor)
        for row in rows:
            self._keep(row)
        return rows

    def _agreements(self) -> dict[str, int]:
        """The agreement of each project that has money, by its reference: those that are there grow by what their new rows commit."""
        added: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for movement in self.plan.movements:
            added[movement.project] += movement.posting.amount if movement.posting.kind == LedgerKind.COMMITMENT else ZERO
        held = {row.project.reference: row for row in _agreements_of(added)}
        for reference, row in held.items():
            row.amount += added[reference]
        self.grown = list(held.values())
        missing = [reference for reference in added if reference not in held]
        for reference, number in zip(missing, next_numbers("HIST", len(missing), width=6) if missing else [], strict=True):
            held[reference] = self._agreement(self.plan.known.projects[reference], number, added[reference])
        return {reference: row.pk for reference, row in held.items()}

    def _agreement(self, project: Project, number: str, amount: Decimal) -> Agreement:
        """The contract of a project as its package tells it: begun when it was signed, or decided when that is not known."""
        begun = project.signed_on or project.decided_on
        first = project.starts_on or begun
        row = Agreement(
            number=number,
            project_id=project.pk,
            kind=AgreementKind.GRANT,
            state=STATES[ProjectState(project.state)],
            amount=amount,
            starts_on=first,
            ends_on=max(project.ends_on or first, first),
            imported_at=self.now,
            drafted_at=midnight(begun),
            in_force_at=midnight(begun),
        )
        self._keep(row)
        return row

    def _movements(self, agreements: dict[str, int]) -> None:
        projects = self.plan.known.projects
        postings = [
            (replace(one.posting, agreement_id=agreements[one.project], call_id=projects[one.project].call_id), one.recorded_at)
            for one in self.plan.movements
        ]
        for row, movement in zip(self._post(postings), self.plan.movements, strict=True):
            self.money[movement.table.noun].append(row.sha256)
        self.sheaf.close()
        Agreement.objects.bulk_update(self.grown, ["amount"], batch_size=500)  # once what was paid is what the ledger says

    def _plain(self) -> None:
        for index in self.plan.fresh.get("cofunding", ()):
            table = self.package["cofunding"]
            row = self._plain_row(Cofunding, table, index, in_kind=table.columns["in_kind"][index])
            row.project_id = self.plan.known.projects[table.columns["project"][index]].pk
            self._seal(row, cofunding_facts(row), "cofunding")
        for index in self.plan.fresh.get("secretariat_costs", ()):
            cost = self._plain_row(ImportedCost, self.package["secretariat_costs"], index)
            self._seal(cost, cost_facts(cost), "secretariat_costs")

    def _plain_row(self, model: type[Any], table: Table, index: int, **values: Any) -> Any:
        values |= {name: table.columns[name][index] for name in ("amount", "effective_on", "reference")}
        return model(recorded_at=recorded(self.plan.known, table, index), **values)

    def _seal(self, row: Any, facts: dict[str, object], noun: str) -> None:
        row.sha256 = sha256(canonical(facts))
        self.money[noun].append(row.sha256)
        self._keep(row)

    # -- gains ---------------------------------------------------------------------------------------------------------

    def _gains(self) -> None:
        """The rows of the largest file, in its order: of two known together, the later row counts."""
        known, table = self.plan.known, self.package.get("gains")
        if table is None:
            return
        columns = table.columns
        for index in self.plan.fresh["gains"]:
            project, stage = columns["project"][index], columns["stage"][index]
            values = {name: columns[name][index] for name in ("period_start", "period_end", "amount")}
            values |= {"line": known.lines[project, columns["line"][index]], "recorded_at": recorded(known, table, index)}
            if stage == Stage.FORECAST:
                self.sheaf.add(ForecastGain, **values)
                continue
            evidence = columns["evidence"][index] or ""
            row = self.sheaf.new(Gain, project=known.projects[project], stage=stage, evidence=evidence, method_version="", **values)
            row.sha256 = sha256(canonical(gain_facts(row)))
            self.money["gains"].append(row.sha256)
            self.sheaf.keep(row)

    def _overlaps(self) -> None:
        """What the gains claim of a budget that others claim: known from this import on, whatever the dates of its rows."""
        table = self.package.get("gains")
        if table is None:
            return
        names = zip(table.columns["project"], table.columns["line"], strict=True)
        lines = {self.plan.known.lines[name].pk for name in set(names)}
        open_overlaps(lines, known=self.now, actor=self.actor, now=self.now)


def _agreements_of(projects: Iterable[str]) -> Iterable[Agreement]:
    return Agreement.objects.filter(project__reference__in=list(projects)).select_related("project").order_by("pk")
