"""The page of imports: a package is uploaded, examined, confirmed, written; twice, late, after a crash, two at once."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fondsinnovation.kit.errors import Stale, WrongState
from projects.enums import Role
from projects.models import JournalEntry, Project, User
from reporting import tasks
from reporting.enums import ImportState
from reporting.models import Gain, PortfolioFile, PortfolioImport
from reporting.services import portfolio_imports as acts
from reporting.services import portfolio_work, snapshots
from reporting.services.imports import bring_portfolio
from reporting.services.portfolio_work import work_on_portfolio
from tests.factories import NOW, ApplicationFactory, person_with, recuse
from tests.refusals import refusal
from tests.reporting.packages import csv_of, folder, row, small, workbook, zipped
from tests.reporting.test_import import counts

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    monkeypatch.setattr(acts, "_nudge", lambda portfolio_id: None)
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def controller(client: Client) -> User:
    person = person_with(Role.CONTROLLER)
    client.force_login(person)
    return person


def url(name: str, *args: Any) -> str:
    return reverse(f"reporting:{name}", args=args)


def package(tmp_path: Path, rows: Any = None, name: str = "paquet.zip") -> SimpleUploadedFile:
    write = workbook if name.endswith(".xlsx") else zipped
    return SimpleUploadedFile(name, write(tmp_path / f"{PortfolioImport.objects.count()}-{name}", rows or small()).read_bytes())


def uploaded(actor: User, *files: SimpleUploadedFile) -> PortfolioImport:
    return acts.upload_portfolio(files=files, actor=actor, now=NOW)


def worked(portfolio: PortfolioImport, now: Any = LATER) -> PortfolioImport:
    work_on_portfolio(portfolio_id=portfolio.pk, now=now)
    portfolio.refresh_from_db()
    return portfolio


def confirmed(portfolio: PortfolioImport, actor: User) -> PortfolioImport:
    return acts.confirm_portfolio(portfolio_id=portfolio.pk, seen=portfolio.plan_sha256, actor=actor, now=LATER)


# ── From the page to the books ───────────────────────────────────────────────────────────────────────────────────────
def test_a_package_goes_from_the_page_to_the_books(client: Client, controller: User, tmp_path: Path) -> None:
    before = counts()
    answer = client.post(url("import_create"), {"files": package(tmp_path, name="fonds.xlsx"), "key": "une-fois"})
    portfolio = PortfolioImport.objects.get()
    assert answer.url == url("import_detail", portfolio.pk)
    page = client.get(answer.url).text
    assert "À examiner" in page
    assert 'hx-trigger="every 2s"' in page
    assert "Actualiser" in page
    assert worked(portfolio).state == ImportState.READY
    page = client.get(answer.url).text
    assert 'hx-trigger="every 2s"' not in page
    assert "Ce paquet peut être importé" in page
    assert portfolio.sha256 in page
    assert counts() == before | {"JournalEntry": before["JournalEntry"] + 1}
    form = client.get(url("import_confirm", portfolio.pk)).context["form"]
    assert "1 000,00 $" in client.get(url("import_confirm", portfolio.pk)).text.replace("\xa0", " ")
    sent = {"seen": form["seen"].value(), "key": "confirmer-une-fois"}
    assert client.post(url("import_confirm", portfolio.pk), sent).url == answer.url
    assert client.post(url("import_confirm", portfolio.pk), sent).url == answer.url  # a double click
    assert worked(portfolio).state == ImportState.IMPORTED
    assert worked(portfolio).state == ImportState.IMPORTED  # a task delivered twice
    assert Gain.objects.get().amount == Decimal("500.00")
    assert (portfolio.confirmed_by, portfolio.confirmed_at, portfolio.progress) == (controller, LATER, 100)
    page = client.get(answer.url).text
    assert page.count("Fichier d’un portefeuille importé") == 10
    assert "Ce paquet est importé" in page
    entries = JournalEntry.objects.filter(object_type="reporting.portfolioimport", object_id=portfolio.pk).order_by("pk")
    found = list(entries.values_list("act", flat=True))
    assert found == ["upload_portfolio", "confirm_portfolio", *["import_portfolio_file"] * 10, "import_portfolio"]
    assert set(entries.values_list("actor", flat=True)) == {controller.pk}


def test_what_would_be_written_is_told_by_file_and_by_kind(controller: User, tmp_path: Path) -> None:
    bring_portfolio(package=_read(folder(tmp_path / "first", small())), actor=None, now=NOW)
    gains = [{}, {"recorded_at": "2026-10-01", "amount": "400.00"}, {"period_start": "2024-04-01", "period_end": "2025-03-31"}]
    rows = small(gains=gains, projects=[{"status": "completed", "ends_on": "2026-09-30"}])
    rows["commitments"].append(row("commitments", amount="-600.00", effective_on="2026-09-30", reference="C-2"))
    rows["allotments"] = [row("allotments", amount="53999999.00")]
    portfolio = worked(uploaded(controller, package(tmp_path, rows)))
    told = {
        file["noun"]: [file[name] for name in ("rows", "created", "superseding", "updated", "unchanged")]
        for file in portfolio.plan["files"]
    }
    assert {noun: told[noun] for noun in ("projects", "commitments", "gains", "allotments", "calls")} == {
        "projects": [1, 0, 0, 1, 0],
        "commitments": [2, 1, 0, 0, 1],
        "gains": [3, 2, 1, 0, 1],
        "allotments": [1, 1, 1, 0, 0],
        "calls": [1, 0, 0, 0, 1],
    }
    assert portfolio.plan["totals"] == [["authorised", "-1.00"], ["released", "-600.00"], ["verified/CASH", "900.00"]]


def _read(path: Path) -> Any:
    from reporting.importing.reading import read_package

    return read_package(path)


def test_several_csv_files_are_one_package(controller: User, tmp_path: Path) -> None:
    files = [SimpleUploadedFile(f"{noun}.csv", csv_of(noun, rows).encode()) for noun, rows in small().items()]
    portfolio = worked(uploaded(controller, *files))
    assert (portfolio.state, portfolio.name, portfolio.files.count()) == (ImportState.READY, "10 fichiers CSV", 10)
    assert worked(confirmed(portfolio, controller)).state == ImportState.IMPORTED
    assert Project.objects.get().reference == "P1"


def test_problems_are_shown_by_file_and_all_of_them_are_in_a_list(client: Client, controller: User, tmp_path: Path) -> None:
    rows = small(gains=[{"amount": f"1,{number}"} for number in range(30)], calls=[{"title": "x" * 161}])
    portfolio = worked(uploaded(controller, package(tmp_path, rows)))
    assert (portfolio.state, portfolio.problems["count"]) == (ImportState.REFUSED, 31)
    page = client.get(url("import_detail", portfolio.pk)).text.replace("\xa0", " ")
    assert "31 cellules à corriger" in page
    assert "gains.csv : 30 problèmes" in page
    assert "(les 20 premiers)" in page
    assert "« 1,19 »" in page
    assert "« 1,20 »" not in page
    assert "montant comme 1250000.50 attendu" in page
    answer = client.get(url("import_problems", portfolio.pk))
    listed = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert listed[:2] == [
        ["Fichier", "Rangée", "Colonne", "Problème", "Attendu"],
        ["calls.csv", "2", "title", "161 caractères", "au plus 160 attendus"],
    ]
    assert len(listed) == 32
    assert JournalEntry.objects.filter(act="record_access").count() == 1
    with pytest.raises(WrongState):
        confirmed(portfolio, controller)
    assert not Project.objects.exists()


def test_text_that_a_spreadsheet_would_run_is_neutral_in_the_list(controller: User, tmp_path: Path) -> None:
    file = SimpleUploadedFile("=cmd.csv", b"a,b\n")
    portfolio = worked(uploaded(controller, file))
    with default_storage.open(portfolio.problems_path.name) as kept:
        text = kept.read().decode("utf-8-sig")
    assert text.splitlines()[1].startswith("'=cmd.csv,1,1,fichier inconnu,")


@pytest.mark.parametrize(
    ("files", "status", "said"),
    [
        ([], 422, "choisissez le ZIP"),
        ([("note.pdf", b"%PDF-")], 422, "Ce type de fichier n’est pas accepté"),
        ([("macros.xlsm", b"PK")], 422, "Ce type de fichier n’est pas accepté"),
        ([("a.zip", b"PK"), ("b.zip", b"PK")], 422, "Envoyez un seul ZIP"),
        ([("calls.csv", b"a"), ("calls.csv", b"b")], 422, "une seule fois, sous son nom"),
        ([("calls.csv", b"")], 422, "Un fichier est vide"),
        ([("grand.zip", b"PK" + b"0" * 60)], 413, "Ce paquet dépasse 50 Mo"),
    ],
)
def test_files_that_are_no_package_are_refused_at_once(
    client: Client, controller: User, monkeypatch: pytest.MonkeyPatch, files: list[tuple[str, bytes]], status: int, said: str
) -> None:
    monkeypatch.setattr(acts, "LARGEST", 50)
    answer = client.post(url("import_create"), {"files": [SimpleUploadedFile(*file) for file in files], "key": "k"})
    assert (answer.status_code, said in answer.text, PortfolioImport.objects.count()) == (status, True, 0)


# ── Safe: moved, twice, crashed, two at once ─────────────────────────────────────────────────────────────────────────
def test_what_was_confirmed_is_not_written_once_the_database_moved(client: Client, controller: User, tmp_path: Path) -> None:
    portfolio = worked(uploaded(controller, package(tmp_path)))
    only = {"organisations": [row("organisations")]}
    bring_portfolio(package=_read(folder(tmp_path / "other", only)), actor=None, now=NOW)
    assert worked(confirmed(portfolio, controller)).state == ImportState.MOVED
    assert "La base a changé depuis l’examen" in client.get(url("import_detail", portfolio.pk)).text
    assert not Project.objects.exists()
    acts.examine_again(portfolio_id=portfolio.pk, actor=controller, now=LATER)
    assert worked(portfolio).plan["files"][0]["created"] == 0
    assert worked(confirmed(portfolio, controller)).state == ImportState.IMPORTED


def test_what_no_longer_fits_when_its_turn_comes_is_not_written(controller: User, tmp_path: Path) -> None:
    portfolio = worked(uploaded(controller, package(tmp_path)))
    bring_portfolio(package=_read(folder(tmp_path / "other", small(organisations=[{"name": "Autre"}]))), actor=None, now=NOW)
    portfolio = worked(confirmed(portfolio, controller))
    assert (portfolio.state, portfolio.error) == (
        ImportState.MOVED,
        "La base a changé depuis l’examen de ce paquet. Rien n’a été écrit.",
    )


def test_two_imports_of_one_package_write_it_once(controller: User, tmp_path: Path) -> None:
    first, second = (worked(uploaded(controller, package(tmp_path))) for _each in range(2))
    assert PortfolioFile.objects.values("path").distinct().count() == 1  # the same bytes are kept once
    confirmed(first, controller)
    confirmed(second, controller)
    assert (worked(first).state, worked(second).state) == (ImportState.IMPORTED, ImportState.MOVED)
    acts.examine_again(portfolio_id=second.pk, actor=controller, now=LATER)
    assert (worked(second).state, second.ended_at) == (ImportState.NOTHING, LATER)
    assert Gain.objects.count() == 1


def test_an_examination_made_since_is_not_confirmed_unread(controller: User, tmp_path: Path) -> None:
    portfolio = worked(uploaded(controller, package(tmp_path)))
    with pytest.raises(Stale):
        acts.confirm_portfolio(portfolio_id=portfolio.pk, seen="0" * 64, actor=controller, now=LATER)


def test_a_worker_that_died_is_replaced_three_times(controller: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    portfolio = uploaded(controller, package(tmp_path))
    called: list[int] = []
    monkeypatch.setattr(acts, "_nudge", called.append)
    monkeypatch.setattr(portfolio_work, "read_package", _die)
    for attempt in (1, 2, 3):
        with pytest.raises(SystemExit):
            worked(portfolio)
        portfolio.refresh_from_db()
        assert (portfolio.state, portfolio.attempts) == (ImportState.EXAMINING, attempt)
    portfolio.touched_at = LATER
    portfolio.save(update_fields=["touched_at"])
    assert tasks.wake_sleeping_portfolios() == []
    with time_machine.travel(LATER + timedelta(minutes=2), tick=False):
        assert (tasks.wake_sleeping_portfolios(), called) == ([portfolio.pk], [portfolio.pk])
        tasks.work_on_portfolio(portfolio.pk)
    portfolio.refresh_from_db()
    assert (portfolio.state, portfolio.error) == (ImportState.FAILED, "Le travail s’est interrompu trois fois. Rien n’a été écrit.")
    monkeypatch.undo()
    monkeypatch.setattr(acts, "_nudge", called.append)
    acts.examine_again(portfolio_id=portfolio.pk, actor=controller, now=LATER)
    assert worked(portfolio).state == ImportState.READY


def _die(path: Path) -> Any:
    raise SystemExit(1)


def test_a_crash_while_writing_leaves_nothing_and_the_work_is_done_again(
    controller: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portfolio = confirmed(worked(uploaded(controller, package(tmp_path))), controller)
    before = counts()
    monkeypatch.setattr("reporting.services.imports.queue", lambda *args, **kwargs: 1 / 0)  # after every row is written
    with pytest.raises(ZeroDivisionError):
        worked(portfolio)
    portfolio.refresh_from_db()
    assert (portfolio.state, portfolio.error.startswith("ZeroDivisionError"), counts()) == (ImportState.FAILED, True, before)


def test_bytes_that_changed_in_storage_are_never_imported(controller: User, tmp_path: Path) -> None:
    portfolio = confirmed(worked(uploaded(controller, package(tmp_path))), controller)
    path = portfolio.files.get().path.name
    default_storage.delete(path)
    default_storage.save(path, SimpleUploadedFile("x", zipped(tmp_path / "autre.zip", small(gains=[{"amount": "9.00"}])).read_bytes()))
    assert (worked(portfolio).state, Project.objects.exists()) == (ImportState.MOVED, False)
    assert portfolio.error == "Le fichier conservé n’est plus celui qui a été téléversé\N{NO-BREAK SPACE}: rien n’a été écrit."


def test_whoever_lost_the_role_no_longer_imports(controller: User, tmp_path: Path) -> None:
    portfolio = confirmed(worked(uploaded(controller, package(tmp_path))), controller)
    controller.memberships.update(ends_on=timezone.localdate(NOW) - timedelta(days=1))
    assert (worked(portfolio).state, Project.objects.exists()) == (ImportState.MOVED, False)


def test_a_cancelled_package_is_over(client: Client, controller: User, tmp_path: Path) -> None:
    portfolio = worked(uploaded(controller, package(tmp_path)))
    assert client.post(url("import_cancel", portfolio.pk), {"key": "k"}).status_code == 302
    portfolio.refresh_from_db()
    assert (portfolio.state, portfolio.ended_at) == (ImportState.CANCELLED, LATER)
    assert client.get(url("import_confirm", portfolio.pk)).status_code == 409
    assert client.post(url("import_examine", portfolio.pk), {"key": "autre"}).status_code == 409
    assert worked(portfolio).state == ImportState.CANCELLED


# ── Who reads, and for how long ──────────────────────────────────────────────────────────────────────────────────────
def test_imports_are_read_by_those_who_answer_for_the_books(client: Client, tmp_path: Path) -> None:
    portfolio = worked(uploaded(person_with(Role.CONTROLLER), package(tmp_path)))
    file = portfolio.files.get()
    addresses = [url("import_list"), url("import_detail", portfolio.pk), url("import_file", portfolio.pk, file.pk)]
    for role, status in (
        (Role.AUDITOR, 200),
        (Role.DIRECTOR, 200),
        (Role.OFFICER, 403),
        (Role.TECHNICAL_ADMIN, 403),
        (Role.SIGNATORY, 403),
    ):
        client.force_login(person_with(role))
        assert [_status(client, address) for address in addresses] == [status] * 3
        assert client.get(url("import_create")).status_code == 403
        assert client.post(url("import_confirm", portfolio.pk), {"seen": portfolio.plan_sha256}).status_code == 403
    assert Project.objects.count() == 0


def _status(client: Client, address: str) -> int:
    answer = client.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)  # a file is open until it is sent
    return int(answer.status_code)


def test_a_recusal_hides_the_content_of_packages_and_the_project(client: Client, controller: User, tmp_path: Path) -> None:
    portfolio = worked(uploaded(controller, package(tmp_path)))
    application = ApplicationFactory()
    hidden = Project.objects.create(
        reference="PRJ-2026-1", application=application, call=application.call, organisation=application.organisation, title="Ombre",
        modality="milestones", decided_on=NOW.date(),
    )  # fmt: skip
    other = person_with(Role.CONTROLLER)
    recuse(other, application)
    client.force_login(other)
    page = client.get(url("import_detail", portfolio.pk)).text
    assert "Une récusation vous cache le contenu" in page
    assert "Projets" not in page.partition("<main")[2]
    assert client.get(url("import_file", portfolio.pk, portfolio.files.get().pk)).status_code == 404
    rows = {"projects": [row("projects", reference=hidden.reference, title="Ombre?")], "gains": [row("gains", project=hidden.reference)]}
    told = worked(uploaded(other, package(tmp_path, rows))).problems["files"]
    assert [line for file in told for line in file["first"]] == [
        [2, "call", "« AP-1 » est inconnu", "code de la base ou du paquet attendu"],
        [2, "organisation", "« ORG » est inconnu", "code de la base ou du paquet attendu"],
        [2, "reference", "« PRJ-2026-1 » n’est pas à reprendre ici", "autre référence attendue"],
        [2, "project", "« PRJ-2026-1 » est inconnu", "code de la base ou du paquet attendu"],
    ]


def test_files_are_kept_as_evidence_or_forgotten_after_a_month(client: Client, controller: User, tmp_path: Path) -> None:
    kept = worked(confirmed(worked(uploaded(controller, package(tmp_path))), controller))
    bad = package(tmp_path, small(gains=[{"amount": "x"}]))
    left, twin = worked(uploaded(controller, bad)), worked(uploaded(controller, bad))
    paths = [one.files.get().path.name for one in (kept, left, twin)]
    assert paths[1] == paths[2]
    PortfolioImport.objects.filter(pk=twin.pk).update(uploaded_at=NOW + timedelta(days=20))
    assert acts.forget_portfolios(now=NOW + timedelta(days=31)) == 1
    assert [default_storage.exists(path) for path in paths] == [True, True, True]  # another package has the same bytes
    assert acts.forget_portfolios(now=NOW + timedelta(days=51)) == 1
    assert [default_storage.exists(path) for path in paths] == [True, False, False]
    page = client.get(url("import_detail", left.pk)).text
    assert left.sha256 in page
    assert "Télécharger la liste complète" not in page
    assert client.get(url("import_problems", left.pk)).status_code == 404
    assert client.get(url("import_file", left.pk, left.files.get().pk)).status_code == 404
    with pytest.raises(WrongState):
        acts.examine_again(portfolio_id=left.pk, actor=controller, now=LATER)


def test_a_failed_upload_leaves_no_file(controller: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = package(tmp_path)
    monkeypatch.setattr(acts, "note", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        uploaded(controller, file)
    digest = acts.sha256_of(file)
    assert (default_storage.exists(f"imports/{digest[:2]}/{digest}"), PortfolioImport.objects.count()) == (False, 0)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_whatever_its_length(
    client: Client, controller: User, tmp_path: Path, django_assert_num_queries: Any, count: int
) -> None:
    for _each in range(count):
        worked(uploaded(controller, package(tmp_path)))
    client.get(url("import_list"))
    with django_assert_num_queries(8):
        page = client.get(url("import_list"))
    assert page.text.count("À confirmer") == count


def test_the_database_holds_what_an_import_is(controller: User, tmp_path: Path) -> None:
    portfolio = uploaded(controller, package(tmp_path))
    change = f"UPDATE reporting_portfolioimport SET {{}} WHERE id = {portfolio.pk}"
    assert refusal(change.format("state = 'refused'")) == "portfolio_import_examined"
    assert refusal(change.format("state = 'ready', examined_at = now()")) == "portfolio_import_planned"
    planned = f"examined_at = now(), plan_sha256 = '{'0' * 64}'"
    assert refusal(change.format(f"state = 'confirmed', {planned}")) == "portfolio_import_confirmed"
    assert refusal(change.format("state = 'cancelled'")) == "portfolio_import_ended"
    assert refusal(change.format("ended_at = now()")) == "portfolio_import_ended"
    assert refusal(change.format("state = 'failed'")) == "portfolio_import_failure_has_a_reason"
    assert refusal(change.format("sha256 = 'x'")) == "portfolio_import_sha256"
    file = f"INSERT INTO reporting_portfoliofile (portfolio_id, name, size, sha256, path) VALUES ({portfolio.pk}, 'paquet.zip', 1, %s, '')"
    assert refusal(file, "0" * 64) == "portfolio_file_name_once"


def test_a_package_cancelled_as_its_examination_begins_stays_cancelled(
    controller: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portfolio = uploaded(controller, package(tmp_path))
    begin = portfolio_work._begin

    def cancelled_then_begun(row: PortfolioImport) -> bool:
        acts.cancel_portfolio(portfolio_id=row.pk, actor=controller, now=LATER)
        return begin(row)

    monkeypatch.setattr(portfolio_work, "_begin", cancelled_then_begun)
    assert (worked(portfolio).state, portfolio.attempts) == (ImportState.CANCELLED, 0)
