"""The traps of tests/traps.py catch what they say."""

import socket

import pytest
from django.contrib.contenttypes.models import ContentType
from django.http import HttpResponse
from django.template import Context, engines

from tests.traps import check_html


def render(source: str, **context: object) -> str:
    return engines["django"].engine.from_string(source).render(Context(context))


def test_undefined_template_variable_fails_by_name():
    with pytest.raises(AssertionError, match=r"undefined template variable: call\.title"):
        render("{{ call.title }}", call={"name": "x"})


def test_undefined_template_variable_is_false_in_a_condition():
    assert render("{% if missing %}oui{% else %}non{% endif %}") == "non"


def test_undefined_template_variable_has_a_default():
    assert render("{{ missing|default:'rien' }}") == "rien"


@pytest.mark.parametrize(
    "html",
    [
        "<p>{{ name }}</p>",
        "<p>{% if %}</p>",
        '<p class="a" style="color:red">',
        '<a href="/" onclick="go()">',
        "<script>go()</script>",
        "<style>p{}</style>",
    ],
)
def test_forbidden_html_fails(html):
    with pytest.raises(AssertionError, match="forbidden in HTML"):
        check_html(HttpResponse(html))


def test_allowed_html_passes():
    page = '<script src="/static/app.js"></script><p data-style="a">un style="x" écrit dans le texte</p>'
    assert check_html(HttpResponse(page)) is None


def test_network_is_closed():
    with socket.socket() as client, pytest.raises(AssertionError, match="the network is closed"):
        client.connect(("192.0.2.1", 80))


@pytest.mark.django_db
def test_unordered_rows_come_in_any_order():
    ContentType.objects.bulk_create([ContentType(app_label="traps", model=f"m{number:02}") for number in range(20)])
    rows = ContentType.objects.filter(app_label="traps")
    ordered = [row.model for row in rows.order_by("pk")]
    shuffled = [row.model for row in rows]
    assert (shuffled != ordered, sorted(shuffled)) == (True, ordered)


@pytest.mark.django_db
def test_act_that_locks_against_the_order_fails():
    from fondsinnovation.kit.errors import act
    from funding.models import Agreement
    from projects.models import Organisation
    from projects.services.locks import lock
    from tests.factories import NOW, agreement_in_force

    agreement = agreement_in_force()

    @act
    def backwards(*, actor, now):
        lock(Agreement, agreement.pk)
        lock(Organisation, agreement.project.organisation_id)

    with pytest.raises(AssertionError, match="backwards locks projects_organisation after funding_agreement"):
        backwards(actor=None, now=NOW)
