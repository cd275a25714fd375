"""The registry of personal information is complete, its page is drawn from it, and logs, addresses and browsers hold none."""

import io
import json
import logging
from pathlib import Path

import pytest
import structlog
from django.conf import settings

from fondsinnovation.logs import formatter, masked
from projects.enums import Role
from projects.management.commands.draw_personal_information import PAGE, draw
from projects.policies import personal
from tests.factories import person_with


def test_every_field_and_model_is_decided():
    assert list(personal.undecided()) == []


@pytest.mark.parametrize("path", ["projects.User.email", "account.EmailAddress.email"])
def test_forgotten_field_is_named(monkeypatch, path):
    monkeypatch.setattr(personal, "REGISTRY", tuple(line for line in personal.REGISTRY if line.path != path))
    assert path in list(personal.undecided())


def test_forgotten_model_and_line_about_nothing_are_named(monkeypatch):
    decided = {label: why for label, why in personal.NOTHING_PERSONAL.items() if label != "funding.Payment"}
    monkeypatch.setattr(personal, "NOTHING_PERSONAL", {**decided, "projects.Nothing": "rien"})
    assert list(personal.undecided()) == ["funding.Payment", "projects.Nothing"]


def test_every_line_says_why_how_long_and_who():
    assert [line.path for line in personal.REGISTRY if not (line.purpose and line.retention.rule and line.access)] == []
    assert len({line.path for line in personal.REGISTRY}) == len(personal.REGISTRY)


def test_page_is_drawn_from_the_registry():
    assert PAGE.read_text(encoding="utf-8") == draw()


def test_browser_keeps_nothing():
    script = (Path(settings.BASE_DIR) / "fondsinnovation" / "static" / "js" / "app.js").read_text(encoding="utf-8")
    assert [name for name in ("localStorage", "sessionStorage", "indexedDB", "document.cookie") if name in script] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("de ariane.lavertu+x@exemple.quebec à b@c.ca.", "de …@… à …@…."),
        ("q=ariane%40exemple.quebec", "q=…@…"),
        ("GET /compte/courriel/MTI:1abc:xyz/", "GET /compte/courriel/…/"),
        ("/compte/mot-de-passe/oubli/1-set-password/", "/compte/mot-de-passe/oubli/…/"),
        ("12 demandes @ 10 h", "12 demandes @ 10 h"),
    ],
)
def test_text_is_masked(text, said):
    assert masked(text) == said


@pytest.fixture
def lines():
    """What the portal writes in its log, one dict a line."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.django_db
def test_request_leaves_no_personal_data_in_the_log(client, lines):
    person = person_with(Role.OFFICER, email="ariane.lavertu@exemple.quebec", name="Ariane Lavertu")
    headers = {"User-Agent": "Navigateur/1.0", "X-Forwarded-For": "203.0.113.7"}
    client.post("/compte/connexion/", {"login": person.email, "password": "faux"}, headers=headers, REMOTE_ADDR="203.0.113.7")
    client.force_login(person)
    client.get(f"/appels/?q={person.email}", headers=headers, REMOTE_ADDR="203.0.113.7")
    client.get(f"/introuvable/{person.email}/", headers=headers)
    structlog.get_logger("essai").warning("refusé", to=person.email)
    logging.getLogger("essai").error("envoi à %s", person.email)
    logging.getLogger("gunicorn.access").warning("GET /demandes/?q=Lavertu HTTP/1.1 200")
    said = json.dumps(lines(), ensure_ascii=False)
    hidden = (person.email, "Lavertu", "203.0.113.7", "Navigateur", "?q=", "faux")
    assert [secret for secret in hidden if secret in said] == []
    finished = [line for line in lines() if line["event"] == "request_finished"]
    assert [line["request"] for line in finished] == ["POST /compte/connexion/", "GET /appels/", "GET /introuvable/…@…/"]
    assert finished[1]["user_id"] == person.pk
    assert {"ip", "user_agent"} & set().union(*lines()) == set()
