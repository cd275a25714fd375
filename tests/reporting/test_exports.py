"""Reports as files: exact bytes, the same for ever, taken by those who may and written in the journal."""

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.enums import Role, Stage
from projects.models import JournalEntry, Organisation, User
from reporting.catalogue import REPORTS
from reporting.exports import FORMATS, Source, write_file
from reporting.models import Export
from reporting.services import snapshots
from reporting.services.compute import rows_of
from reporting.services.exports import forget_expired
from tests.factories import NOW, ApplicationFactory, OrganisationFactory, person_with, recuse
from tests.reporting.portfolio import Portfolio
from tests.reporting.test_snapshots import first_project, recompute, small

pytestmark = pytest.mark.django_db
DAY = NOW.date()


@pytest.fixture(autouse=True)
def _at_the_instant_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pages read the clock themselves; no broker is needed for them."""
    monkeypatch.setattr(snapshots, "_nudge", lambda run_id: None)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def auditor(client: Client) -> User:
    person = person_with(Role.AUDITOR)
    client.force_login(person)
    return person


def written(code: str, form: str = "csv", *, filters: dict[str, str] | None = None, person: User | None = None) -> bytes:
    report, filters = REPORTS[code], filters or {}
    rows = rows_of(report, effective=DAY, known=NOW, filters=filters, person=person)
    with tempfile.TemporaryFile() as file:
        made = write_file(Source(report, rows, DAY, NOW, filters), FORMATS[form], file)
        data = file.read()
    assert (made.size, made.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    return data


def rows_in(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


ROI_COLUMNS = (
    "project,call,organisation,region,status,fund_paid,cofunding,net_gain_forecast,net_gain_reported,net_gain_verified,"
    "net_gain_captured,avoided_verified,productivity_verified,roi_public,roi_fund,multiple_public,multiple_fund,rec3_fund,rec3_public,"
    "cum3_fund,cum3_public,npv,bcr,payback_years,realisation_reported,realisation_verified,verification_yield,coverage,capture_rate,variance,"
    "net_gain_contested,net_gain_expected,net_gain_examined"
)


def test_csv_has_the_promised_form_and_columns() -> None:
    small()
    data = written("roi-projects")
    lines = data.decode("utf-8").split("\n")
    assert lines[0] == ROI_COLUMNS
    assert lines[1].startswith("PRJ-1,")
    assert ",05,active,60000.00,20000.00,120000.00,30000.00,25000.00,10000.00,4000.00,0.00,-0.6875,-0.5833,0.3125,0.4167,,,,," in lines[1]
    assert lines[2].startswith("TOTAL,,,,,60000.00,")
    assert (lines[3:], b"\r" in data) == ([""], False)


@pytest.mark.parametrize("code", REPORTS)
def test_columns_of_a_report_are_those_of_its_rows(code: str) -> None:
    small()
    row = next(rows_of(REPORTS[code], effective=DAY, known=NOW, filters={}))
    assert [column.code for column in REPORTS[code].columns] == list(row)


def test_office_csv_has_its_mark_semicolons_and_decimal_commas() -> None:
    small()
    text = written("envelopes", "csv-fr").decode("utf-8")
    lines = text.split("\n")
    assert lines[0].startswith("\ufeffEnveloppe;Exercice;Plafond;Autorisé;Virements;Gelé;Périmé;Reporté;Réinvesti;Crédit ouvert;")
    assert lines[1] == "PROJECTS;2024;;54000000,00" + ";0,00" * 5 + ";54000000,00" + ";0,00" * 5 + ";54000000,00;0,0000;;0,9000"


def test_json_has_a_manifest_and_money_as_text() -> None:
    small()
    found = json.loads(written("roi-projects", "json"))
    assert list(found) == ["manifest", "rows"]
    assert found["rows"][0]["fund_paid"] == "60000.00"
    assert found["rows"][0]["rec3_fund"] is None
    texts = [{name: value or "" for name, value in row.items()} for row in found["rows"]]
    lines = "".join(json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n" for row in texts)
    assert found["manifest"]["sha256"] == hashlib.sha256(lines.encode()).hexdigest()
    gains = json.loads(written("gains", "json"))["rows"]
    assert (gains[0]["fiscal_year"], gains[0]["windfall"]) == (2027, False)


def test_xlsx_has_typed_cells_a_frozen_heading_and_says_what_it_is() -> None:
    small()
    book = openpyxl.load_workbook(io.BytesIO(written("gains", "xlsx")))
    assert book.sheetnames == ["Données", "À propos"]
    sheet = book["Données"]
    assert sheet.freeze_panes == "B2"
    row = {cell.value: sheet.cell(2, cell.column).value for cell in sheet[1]}
    assert row["Montant"] == 60000
    assert row["Début de la période"].date() == date(2027, 4, 1)
    assert row["Exercice"] == 2027
    assert "gains" in book.defined_names
    about = {name.value: value.value for name, value in book["À propos"].iter_rows(max_col=2)}
    assert (about["Date d’effet"], about["Lignes"]) == ("2026-11-24", "6")
    assert about["Date de connaissance"] == "2026-11-24 10:00:00 (heure de l’Est)"
    assert len(about["Empreinte SHA-256 des lignes"]) == 64


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("code", REPORTS)
def test_the_same_dates_give_the_same_bytes_for_ever(code: str, form: str) -> None:
    book = small()
    before = written(code, form)
    later = NOW + timedelta(seconds=1)
    book.pay(first_project(), "1.00", at=later)
    book.gain(book.line(first_project()), Stage.VERIFIED, "99.00", at=later)
    assert written(code, form) == before
    recompute()
    assert written(code, form) == before  # from the snapshot, no longer computed


def test_xlsx_holds_no_clock() -> None:
    small()
    with zipfile.ZipFile(io.BytesIO(written("envelopes", "xlsx"))) as book:
        assert {each.date_time for each in book.infolist()} == {(1980, 1, 31, 0, 0, 0)}
        assert b"2024-04-01T00:00:00Z" in book.read("docProps/core.xml")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_neutralised_and_negative_numbers_are_not(start: str) -> None:
    book = Portfolio()
    application = ApplicationFactory(organisation=OrganisationFactory(code=f"{start}1+1"))
    project = book.project("PRJ-1", application=application)
    book.gain(book.line(project), Stage.VERIFIED, "-5.00")
    assert Organisation.objects.filter(code=f"{start}1+1").exists()
    for form, encoding, delimiter in (("csv", "utf-8", ","), ("csv-fr", "utf-8-sig", ";")):
        text = written("roi-projects", form).decode(encoding)
        row = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))[1]
        assert row[2] == f"'{start}1+1"
        assert row[9] == ("-5.00" if form == "csv" else "-5,00")


def test_filters_choose_rows_and_the_total_is_that_of_the_selection() -> None:
    book = small()
    second = book.project("PRJ-2")
    book.pay(second, "40.00")
    recompute()
    rows = rows_in(written("roi-projects", filters={"project": "PRJ-2"}))
    assert [(row["project"], row["fund_paid"]) for row in rows] == [("PRJ-2", "40.00"), ("TOTAL", "40.00")]
    rows = rows_in(written("roi-projects", filters={"call": second.call.reference, "status": "active", "region": "05"}))
    assert [row["project"] for row in rows] == ["PRJ-2", "TOTAL"]
    rows = rows_in(written("gains", filters={"project": "PRJ-1", "stage": "captured"}))
    assert [row["amount"] for row in rows] == ["10000.00"]
    rows = rows_in(written("envelopes", filters={"envelope": "SECRETARIAT", "fiscal_year": "TOTAL"}))
    assert [(row["ceiling"], row["authorised"]) for row in rows] == [("30000000.00", "30000000.00")]


def test_a_recused_person_takes_neither_the_project_nor_its_part_of_the_total(auditor: User) -> None:
    book = small()
    hidden = book.project("PRJ-SECRET")
    book.pay(hidden, "777.77")
    recompute()
    recuse(auditor, hidden.application)
    rows = rows_in(written("roi-projects", person=auditor))
    assert [(row["project"], row["fund_paid"]) for row in rows] == [("PRJ-1", "60000.00"), ("TOTAL", "60000.00")]
    for code in REPORTS:
        assert b"PRJ-SECRET" not in written(code, person=auditor)


# -- taking a file -------------------------------------------------------------------------------------------------------


def take(client: Client, code: str = "roi-projects", **data: str) -> Any:
    return client.post(reverse("reporting:export_create", args=[code]), {"format": "csv", "key": "k1", **data})


def test_an_auditor_takes_a_report_and_the_journal_says_so(client: Client, auditor: User) -> None:
    small()
    recompute()
    answer = take(client)
    export = Export.objects.get()
    assert answer.url == reverse("reporting:export_detail", args=[export.pk])
    page = client.get(answer.url)
    assert export.sha256 in page.text
    file = client.get(reverse("reporting:export_download", args=[export.pk]))
    data = file.getvalue()
    assert hashlib.sha256(data).hexdigest() == export.sha256
    assert (export.rows, export.size, export.known) == (2, len(data), NOW)
    assert file["Content-Disposition"] == 'attachment; filename="roi-projects_2026-11-24_20261124T150000Z.csv"'
    entry = JournalEntry.objects.get(act="keep_export")
    assert entry.actor == auditor
    assert export.sha256 in entry.content
    assert JournalEntry.objects.filter(act="record_access", actor=auditor).count() == 1


def test_a_double_click_takes_one_file(client: Client, auditor: User) -> None:
    small()
    recompute()
    assert take(client).url == take(client).url
    assert (Export.objects.count(), JournalEntry.objects.filter(act="keep_export").count()) == (1, 1)


def test_taking_a_report_is_refused_to_others(client: Client, auditor: User) -> None:
    small()
    recompute()
    take(client)
    download = reverse("reporting:export_download", args=[Export.objects.get().pk])
    client.logout()
    assert take(client).status_code == 302
    client.force_login(person_with(Role.SIGNATORY))
    assert take(client).status_code == 403
    assert client.get(download).status_code == 404
    client.force_login(person_with(Role.DIRECTOR))
    assert client.get(download).status_code == 404
    client.force_login(auditor)
    assert client.get(reverse("reporting:export_create", args=["gains"])).status_code == 405
    assert take(client, format="exe").status_code == 422
    assert Export.objects.count() == 1


def test_a_file_is_gone_after_a_recusal_and_after_a_week(client: Client, auditor: User) -> None:
    small()
    recompute()
    take(client)
    export = Export.objects.get()
    download = reverse("reporting:export_download", args=[export.pk])
    assert client.get(download).getvalue() != b""
    recusal = recuse(auditor, first_project().application)
    assert client.get(download).getvalue() != b""  # made after the recusal: the project is not in it
    Export.objects.filter(pk=export.pk).update(created_at=recusal.recused_at - timedelta(seconds=1))
    assert client.get(download).status_code == 404
    assert default_storage.exists(export.path.name)
    assert forget_expired(now=timezone.now() + timedelta(days=8)) == 1
    assert not default_storage.exists(export.path.name)


def test_totals_of_the_reports_agree() -> None:
    book = small()
    book.pay(book.project("PRJ-2"), "0.07")
    recompute()
    roi, envelopes, years = rows_in(written("roi-projects")), rows_in(written("envelopes")), rows_in(written("gains-by-year"))
    paid = sum(Decimal(row["fund_paid"]) for row in roi[:-1])
    assert Decimal(roi[-1]["fund_paid"]) == paid == Decimal(envelopes[-1]["paid"]) - Decimal(envelopes[-1]["recovered"])
    assert years[-1]["verified"] == roi[-1]["net_gain_verified"]
