"""Allotments of a package: what each sets from its day on, and the ledger rows that make the credit authorised equal to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from fondsinnovation.kit.money import ZERO
from funding.enums import LedgerKind
from funding.models import Allotment, EnvelopeTotal, EnvelopeYear, LedgerEntry
from funding.services.envelopes import Posting
from reporting.importing.known import Known
from reporting.importing.plan import Plan, check_knowledge, recorded, repeated, tally
from reporting.importing.tables import Problems, Table

#: what says that an amount was authorised, of a row that was imported
AUTHORITY = "Portefeuille importé"
Account = tuple[int, int]
#: the day from which an amount is set, when that was known, and the amount
Setting = tuple[date, datetime, Decimal]


def check_allotments(table: Table, known: Known, plan: Plan, problems: Problems) -> None:
    """Rows that set another amount than the one in force become allotments, and the difference is posted."""
    held = _settings()
    fresh: list[int] = []
    seen: dict[tuple[str, int, date, datetime], int] = {}
    for index, (number, row) in enumerate(table.rows()):
        when = recorded(known, table, index)
        identity = (row["envelope"], row["fiscal_year"], row["effective_on"], when)
        if row["fiscal_year"] not in known.years:
            problems.add(table.file, number, "fiscal_year", _out_of_range(known, row["fiscal_year"]))
        elif identity in seen:
            problems.add(table.file, number, "effective_on", repeated(f"{identity[0]} / {identity[1]} / {identity[2]}", seen[identity]))
        elif not _is_held(held[known.envelopes[row["envelope"]].pk, row["fiscal_year"]], row["effective_on"], when, row["amount"]):
            fresh.append(index)
        seen[identity] = number
    check_knowledge(known, table, fresh, problems)
    superseding, set_before = 0, {(*account, day) for account, settings in held.items() for day, _known, _amount in settings}
    for index in fresh:
        made = _allotment(table, index, known)
        account = (made.envelope_id, made.fiscal_year, made.effective_on)
        superseding += account in set_before
        set_before.add(account)
        plan.allotments.append(made)
    plan.authorisations = list(_differences(held, plan.allotments))
    _check_ceilings(table, fresh, known, plan, problems)
    _check_cuts(table, fresh, plan, problems)
    tally(plan, table, fresh, superseding=superseding)


def _out_of_range(known: Known, year: int) -> str:
    said = _("« %(value)s »; exercice de %(first)d à %(last)d attendu")
    return said % {"value": year, "first": known.years[0], "last": known.years[-1]}


def _settings() -> dict[Account, list[Setting]]:
    found: dict[Account, list[Setting]] = defaultdict(list)
    rows = Allotment.objects.order_by("recorded_at", "pk")
    for envelope, year, *setting in rows.values_list("envelope_id", "fiscal_year", "effective_on", "recorded_at", "amount"):
        found[envelope, year].append((setting[0], setting[1], setting[2]))
    return found


def _is_held(settings: list[Setting], day: date, when: datetime, amount: Decimal) -> bool:
    """Whether a row says what is already known by then: the same amount is in force, or was recorded at that instant."""
    same = [(known, held) for effective, known, held in settings if effective == day]
    return bool(same) and (same[-1][1] == amount or (when, amount) in same)


def _allotment(table: Table, index: int, known: Known) -> Allotment:
    columns = table.columns
    return Allotment(
        envelope=known.envelopes[columns["envelope"][index]],
        fiscal_year=columns["fiscal_year"][index],
        amount=columns["amount"][index],
        effective_on=columns["effective_on"][index],
        recorded_at=recorded(known, table, index),
        authority=AUTHORITY,
    )


def _differences(held: dict[Account, list[Setting]], made: Iterable[Allotment]) -> Iterable[tuple[Posting, datetime]]:
    """At each instant from the first new row on, what the ledger must add so that each day has the amount then known."""
    first: dict[Account, datetime] = {}
    for row in made:
        account = (row.envelope_id, row.fiscal_year)
        first[account] = min(first.get(account, row.recorded_at), row.recorded_at)
        held[account].append((row.effective_on, row.recorded_at, row.amount))
    for account in sorted(first):
        settings = sorted(held[account], key=lambda setting: setting[1])
        posted = _authorised(account)
        for instant in sorted({setting[1] for setting in settings if setting[1] >= first[account]}):
            for day, amount in _wanted(settings, instant).items():
                missing = amount - sum((value for known, on, value in posted if on == day and known <= instant), ZERO)
                if missing:
                    posted.append((instant, day, missing))
                    yield Posting(account[0], account[1], LedgerKind.AUTHORISATION, missing, day), instant


def _authorised(account: Account) -> list[tuple[datetime, date, Decimal]]:
    rows = LedgerEntry.objects.filter(envelope=account[0], fiscal_year=account[1], kind=LedgerKind.AUTHORISATION).order_by("pk")
    return list(rows.values_list("recorded_at", "effective_on", "amount"))


def _wanted(settings: Iterable[Setting], instant: datetime) -> dict[date, Decimal]:
    """What each day adds to the day before it, as known at an instant; a later row on one day replaces the earlier one."""
    in_force = {day: amount for day, known, amount in settings if known <= instant}
    steps, before = {}, ZERO
    for day in sorted(in_force):
        steps[day], before = in_force[day] - before, in_force[day]
    return steps


def _check_ceilings(table: Table, fresh: list[int], known: Known, plan: Plan, problems: Problems) -> None:
    """The amounts of an envelope over its years stay within its ceiling."""
    totals = {row.envelope_id: row.ceiling - row.authorised for row in EnvelopeTotal.objects.order_by("pk")}
    for code, envelope in known.envelopes.items():
        asked = sum((posting.amount for posting, _known in plan.authorisations if posting.envelope_id == envelope.pk), ZERO)
        if asked > totals.get(envelope.pk, envelope.ceiling):
            last = [index for index in fresh if table.columns["envelope"][index] == code][-1]
            said = _("le plafond de l’enveloppe %(envelope)s laisse %(margin)s; %(asked)s de plus demandés")
            what = said % {"envelope": code, "margin": totals.get(envelope.pk, envelope.ceiling), "asked": asked}
            problems.add(table.file, table.numbers[last], "amount", what)


def _check_cuts(table: Table, fresh: list[int], plan: Plan, problems: Problems) -> None:
    """An amount that leaves less than what is reserved and committed is refused."""
    margins = {
        (row.envelope_id, row.fiscal_year): row.authorised - row.reserved - row.committed for row in EnvelopeYear.objects.order_by("pk")
    }
    for posting, _known in plan.authorisations:
        account = (posting.envelope_id, posting.fiscal_year)
        margins[account] = margins.get(account, ZERO) + posting.amount
    for index, row in zip(fresh, plan.allotments, strict=True):
        margin = margins.get((row.envelope_id, row.fiscal_year), ZERO)
        if margin < 0:
            said = _("il manquerait %(missing)s à ce qui est réservé et engagé en %(year)s; dotation plus grande attendue")
            what = said % {"missing": -margin, "year": f"{row.fiscal_year}-{row.fiscal_year + 1}"}
            problems.add(table.file, table.numbers[index], "amount", what)
