"""The journal verified: in the database, in a bundle, and after somebody touched what nobody may touch."""

import io
import json
import zipfile
from decimal import Decimal

import pytest
from django.core.management import call_command

from fondsinnovation.kit.errors import Invalid, NotAllowed, act
from projects.enums import Role
from projects.models import ApplicationVersion, JournalEntry, JournalHead, JournalLink
from projects.services.journal import note, note_reason
from reporting.queries.audit import GENESIS, journal_for
from reporting.services.audit import Audit, verify_bundle, verify_database
from reporting.services.audit_exports import FORMAT, JournalFile, export_journal, make_bundle, make_csv
from tests.databases import owner_connection
from tests.factories import NOW, ApplicationFactory, OrganisationFactory, agreement_in_force, person_with, recuse
from tests.reporting.pages import DOCS


@act
def rename(*, organisation, actor, now, key=None):
    note(organisation, name=organisation.name)
    note_reason("Fusion")


def write_acts(count, actor=None):
    organisation = OrganisationFactory()
    for _ in range(count):
        rename(organisation=organisation, actor=actor, now=NOW)


@pytest.fixture
def tamper(committed_db):
    """Run one statement as the owner, with every trigger off: what no guard of the database can stop."""

    def run(statement, *parameters):
        with owner_connection(committed_db) as owner, owner.transaction():
            owner.execute("SET LOCAL session_replication_role = replica")
            owner.execute(statement, parameters)

    return run


def faults(audit):
    return [(fault.seq, fault.what) for fault in audit.faults]


# ── In the database ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_untouched_database_verifies(committed_db):
    write_acts(3)
    application = ApplicationFactory()
    ApplicationVersion.objects.create(
        application=application,
        number=1,
        content="{}",
        received_at=NOW,
        submitted_by=application.created_by,
        sha256="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    )
    agreement_in_force()
    audit = verify_database()
    head = JournalHead.objects.get()
    assert (faults(audit), audit.head) == ([], (head.seq, head.hash))
    assert dict(audit.checked) == {"links": head.seq, "ledger": 15, "versions": 1}
    assert head.seq == 4


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE journal SET content = replace(content, 'Fusion', 'Vol') WHERE id = (SELECT journal_id FROM journal_link WHERE seq = 2)",
            [(2, "le contenu ne correspond pas à l’empreinte")],
        ),
        (
            "UPDATE journal_link SET hash = repeat('a', 64) WHERE seq = 2",
            [(2, "le contenu ne correspond pas à l’empreinte"), (3, "n’est pas lié au maillon qui le précède")],
        ),
        (
            "UPDATE journal_link SET prev = repeat('b', 64) WHERE seq = 3",
            [(3, "n’est pas lié au maillon qui le précède"), (3, "le contenu ne correspond pas à l’empreinte")],
        ),
        (
            "DELETE FROM journal_link WHERE seq = 4",
            [(None, "l’écriture {4} du journal n’a pas de maillon"), (4, "la tête de la chaîne n’est pas le dernier maillon (nº 3)")],
        ),
        (
            "UPDATE journal SET act = 'autre' WHERE id = (SELECT journal_id FROM journal_link WHERE seq = 1)",
            [(1, "les colonnes de l’écriture ne disent pas ce que dit son contenu")],
        ),
        (
            "UPDATE journal SET at = at + interval '1 second' WHERE id = (SELECT journal_id FROM journal_link WHERE seq = 1)",
            [(1, "les colonnes de l’écriture ne disent pas ce que dit son contenu")],
        ),
        (
            "UPDATE journal SET content = 'illisible' WHERE id = (SELECT journal_id FROM journal_link WHERE seq = 4)",
            [(4, "le contenu ne correspond pas à l’empreinte"), (4, "les colonnes de l’écriture ne disent pas ce que dit son contenu")],
        ),
        ("UPDATE journal_head SET hash = repeat('c', 64)", [(4, "la tête de la chaîne n’est pas le dernier maillon (nº 4)")]),
    ],
)
def test_tampered_row_is_named_by_its_link(tamper, statement, expected):
    write_acts(4)
    ids = dict(JournalLink.objects.values_list("seq", "journal_id"))
    tamper(statement)
    assert faults(verify_database()) == [(seq, what.replace("{4}", str(ids[4]))) for seq, what in expected]


def test_link_and_entry_that_were_removed_together_are_missed(tamper):
    write_acts(4)
    entry = JournalLink.objects.get(seq=2).journal_id
    tamper("DELETE FROM journal_link WHERE seq = 2")
    tamper("DELETE FROM journal WHERE id = %s", entry)
    assert faults(verify_database()) == [(3, "le maillon nº 2 manque juste avant")]


def test_money_row_that_changed_or_that_no_act_wrote_is_named(tamper):
    agreement_in_force()
    tamper("UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'commitment'")
    tamper(
        "INSERT INTO ledger_entry (envelope_id, fiscal_year, seq, kind, amount, effective_on, recorded_at, reference, sha256) "
        "SELECT envelope_id, fiscal_year, 2, kind, amount, effective_on, recorded_at, reference, sha256 FROM ledger_entry "
        "WHERE kind = 'authorisation' AND fiscal_year = 2027 ORDER BY id LIMIT 1"
    )
    found = [what.partition(" : ")[2] for _seq, what in faults(verify_database())]
    assert found == ["ses valeurs ne correspondent pas à son empreinte", "ses valeurs ne correspondent pas à son empreinte"]


def test_money_row_rehashed_by_a_forger_is_not_in_its_act(tamper):
    from funding.models import LedgerEntry
    from funding.services.envelopes import ledger_facts
    from projects.services.journal import canonical, sha256

    agreement_in_force()
    row = LedgerEntry.objects.select_related("envelope").get(kind="commitment")
    row.amount += Decimal("1000.00")
    tamper(
        "UPDATE ledger_entry SET amount = %s, sha256 = %s WHERE id = %s",
        row.amount,
        sha256(canonical(ledger_facts(row, row.envelope.code))),
        row.pk,
    )
    assert faults(verify_database()) == [(None, f"écriture {row.pk} du grand livre : aucune écriture du journal ne la nomme")]


def test_submitted_version_that_changed_is_named(tamper):
    application = ApplicationFactory(number="DEM-2026-00042")
    ApplicationVersion.objects.create(
        application=application, number=1, content="{}", received_at=NOW, submitted_by=application.created_by, sha256="0" * 64
    )
    assert faults(verify_database()) == [(None, "la version déposée de DEM-2026-00042 ne correspond pas à son empreinte")]


def test_worked_example_of_the_rules_page_holds():
    row = next(line for line in (DOCS / "journal.md").read_text().splitlines() if line.startswith("| 64 zéros"))
    _zeros, content, linked = (cell.strip(" `") for cell in row.strip("|").split("|"))
    audit = Audit()
    audit.link(1, GENESIS, linked, content)
    assert (faults(audit), audit.head) == ([], (1, linked))


# ── In a bundle ──────────────────────────────────────────────────────────────────────────────────────────────────────
def bundle_of(tmp_path, entries, **changes):
    """The path of a bundle, with some of its files replaced."""
    made = make_bundle(entries, filters={}, now=NOW)
    path = tmp_path / "journal.zip"
    with made.content, zipfile.ZipFile(made.content) as source, zipfile.ZipFile(path, "w") as copy:
        for name in source.namelist():
            change = changes.get(name.partition(".")[0], bytes)
            copy.writestr(name, change(source.read(name)))
    return path


def test_bundle_verifies_offline(committed_db, tmp_path):
    write_acts(3)
    path = bundle_of(tmp_path, JournalEntry.objects.all())
    audit = verify_bundle(path)
    assert (faults(audit), dict(audit.checked), audit.head[0]) == ([], {"links": 3, "entries": 3}, 3)


def test_bundle_of_some_entries_still_verifies_the_whole_chain(committed_db, tmp_path):
    application = ApplicationFactory()
    auditor = person_with(Role.AUDITOR)

    @act
    def touch(*, actor, now, key=None):
        note(application)

    touch(actor=None, now=NOW)
    write_acts(2)
    recuse(auditor, application)
    audit = verify_bundle(bundle_of(tmp_path, journal_for(auditor, NOW)))
    assert (faults(audit), dict(audit.checked)) == ([], {"links": 3, "entries": 2})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"ecritures": lambda text: text.replace(b"Fusion", b"Vol")},
            [
                (None, "ecritures.jsonl ne correspond pas au manifeste"),
                (1, "le contenu ne correspond pas à l’empreinte"),
                (2, "le contenu ne correspond pas à l’empreinte"),
            ],
        ),
        (
            {"liens": lambda text: text.partition(b"\n")[0] + b"\n"},
            [
                (None, "liens.csv ne correspond pas au manifeste"),
                (2, "l’écriture n’a pas de maillon, ou n’est pas à sa place"),
                (2, "la tête de la chaîne n’est pas le dernier maillon (nº 1)"),
            ],
        ),
    ],
)
def test_changed_bundle_is_named(committed_db, tmp_path, changes, expected):
    write_acts(2)
    assert faults(verify_bundle(bundle_of(tmp_path, JournalEntry.objects.all(), **changes))) == expected


@pytest.mark.parametrize("content", [b"", b"PK ceci n'est pas un dossier"])
def test_file_that_is_no_bundle_is_refused(tmp_path, content):
    path = tmp_path / "autre.zip"
    path.write_bytes(content)
    with pytest.raises(Invalid, match="dossier du journal illisible"):
        verify_bundle(path)


def test_bundle_damaged_inside_is_refused(committed_db, tmp_path):
    write_acts(2)
    path = bundle_of(tmp_path, JournalEntry.objects.all())
    damaged = bytearray(path.read_bytes())
    for at in range(60, 120):
        damaged[at] ^= 0xFF
    path.write_bytes(bytes(damaged))
    with pytest.raises(Invalid, match="dossier du journal illisible"):
        verify_bundle(path)


@pytest.mark.parametrize(
    "names",
    [
        {"autre.txt": "x"},
        {"manifeste.json": "[]"},
        {"manifeste.json": f'{{"format": "{FORMAT}", "files": []}}'},
        {"manifeste.json": '{"format": "autre"}'},
    ],
)
def test_archive_that_is_no_bundle_is_refused(tmp_path, names):
    path = tmp_path / "autre.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in names.items():
            archive.writestr(name, text)
    with pytest.raises(Invalid, match="dossier du journal illisible"):
        verify_bundle(path)


# ── The command ──────────────────────────────────────────────────────────────────────────────────────────────────────
def run(capsys, *arguments):
    out = io.StringIO()
    code = 0
    try:
        call_command("verify_audit", *map(str, arguments), stdout=out)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), capsys.readouterr().err


def test_command_says_that_nothing_is_wrong(committed_db, capsys):
    write_acts(2)
    code, said, complaint = run(capsys)
    head = JournalHead.objects.get().hash
    assert (code, complaint) == (0, "")
    assert said.splitlines() == [
        "Maillons de la chaîne : 2",
        "Écritures du grand livre : 10",
        f"Tête de la chaîne : nº 2, {head}",
        "Aucune anomalie.",
    ]


def test_command_names_the_fault_and_exits_1(tamper, capsys):
    write_acts(2)
    tamper("UPDATE journal SET content = content || ' ' WHERE id = (SELECT journal_id FROM journal_link WHERE seq = 1)")
    code, said, _complaint = run(capsys)
    assert (code, said.splitlines()[-2:]) == (1, ["Maillon nº 1 : le contenu ne correspond pas à l’empreinte.", "1 anomalie."])
    code, said, _complaint = run(capsys, "--json")
    assert (code, json.loads(said)["faults"]) == (1, [{"seq": 1, "what": "le contenu ne correspond pas à l’empreinte"}])


def test_command_refuses_what_it_cannot_read(tmp_path, capsys):
    (tmp_path / "autre.zip").write_bytes(b"x")
    assert run(capsys, tmp_path / "autre.zip") == (
        2,
        "",
        f"{tmp_path}/autre.zip:1:1: dossier du journal illisible; ZIP exporté par le portail attendu\n",
    )
    assert run(capsys, tmp_path / "absent.zip")[0] == 2


# ── Taking it out ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_csv_holds_each_entry_with_its_hashes(committed_db):
    person = person_with(Role.HEAD, name="=Personne")
    write_acts(1, actor=person)
    made = make_csv(JournalEntry.objects.all())
    link = JournalLink.objects.get()
    with made.content:
        _header, row = made.content.read().decode().lstrip("\ufeff").splitlines()
    organisation = link.journal.object_id
    assert row.split(";") == [
        "1",
        "2026-11-24T15:00:00+00:00",
        "rename",
        "'=Personne",
        "",
        "projects.organisation",
        str(organisation),
        "",
        "Fusion",
        "0" * 64,
        link.hash,
    ]
    assert made.rows == 1


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.OFFICER, Role.SIGNATORY, Role.REVIEWER, Role.CONTROLLER])
def test_journal_is_not_taken_by_others(role):
    with pytest.raises(NotAllowed):
        export_journal(made=JournalFile("journal.csv", io.BytesIO(), 0, "0" * 64), filters={}, actor=person_with(role), now=NOW)
