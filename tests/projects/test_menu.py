"""The main menu: what each role sees of it, and what is folded away."""

import pytest
from django.urls import reverse

from projects.enums import Role
from projects.menu import LONG, menu_of
from projects.policies.rights import rights_of
from tests.factories import NOW, person_with

pytestmark = pytest.mark.django_db


def labels(role, path="", *, under_more):
    return [entry.label for entry in menu_of(rights_of(person_with(role), NOW), path) if entry.is_under_more is under_more]


def test_short_menu_folds_nothing():
    for role in (Role.WRITER, Role.REVIEWER, Role.PRIVACY_OFFICER, Role.TECHNICAL_ADMIN):
        assert labels(role, under_more=True) == [], role
        assert len(labels(role, under_more=False)) <= LONG, role


def test_long_menu_folds_what_is_seldom_opened():
    assert labels(Role.DIRECTOR, under_more=True) == [
        "Appels à projets",
        "Appels",
        "Organismes",
        "Suivis",
        "Importations",
        "Journal",
        "Accès",
    ]
    assert labels(Role.DIRECTOR, under_more=False) == [
        "Demandes", "Décisions", "Conventions", "Enveloppes", "Projets", "Gains", "Tableau de bord", "Rapports"
    ]  # fmt: skip


def test_page_that_is_open_is_never_folded():
    path = reverse("projects:organisation_list")
    assert "Organismes" in labels(Role.AUDITOR, path, under_more=False)
    assert labels(Role.AUDITOR, path, under_more=True) == [
        "Appels à projets",
        "Appels",
        "Suivis",
        "Importations",
        "Journal",
        "Incidents",
        "Accès",
    ]


def test_page_holds_each_entry_once_and_marks_the_open_one(client):
    client.force_login(person_with(Role.AUDITOR))
    page = client.get(reverse("projects:organisation_list"))
    nav = page.text.partition('<nav class="menu"')[2].partition("</nav>")[0]
    assert [nav.count(f'href="{entry.url}"') for entry in page.context["menu"]] == [1] * len(page.context["menu"])
    assert nav.count("<summary>Plus</summary>") == nav.count('aria-current="page"') == 1


def test_list_that_no_entry_opens_marks_the_entry_that_leads_to_it():
    for path, entry in (("/lots/", "Paiements"), ("/rapprochement/", "Paiements"), ("/jalons/7/", "Conventions")):
        assert [one.label for one in menu_of(rights_of(person_with(Role.AUDITOR), NOW), path) if one.current] == [entry], path
