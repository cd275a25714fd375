from datetime import timedelta

import typst

from projects.pdf import ROOT, render
from tests.factories import NOW

DATA = {
    "number": "DEM-2026-00001",
    "title": "Permis d’été",
    "call": "AP-2026-01 – Essai",
    "organisation": "Ville",
    "submitted_by": "Q. L.",
    "received_at": "2026-11-24 10:00:00",
    "sha256": "ab" * 32,
    "attachments": [{"name": "resolution.pdf", "sha256": "cd" * 32}],
    "sections": [{"title": "Budget", "answers": [{"label": "Coût", "text": "#panic() *littéral*"}]}],
}


def test_same_data_makes_the_same_bytes_and_other_data_others():
    first, again = (render("application.typ", DATA, at=NOW) for _time in range(2))
    assert first == again
    assert first != render("application.typ", {**DATA, "sha256": "ef" * 32}, at=NOW)
    assert first != render("application.typ", DATA, at=NOW + timedelta(days=1))


def test_document_declares_its_language_title_and_standards():
    made = render("application.typ", DATA, at=NOW)
    said = [
        b"<pdfaid:part>2</pdfaid:part>",
        b"<pdfuaid:part>1</pdfuaid:part>",
        b"<rdf:li>fr-CA</rdf:li>",
        b"<pdfaid:conformance>A</pdfaid:conformance>",
    ]
    assert [words for words in said if words not in made] == []


def test_layout_writes_amounts_days_and_years_as_quebec_does():
    lines = [
        ('money("1250000.50")', "1 250 000,50 $"),
        ('money("-999")', "−999,00 $"),
        ('money("0.05")', "0,05 $"),
        ('long-date("2026-12-01")', "1er décembre 2026"),
        ('long-date("2026-11-24")', "24 novembre 2026"),
        ("fiscal-year(2026)", "2026-2027"),
    ]
    checks = "\n".join(f'#assert.eq({call}.replace("\\u{{a0}}", " "), "{text}")' for call, text in lines)
    source = f'#import "layout.typ": *\n{checks}\nvu'
    assert typst.compile(source.encode(), root=ROOT, format="svg", sys_inputs={"data": "{}"}) is not None
