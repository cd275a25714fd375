"""Verify the journal: the chain in the database and what it vouches for, or a bundle far from any database."""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import Invalid
from funding.enums import LedgerKind
from funding.models import CashEntry, Cofunding, LedgerEntry
from funding.services.cash import cash_facts
from funding.services.envelopes import ledger_facts
from funding.services.payments import cofunding_facts
from projects.models import ApplicationVersion, JournalEntry, JournalHead, JournalLink
from projects.services.journal import canonical, sha256
from reporting.models import Gain, ImportedCost, RenewalStep
from reporting.models.imports import cost_facts
from reporting.queries.audit import GENESIS
from reporting.services.audit_exports import FORMAT, digest_of
from reporting.services.gain_rows import gain_facts
from reporting.services.renewals import step_facts
from reporting.services.snapshots import one_moment

BATCH = 2000
#: what reading a damaged or foreign file can end in
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, csv.Error, KeyError, ValueError, TypeError, AttributeError, EOFError, RuntimeError,
)  # fmt: skip
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong; `seq` is the link that it concerns, None when it is not one link's affair."""

    seq: int | None
    what: str


@dataclass(slots=True)
class Audit:
    """What was checked, how many of each, and every fault found. `head` is the last link: its number and hash."""

    checked: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    head: tuple[int, str] = (0, GENESIS)

    def wrong(self, seq: int | None, what: str) -> None:
        self.faults.append(Fault(seq, what))

    def link(self, seq: int, prev: str, linked: str, content: str | None) -> None:
        """Take the next link in: its number, the hash it follows, its own, and the content when it is known."""
        last, hash_ = self.head
        if seq != last + 1:
            self.wrong(seq, _("le maillon nº %(expected)s manque juste avant") % {"expected": last + 1})
        elif prev != hash_:
            self.wrong(seq, _("n’est pas lié au maillon qui le précède"))
        if content is not None and sha256(prev + content) != linked:
            self.wrong(seq, _("le contenu ne correspond pas à l’empreinte"))
        self.head = (seq, linked)
        self.checked["links"] += 1

    def end(self, seq: int, linked: str) -> None:
        """Hold the last link against the head of the chain."""
        if self.head != (seq, linked):
            self.wrong(seq, _("la tête de la chaîne n’est pas le dernier maillon (nº %(last)s)") % {"last": self.head[0]})


# ── In the database ──────────────────────────────────────────────────────────────────────────────────────────────────
def verify_database() -> Audit:
    """Every link, entry, money row, gain row and application version, as the database is at one moment. Reads only, in a stream."""
    audit = Audit()
    with one_moment():
        money = _verify_chain(audit)
        for name, what, rows, facts in _money_rows():
            _verify_rows(audit, name, what, rows, facts, money)
        _verify_versions(audit)
    return audit


def _verify_chain(audit: Audit) -> set[str]:
    """The chain and the entries under it; gives the SHA-256 of every money row that some entry names."""
    money: set[str] = set()
    for link in JournalLink.objects.select_related("journal").order_by("seq").iterator(chunk_size=BATCH):
        audit.link(link.seq, link.prev, link.hash, link.journal.content)
        content = _parsed(link.journal.content)
        if content is None or not _says(link.journal, content):
            audit.wrong(link.seq, _("les colonnes de l’écriture ne disent pas ce que dit son contenu"))
            continue
        money.update(content["money"])
    for pk in JournalEntry.objects.filter(link__isnull=True).order_by("pk").values_list("pk", flat=True):
        audit.wrong(None, _("l’écriture %(pk)s du journal n’a pas de maillon") % {"pk": pk})
    head = JournalHead.objects.get(pk=1)
    audit.end(head.seq, head.hash)
    return money


def _parsed(content: str) -> Content | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _says(entry: JournalEntry, content: Content) -> bool:
    """Whether the typed columns of an entry are those of its content."""
    first: Content = next(iter(content.get("objects", ())), {})
    applications = [each["id"] for each in content.get("objects", ()) if each["type"] == "projects.application"]
    told = content.get("facts", {}).get("application") or next(iter(applications), None)
    return (entry.act, entry.actor_id, entry.organisation_id, entry.object_type, entry.object_id, entry.application_id, entry.at) == (
        content.get("act"),
        content.get("actor"),
        content.get("organisation"),
        first.get("type", ""),
        first.get("id"),
        told,
        datetime.fromisoformat(content["at"]),
    )


def _money_rows() -> Iterator[tuple[str, str, Iterable[Any], Callable[[Any], dict[str, Any]]]]:
    """The append-only rows that the chain vouches for, and what each one's SHA-256 covers."""
    ledger = LedgerEntry.objects.select_related("envelope").order_by("pk").iterator(chunk_size=BATCH)
    yield "ledger", _("écriture %(pk)s du grand livre"), ledger, lambda row: ledger_facts(row, row.envelope.code)
    cofunding = Cofunding.objects.order_by("pk").iterator(chunk_size=BATCH)
    yield "cofunding", _("cofinancement %(pk)s"), cofunding, cofunding_facts
    yield "cash", _("rentrée %(pk)s"), CashEntry.objects.order_by("pk").iterator(chunk_size=BATCH), cash_facts
    yield "costs", _("dépense importée %(pk)s"), ImportedCost.objects.order_by("pk").iterator(chunk_size=BATCH), cost_facts
    steps = RenewalStep.objects.order_by("pk").iterator(chunk_size=BATCH)
    yield "renewals", _("étape %(pk)s d’une reconduction"), steps, step_facts
    yield "gains", _("gain %(pk)s"), Gain.objects.order_by("pk").iterator(chunk_size=BATCH), gain_facts


def _verify_rows(audit: Audit, name: str, what: str, rows: Iterable[Any], facts: Callable[[Any], dict[str, Any]], money: set[str]) -> None:
    for row in rows:
        if sha256(canonical(facts(row))) != row.sha256:
            audit.wrong(None, _("%(what)s : ses valeurs ne correspondent pas à son empreinte") % {"what": what % {"pk": row.pk}})
        elif row.sha256 not in money and not _founding(row):
            audit.wrong(None, _("%(what)s : aucune écriture du journal ne la nomme") % {"what": what % {"pk": row.pk}})
        audit.checked[name] += 1


def _founding(row: Any) -> bool:
    """The first authorisation of each envelope and year is written by the migration that makes the Fund: no act, so no entry."""
    return isinstance(row, LedgerEntry) and (row.seq, row.kind, row.recorded_by_id) == (1, LedgerKind.AUTHORISATION, None)


def _verify_versions(audit: Audit) -> None:
    versions = ApplicationVersion.objects.select_related("application").order_by("pk")
    for version in versions.iterator(chunk_size=BATCH):
        if sha256(version.content) != version.sha256:
            audit.wrong(None, _("la version déposée de %(number)s ne correspond pas à son empreinte") % {"number": version.application})
        audit.checked["versions"] += 1


# ── Far from any database ────────────────────────────────────────────────────────────────────────────────────────────
def verify_bundle(path: Path) -> Audit:
    """The files of a bundle against its manifest, every link of the chain, and every entry that it holds.

    Raises OSError, and Invalid for a file that is no bundle.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _verify_archive(archive, path)
    except UNREADABLE as error:
        raise Invalid(_("%(path)s:1:1: dossier du journal illisible; ZIP exporté par le portail attendu") % {"path": path}) from error


def _verify_archive(archive: zipfile.ZipFile, path: Path) -> Audit:
    audit = Audit()
    manifest = json.loads(archive.read("manifeste.json"))
    if manifest["format"] != FORMAT:
        raise ValueError(manifest["format"])
    for name, about in sorted(manifest["files"].items()):
        with archive.open(name) as file:
            if digest_of(file) != about["sha256"]:
                audit.wrong(None, _("%(name)s ne correspond pas au manifeste") % {"name": name})
    with archive.open("ecritures.jsonl") as entries, archive.open("liens.csv") as links:
        _verify_lines(audit, map(json.loads, entries), csv.reader(io.TextIOWrapper(links, "utf-8")))
    audit.end(manifest["head"]["seq"], manifest["head"]["hash"])
    return audit


def _verify_lines(audit: Audit, entries: Iterator[Content], links: Iterable[list[str]]) -> None:
    """Walk both files together: they are in the order of the chain, and an entry that was not exported has its link alone."""
    entry = next(entries, None)
    for number, prev, linked in links:
        seq, content = int(number), None
        if entry is not None and entry["seq"] == seq:
            content, entry = entry["content"], next(entries, None)
            audit.checked["entries"] += 1
        audit.link(seq, prev, linked, content)
    while entry is not None:
        audit.wrong(entry["seq"], _("l’écriture n’a pas de maillon, ou n’est pas à sa place"))
        entry = next(entries, None)
