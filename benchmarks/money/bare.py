"""How fast PostgreSQL itself goes: the statements that the services issue, issued again by a loop over psycopg and nothing else.

The same connections do the same acts on the same data, twice, each time on a fresh copy of one database: first through the services,
with every statement kept beside its parameters; then those statements alone, transaction by transaction. What only the database decides
is put where it belongs: the identity of a row that the run itself made, and the next number of an account of the ledger.
"""

from __future__ import annotations

import multiprocessing
import pickle
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from benchmarks.money.acts import KINDS
from benchmarks.money.world import ASKED, OF_EACH_ROLE, ROLES, leave, to_sign
from funding.models import Agreement, Award, BatchOrder, Instalment, LedgerEntry, Payment
from projects.enums import ApplicationState, Role
from projects.models import User
from tests.factories import NOW, ApplicationFactory, CallFactory, award_certified, person_with, reserve

FAR_APART = 10_000_000_000  # each table counts from its own multiple: an identity says which row it is, wherever it appears
WARM = 8  # the acts of the first file of each connection are done before the clock starts
_IDENTITY = re.compile(r'RETURNING "\w+"\."id"')
_LOCK = "lock_envelope_years"
_LEDGER = re.compile(r'INSERT INTO "ledger_entry" \(([^)]*)\)')


@dataclass
class Statement:
    """One statement as it was sent; `made` are the identities that it returned, `heads` the numbers of the accounts that it locked."""

    sql: str
    params: tuple[Any, ...]
    made: list[int]
    heads: dict[tuple[int, int], int]


Transaction = list[Statement]


# ── What is done: the life of a file, by each connection on its own files of one call ────────────────────────────────
def build(connections: int, files: int) -> tuple[list[list[dict[str, int]]], list[dict[Role, int]]]:
    """For each connection, its files (an award to approve, and an agreement to sign whose advance is then paid) and its people."""
    people = {role: [person_with(role) for _person in range(OF_EACH_ROLE)] for role in ROLES}
    call = CallFactory()
    reserve(call=call, amounts={2026: ASKED * connections * files * 2}, actor=None, now=NOW)
    chunks = []
    for _ in range(connections):
        agreements = to_sign(files, people, call)
        awards = [award_certified(ApplicationFactory(call=call, state=ApplicationState.RECOMMENDED), amount=ASKED) for _ in range(files)]
        chunks.append([{"agreement": one.pk, "award": award.pk} for one, award in zip(agreements, awards, strict=True)])
    leave(ASKED)
    return chunks, [{role: group[place % OF_EACH_ROLE].pk for role, group in people.items()} for place in range(connections)]


def acts_of(file: dict[str, int], people: dict[Role, User]) -> list[Callable[[], Any]]:
    """The acts of one file, in order."""

    def do(kind: str, role: Role, target: int, **given: Any) -> Any:
        return KINDS[kind].run({"target": target, "actor": people[role], "now": NOW, "key": f"{kind}-{target}", **given})

    def order() -> int:
        return Payment.objects.values_list("pk", flat=True).get(instalment__agreement=file["agreement"])

    def batch() -> int:
        return BatchOrder.objects.values_list("batch", flat=True).get(payment=order())

    advance = Instalment.objects.values_list("pk", flat=True).get(agreement=file["agreement"], position=1)
    return [
        lambda: do("approve_award", Role.DIRECTOR, file["award"]),
        lambda: do("sign_for_minister", Role.MINISTER_DELEGATE, file["agreement"]),
        lambda: do("request_payment", Role.PAYMENT_REQUESTER, advance),
        lambda: do("certify_payment", Role.CONTROLLER, order()),
        lambda: do("authorise_payment", Role.PAYMENT_AUTHORISER, order()),
        lambda: do("prepare_batch", Role.PAYMENT_REQUESTER, order(), payment_ids=[order()]),
        lambda: do("transmit_batch", Role.PAYMENT_REQUESTER, batch()),
        lambda: do("confirm_payment", Role.PAYMENT_REQUESTER, order(), reference=f"REF-{file['agreement']}"),
    ]


def far_apart(owner: psycopg.Connection) -> None:
    """Make the identities of each table start at its own multiple, and the planner know the tables."""
    owner.execute("ANALYZE")
    names = owner.execute("SELECT schemaname, sequencename FROM pg_sequences WHERE data_type = 'bigint'::regtype ORDER BY 1, 2").fetchall()
    for place, (schema, name) in enumerate(names, start=1):
        owner.execute("SELECT setval(%s::regclass, %s)", [f'"{schema}"."{name}"', place * FAR_APART])


# ── Through the services ─────────────────────────────────────────────────────────────────────────────────────────────
class Recorder:
    """Keeps every statement of the act under way; asked before each act, it gives those of the act before."""

    def __init__(self) -> None:
        self.statements: Transaction = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        if connection.in_atomic_block:
            answer = context["cursor"].cursor.pgresult
            made, heads = [], {}
            if _IDENTITY.search(sql):
                made = [int(answer.get_value(row, 0)) for row in range(answer.ntuples)]
            elif _LOCK in sql:
                heads = {
                    tuple(int(answer.get_value(row, c)) for c in (0, 1)): int(answer.get_value(row, 2)) for row in range(answer.ntuples)
                }
            self.statements.append(Statement(sql, tuple(params or ()), made, heads))
        return result

    def taken(self) -> Transaction:
        taken, self.statements = self.statements, []
        return taken


def serve(place: int, files: list[dict[str, int]], people: dict[Role, int], gate: Any, folder: Path) -> None:
    """One connection through the services: its transactions with their statements, and the seconds of its acts but the first."""
    who = {role: User.objects.get(pk=pk) for role, pk in people.items()}
    every = [act for file in files for act in acts_of(file, who)]
    recorder, transactions = Recorder(), []
    with connection.execute_wrapper(recorder):
        for number, act in enumerate(every):
            if number == WARM:
                gate.wait()
                began = time.perf_counter()
            act()
            transactions.append(recorder.taken())
    seconds = time.perf_counter() - began
    (folder / f"{place}.pickle").write_bytes(pickle.dumps((seconds, transactions)))
    connection.close()


# ── Without them ─────────────────────────────────────────────────────────────────────────────────────────────────────
def replay(place: int, gate: Any, folder: Path) -> None:
    """One connection over psycopg alone, with the same transactions."""
    _seconds, transactions = pickle.loads((folder / f"{place}.pickle").read_bytes())
    database = settings.DATABASES["default"]
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    given = {key: database[name] for key, name in names.items() if database.get(name)}
    options = database["OPTIONS"]["options"]
    known: dict[int, int] = {}
    with psycopg.connect(dbname=database["NAME"], options=options, cursor_factory=psycopg.ClientCursor, **given) as direct:
        for number, transaction in enumerate(transactions):
            if number == WARM:
                gate.wait()
                began = time.perf_counter()
            again(direct, transaction, known)
        seconds = time.perf_counter() - began
    (folder / f"{place}.bare").write_text(repr(seconds))


def again(direct: psycopg.Connection, transaction: Transaction, known: dict[int, int]) -> None:
    """The statements of one transaction, with the identities and the numbers of this run."""
    shift: dict[tuple[int, int], int] = {}
    with direct.cursor() as cursor:
        for statement in transaction:
            params = tuple(_this_run(value, known) for value in statement.params)
            if found := _LEDGER.search(statement.sql):
                params = renumbered(found[1], params, shift)
            cursor.execute(statement.sql, params or None)
            rows = cursor.fetchall() if cursor.description else []
            known.update(zip(statement.made, (row[0] for row in rows), strict=False))
            for row in rows if statement.heads else []:
                shift[row[0], row[1]] = row[2] - statement.heads[row[0], row[1]]
    direct.commit()


def _this_run(value: Any, known: dict[int, int]) -> Any:
    if type(value) is int and value >= FAR_APART:
        return known.get(value, value)
    if isinstance(value, list):
        return [_this_run(one, known) for one in value]
    return value


def renumbered(columns: str, params: tuple[Any, ...], shift: dict[tuple[int, int], int]) -> tuple[Any, ...]:
    """Ledger rows with the numbers that follow those of this run: a value by column and row, or a list by column for several rows."""
    names = [name.strip().strip('"') for name in columns.split(",")]
    place = {name: names.index(name) for name in ("envelope_id", "fiscal_year", "seq")}
    given = list(params)
    if isinstance(given[0], list):
        keys = zip(given[place["envelope_id"]], given[place["fiscal_year"]], strict=True)
        given[place["seq"]] = [seq + shift[key] for seq, key in zip(given[place["seq"]], keys, strict=True)]
        return tuple(given)
    for row in range(0, len(given), len(names)):
        given[row + place["seq"]] += shift[given[row + place["envelope_id"]], given[row + place["fiscal_year"]]]
    return tuple(given)


# ── The two, one after the other ─────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Speed:
    """Acts a second: how many acts, in how many statements, and the seconds of the slowest connection."""

    acts: int
    statements: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.acts / self.seconds


def together(work: Callable[..., None], arguments: list[tuple[Any, ...]]) -> None:
    """One process for each connection, released at the same instant. Raises RuntimeError when one of them failed."""
    connection.close()
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(len(arguments))
    crowd = [context.Process(target=work, args=(*given[:-1], gate, given[-1])) for given in arguments]
    for process in crowd:
        process.start()
    for process in crowd:
        process.join()
    if any(process.exitcode for process in crowd):
        raise RuntimeError("a connection failed: its error is above")


def through_services(chunks: list[list[dict[str, int]]], people: list[dict[Role, int]], folder: Path) -> Speed:
    together(serve, [(place, chunk, who, folder) for place, (chunk, who) in enumerate(zip(chunks, people, strict=True))])
    kept = [pickle.loads((folder / f"{place}.pickle").read_bytes()) for place in range(len(chunks))]
    transactions = [one for _seconds, found in kept for one in found[WARM:]]
    return Speed(len(transactions), sum(map(len, transactions)), max(seconds for seconds, _found in kept))


def by_psycopg(services: Speed, connections: int, folder: Path) -> Speed:
    together(replay, [(place, folder) for place in range(connections)])
    seconds = max(float((folder / f"{place}.bare").read_text()) for place in range(connections))
    return Speed(services.acts, services.statements, seconds)


def outcome() -> dict[str, int]:
    """What both must have left behind."""
    return {
        "approved": Award.objects.filter(state="approved").count(),
        "in force": Agreement.objects.filter(state="in_force").count(),
        "confirmed": Payment.objects.filter(state="confirmed").count(),
        "ledger rows": LedgerEntry.objects.count(),
    }
