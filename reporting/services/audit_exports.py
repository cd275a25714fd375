"""The journal as files: a list for an office, or a bundle that verifies itself far from the portal."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fondsinnovation.kit.errors import act, current_entry
from projects.exports import office_csv
from projects.models import JournalEntry, JournalHead, JournalLink, User
from projects.policies import journal as policies
from reporting.queries.audit import reason_of
from reporting.services.snapshots import one_moment

FORMAT = "fonds-journal/1"
#: the clock of a ZIP starts here; the same rows give the same bytes
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
BATCH = 2000


@dataclass(frozen=True, slots=True)
class JournalFile:
    """A file that is made and not yet served. `rows` is its number of entries."""

    name: str
    content: IO[bytes]
    rows: int
    sha256: str


@act
def export_journal(*, made: JournalFile, filters: Mapping[str, str], actor: User, now: datetime, key: str | None = None) -> None:
    """Record that a person takes the journal out of the portal: which file, chosen how, with which SHA-256. Raises NotAllowed."""
    policies.export_journal(actor, now).require()
    current_entry().facts.update(name=made.name, filters=dict(filters), rows=made.rows, sha256=made.sha256)


# ── For an office ────────────────────────────────────────────────────────────────────────────────────────────────────
def make_csv(entries: QuerySet[JournalEntry]) -> JournalFile:
    """The entries as an office CSV, in the order of the chain. The clock is UTC."""
    header = [
        _("Maillon"),
        _("Instant (UTC)"),
        _("Acte"),
        _("Personne"),
        _("Organisme"),
        _("Objet"),
        _("Identifiant"),
        _("Demande"),
        _("Motif"),
        _("Empreinte précédente"),
        _("Empreinte"),
    ]
    paths = (
        "link__seq",
        "at",
        "act",
        "actor__name",
        "organisation__code",
        "object_type",
        "object_id",
        "application__number",
        "content",
        "link__prev",
        "link__hash",
    )
    count = 0

    def rows() -> Iterator[list[Any]]:
        nonlocal count
        for values in entries.order_by("link__seq").values_list(*paths).iterator(chunk_size=BATCH):
            count += 1
            seq, at, *rest, content, prev, linked = values
            yield [seq, at.astimezone(UTC).isoformat(), *rest, reason_of(content), prev, linked]

    with one_moment():
        content = _kept(line.encode() for line in office_csv(header, rows()))
    return _made("journal.csv", content, count)


# ── For an auditor ───────────────────────────────────────────────────────────────────────────────────────────────────
def make_bundle(entries: QuerySet[JournalEntry], *, filters: Mapping[str, str], now: datetime) -> JournalFile:
    """A ZIP of the entries exactly as hashed, every link of the chain, and a manifest with the SHA-256 of each file.

    Entries that the reader may not see, or did not choose, are missing; their links are there, so that the whole chain is verified.
    """
    content = tempfile.TemporaryFile()  # noqa: SIM115 — the answer reads it, then closes it
    with one_moment(), zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        head = JournalHead.objects.get(pk=1)
        links = JournalLink.objects.order_by("seq").values_list("seq", "prev", "hash")
        chosen = entries.order_by("link__seq").values_list("link__seq", "content")
        files = {
            "liens.csv": _add(archive, "liens.csv", _link_lines(links.iterator(chunk_size=BATCH))),
            "ecritures.jsonl": _add(archive, "ecritures.jsonl", _entry_lines(chosen.iterator(chunk_size=BATCH))),
            "LISEZMOI.txt": _add(archive, "LISEZMOI.txt", iter([_readme().encode()])),
        }
        rows = files["ecritures.jsonl"]["rows"]
        manifest = {
            "format": FORMAT,
            "made_at": now.astimezone(UTC).isoformat(),
            "filters": dict(filters),
            "files": files,
            "entries": rows,
            "withheld": head.seq - rows,
            "head": {"seq": head.seq, "hash": head.hash},
        }
        _add(archive, "manifeste.json", iter([json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True).encode()]))
    return _made("journal.zip", content, rows)


def _link_lines(links: Iterator[tuple[int, str, str]]) -> Iterator[bytes]:
    for seq, prev, linked in links:
        yield f"{seq},{prev},{linked}\n".encode()


def _entry_lines(entries: Iterator[tuple[int, str]]) -> Iterator[bytes]:
    for seq, content in entries:
        yield (json.dumps({"seq": seq, "content": content}, ensure_ascii=False) + "\n").encode()


def _readme() -> str:
    return _(
        "Journal du Fonds pour l’innovation publique\n\n"
        "liens.csv : un maillon par ligne (numéro, empreinte précédente, empreinte).\n"
        "ecritures.jsonl : le contenu exact de chaque écriture choisie, avec le numéro de son maillon.\n"
        "manifeste.json : SHA-256 de chaque fichier, filtres, tête de la chaîne.\n\n"
        "Chaque empreinte est le SHA-256, en UTF-8, de l’empreinte précédente suivie du contenu.\n"
        "La première empreinte précédente est faite de 64 zéros.\n"
        "Pour vérifier : manage.py verify_audit journal.zip, sans base de données.\n"
    )


def _add(archive: zipfile.ZipFile, name: str, lines: Iterator[bytes]) -> dict[str, Any]:
    """Write one file of the archive; gives its SHA-256, its size and its number of lines."""
    digest, size, rows = hashlib.sha256(), 0, 0
    about = zipfile.ZipInfo(name, ZIP_EPOCH)
    about.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(about, "w", force_zip64=True) as file:
        for line in lines:
            file.write(line)
            digest.update(line)
            size, rows = size + len(line), rows + 1
    return {"sha256": digest.hexdigest(), "size": size, "rows": rows}


def _kept(parts: Iterator[bytes]) -> IO[bytes]:
    content = tempfile.TemporaryFile()  # noqa: SIM115 — the answer reads it, then closes it
    content.writelines(parts)
    return content


def _made(name: str, content: IO[bytes], rows: int) -> JournalFile:
    content.seek(0)
    digest = digest_of(content)
    content.seek(0)
    return JournalFile(name, content, rows, digest)


def digest_of(file: IO[bytes]) -> str:
    """The SHA-256 of what is left to read of a file."""
    digest = hashlib.sha256()
    while part := file.read(1 << 16):
        digest.update(part)
    return digest.hexdigest()
