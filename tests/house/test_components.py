"""The template tags, the field template and the base of tables: what a page's author relies on."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import django_tables2
import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory

from fondsinnovation.fields import DayField, LongTextField, MoneyField
from fondsinnovation.kit.tables import BaseTable, DayColumn, MoneyColumn, NumberColumn
from projects.models import Organisation

AT = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)


class SampleForm(forms.Form):
    amount = MoneyField(label="Montant", help_text="En dollars")
    reason = LongTextField(label="Motif", limit=10, required=False)
    starts_on = DayField(label="Début", required=False)
    interest = forms.ChoiceField(label="Intérêt", widget=forms.RadioSelect, choices=[("oui", "Oui"), ("non", "Non")])
    sworn = forms.BooleanField(label="Je déclare")


def render(source: str, **context: Any) -> str:
    request = RequestFactory().get("/demandes/?etape=review&page=2")
    text = Template("{% load portal typography %}" + source).render(Context({"request": request, **context}))
    return re.sub(r">\s+<", "><", text.replace("\u00a0", " ")).strip()


# ── Tags ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_unknown_argument_is_an_error_when_the_template_loads() -> None:
    with pytest.raises(TemplateSyntaxError, match="unexpected keyword argument 'color'"):
        Template('{% load portal %}{% tag "Terminé" color="green" %}')


@pytest.mark.parametrize("source", ['{% tag "x" colour="vert" %}', '{% notice kind="info" %}{% endnotice %}'])
def test_unknown_choice_is_an_error(source: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="is one of"):
        render(source)


def test_tag_escapes_its_label() -> None:
    assert render("{% tag label colour='red' %}", label="<b>") == '<span class="tag red">&lt;b&gt;</span>'


def test_notice_wraps_what_it_holds() -> None:
    assert render('{% notice kind="warning" title="Attention" %}<p>Texte</p>{% endnotice %}') == (
        '<div class="notice warning"><h2>Attention</h2><p>Texte</p></div>'
    )


def test_fact_shows_the_unknown_as_unknown() -> None:
    source = '{% facts small=True %}{% fact "Cote" score %}{% fact "Montant" amount|money number=True %}{% endfacts %}'
    assert render(source, score=None, amount=Decimal(1250)) == (
        '<dl class="facts small"><dt>Cote</dt><dd>n. d.</dd><dt>Montant</dt><dd class="num">1 250 $</dd></dl>'
    )


def test_task_describes_its_link_by_its_state() -> None:
    source = (
        '{% task_list %}{% task "Budget" url="/demandes/1/budget/" state="À corriger" colour="red" hint="2 erreurs" %}{% endtask_list %}'
    )
    assert render(source) == (
        '<ul class="tasks"><li><span><a href="/demandes/1/budget/" aria-describedby="task-demandes1budget">Budget</a>'
        '<span class="hint">2 erreurs</span></span><span class="tag red" id="task-demandes1budget">À corriger</span></li></ul>'
    )


def test_task_that_cannot_be_opened_has_no_link() -> None:
    assert (
        render('{% task "Signer" state="À venir" %}')
        == '<li><span><span>Signer</span></span><span class="tag" id="task-signer">À venir</span></li>'
    )


def test_summary_row_names_what_its_link_changes() -> None:
    source = '{% summary_row "Titre" "Permis" url="/t" %}{% summary_row "Risques" "" %}'
    assert render(source) == (
        '<div><dt>Titre</dt><dd>Permis</dd><dd><a href="/t">Modifier<span class="visually-hidden"> : Titre</span></a></dd></div>'
        '<div><dt>Risques</dt><dd><span class="missing">À remplir</span></dd></div>'
    )


def test_event_without_an_instant_is_still_to_come() -> None:
    source = '{% event "Soumise" at=at by="Mairie" %}{% event "Décision" text="En janvier" %}'
    assert render(source, at=AT) == (
        '<li class="done"><p class="title">Soumise</p><p class="small soft">'
        '<time datetime="2026-11-27T21:00:00+00:00">27 novembre 2026, 16 h</time> · Mairie</p></li>'
        '<li><p class="title">Décision</p><p>En janvier</p></li>'
    )


def test_way_out_of_a_page_that_cancels_something_is_not_called_the_same() -> None:
    ways = [render(f'{{% actions submit="{word} le lot" cancel_url="/" %}}').rpartition("href")[2] for word in ("Annuler", "Refuser")]
    assert ["Revenir" in ways[0], "Annuler" in ways[1]] == [True, True]


def test_breadcrumb_marks_the_page_it_is_on() -> None:
    page = render('{% breadcrumb %}{% crumb "Demandes" "/demandes/" %}{% crumb "Budget" %}{% endbreadcrumb %}')
    assert re.findall(r"<li.*?</li>", page) == ['<li><a href="/demandes/">Demandes</a></li>', '<li aria-current="page">Budget</li>']


def test_pagination_keeps_the_filters() -> None:
    page = render("{% pagination page %}", page=Paginator(range(60), 25).page(2))
    assert re.findall(r'href="([^"]+)"', page) == [f"?etape=review&amp;page={number}" for number in (1, 1, 2, 3, 3)]
    assert 'aria-current="page" aria-label="Page 2, page courante"' in page


def test_pagination_of_one_page_is_not_shown() -> None:
    assert render("{% pagination page %}", page=Paginator(range(25), 25).page(1)) == ""


# ── Fields ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_field_stands_label_help_error_widget() -> None:
    assert render("{{ form.amount.as_field_group }}", form=SampleForm({"amount": "12,555"})) == (
        '<div class="field"><label for="id_amount">Montant&nbsp;<span class="required" aria-hidden="true">*</span></label>'
        '<span class="hint" id="id_amount_helptext">En dollars</span>'
        '<span class="error" id="id_amount_error">Erreur : inscrivez au plus deux chiffres après la virgule</span>'
        '<input type="text" name="amount" value="12,555" class="money" inputmode="decimal" autocomplete="off" required '
        'aria-invalid="true" aria-describedby="id_amount_helptext id_amount_error" id="id_amount">'
        '<span class="unit" aria-hidden="true">&nbsp;$</span></div>'
    )


def test_error_summary_links_each_error_to_its_field() -> None:
    form = SampleForm({"amount": "-1", "sworn": "on"})
    form.add_error(None, "Rien ne va.")
    page = render("{% error_summary form %}", form=form)
    assert re.findall(r"<li>(.*?)</li>", page) == [
        '<a href="#id_amount">Montant : inscrivez un montant positif ou nul</a>',
        '<a href="#id_interest">Intérêt : Ce champ est obligatoire.</a>',
        "Rien ne va.",
    ]
    assert "Corrigez 3 erreurs pour continuer" in page


@pytest.mark.parametrize("form", [None, SampleForm(), ""])
def test_error_summary_without_error_is_empty(form: Any) -> None:
    assert render("{% error_summary form %}", form=form) == ""


def test_radio_group_is_a_fieldset_that_its_error_describes() -> None:
    page = render("{{ form.interest.as_field_group }}", form=SampleForm({}))
    assert page.startswith(
        '<div class="field"><fieldset id="id_interest" tabindex="-1" aria-describedby="id_interest_error"><legend>Intérêt'
    )
    assert re.findall(r'<label class="choice" for="(\w+)">', page) == ["id_interest_0", "id_interest_1"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("", "Il reste 10 caractères."), ("123456789", "Il reste 1 caractère."), ("1" * 12, "Le texte dépasse la limite de 2 caractères.")],
)
def test_long_text_counts_and_never_cuts(typed: str, shown: str) -> None:
    form = SampleForm({"reason": typed})
    page = render("{{ form.reason.as_field_group }}", form=form)
    form.is_valid()
    assert re.findall(r'<p class="counter"[^>]*>([^<]*)</p>', page) == [shown]
    assert "maxlength" not in page
    assert form.cleaned_data["reason"] == typed


def test_text_area_lets_too_long_a_text_in_and_says_so() -> None:
    """A browser would cut what is pasted at `maxlength`, without a word."""

    class NoteForm(forms.Form):
        note = forms.CharField(max_length=3, widget=forms.Textarea(attrs={"rows": 2}))

    page = render("{{ form.note.as_field_group }}", form=NoteForm({"note": "trop long"}))
    assert ("maxlength" in page, 'rows="2"' in page, "trop long</textarea>" in page) == (False, True, True)
    assert "au plus 3" in page


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("12,5", Decimal("12.50")),
        ("1 250 000 $", Decimal("1250000.00")),
        ("-1", "sign"),
        ("1e9", "number"),
        ("NaN", "number"),
        ("1,234", "decimals"),
        ("1" + "0" * 16, "large"),
        ("", "required"),
    ],
)
def test_money_field_reads_what_people_type(typed: str, code: Decimal | str) -> None:
    form = SampleForm({"amount": typed})
    form.is_valid()
    found = form.cleaned_data.get("amount") or form.errors.as_data()["amount"][0].code
    assert found == code


@pytest.mark.parametrize(("typed", "changed"), [("45 000", False), ("45000,00", False), ("45 001", True), ("abc", True)])
def test_money_field_knows_when_nothing_changed(typed: str, changed: bool) -> None:
    assert MoneyField().has_changed(Decimal("45000.00"), typed) is changed


def test_day_field_shows_an_iso_day() -> None:
    page = render("{{ form.starts_on }}", form=SampleForm(initial={"starts_on": date(2026, 4, 1)}))
    assert page == '<input type="date" name="starts_on" value="2026-04-01" id="id_starts_on">'


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class SampleTable(BaseTable):
    name = django_tables2.Column(verbose_name="Demande")
    amount = MoneyColumn(verbose_name="Montant")
    score = NumberColumn(digits=1, verbose_name="Cote", orderable=False)
    due = DayColumn(verbose_name="Échéance")


ROWS = [{"name": f"D{i:02}", "amount": Decimal(100 - i), "score": None, "due": AT} for i in range(30)]


def _table(query: str) -> tuple[SampleTable, str]:
    request = RequestFactory().get(f"/demandes/{query}")
    table = SampleTable.for_page(request, ROWS, caption="30 demandes")
    return table, re.sub(r"\s*\n\s*", "", table.as_html(request))


def test_table_sorts_and_cuts_pages_as_the_address_asks() -> None:
    _sorted, page = _table("?sort=amount&page=2")
    assert re.findall(r'scope="row">(D\d\d)<', page) == ["D04", "D03", "D02", "D01", "D00"]
    assert 'aria-sort="ascending"><a href="?sort=-amount&amp;page=2">Montant</a>' in page


@pytest.mark.parametrize(("page", "number"), [("abc", 1), ("99", 2), ("-1", 2), ("", 1)])
def test_table_page_that_does_not_exist_is_the_nearest(page: str, number: int) -> None:
    table, _html = _table(f"?page={page}")
    assert table.page.number == number


def test_table_cells_are_labelled_for_a_phone() -> None:
    _cut, page = _table("")
    first = re.search(r"<tbody.*?<tr role=\"row\">(.*?)</tr>", page)[1].replace("\u00a0", " ")
    assert first == (
        '<th role="rowheader" scope="row">D00</th><td role="cell" data-label="Montant" class="num right"><span>100 $</span></td>'
        '<td role="cell" data-label="Cote" class="num right"><span>n. d.</span></td>'
        '<td role="cell" data-label="Échéance" class="num"><span>2026-11-27</span></td>'
    )


def test_table_exports_values_not_text() -> None:
    table = SampleTable.sorted_for(RequestFactory().get("/?sort=amount"), ROWS)
    rows = list(table.export_rows())
    assert rows[:2] == [["Demande", "Montant", "Cote", "Échéance"], ["D29", Decimal(71), None, AT]]
    assert len(rows) == 31


def test_table_sorted_by_a_reader_still_ends_on_the_key() -> None:
    class OrganisationTable(BaseTable):
        name = django_tables2.Column()

    table = OrganisationTable.sorted_for(RequestFactory().get("/?sort=-name"), Organisation.objects.order_by("code", "pk"))
    assert table.data.data.query.order_by == ("-name", "pk")


# ── The frame ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", ["403", "403_csrf", "404", "409", "413", "429"])
def test_error_page_has_one_heading_and_the_language(name: str) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    page = render_to_string(f"{name}.html", {"menu": [], "message": "Refusé."}, request)
    assert page.count("<h1>") == 1
    assert '<html lang="fr-CA">' in page


def test_500_page_needs_no_request() -> None:
    page = render_to_string("500.html")
    assert "<h1>Une erreur est survenue</h1>" in page
    assert "Gouvernement du Québec" in page
