"""The static checks find what they look for."""

import polib
import pytest

from fondsinnovation.quality import catalogues, checks


@pytest.fixture
def project(tmp_path, settings, monkeypatch):
    """A project with one message in its code and a plural in a template."""
    settings.BASE_DIR = tmp_path
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / "views.py").write_text('title = _("Appel à projets")\n')
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "list.html").write_text(
        "{% blocktranslate trimmed count n=n %}\n{{ n }} demande\n{% plural %}\n{{ n }} demandes\n{% endblocktranslate %}"
    )
    monkeypatch.setattr(checks, "BASE_DIR", tmp_path)
    return tmp_path


def translate(**texts: str) -> None:
    path = catalogues.catalogue_path("en")
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: "%(n)s application", 1: texts.get("plural", "%(n)s applications")}
        else:
            entry.msgstr = texts.get("title", "Call for projects")
    catalogue.save(str(path))
    path.with_suffix(".mo").write_bytes(catalogue.to_binary())


def test_messages_are_read_from_code_and_templates(project):
    assert catalogues.extract_messages() == {
        (None, "Appel à projets", ""): ["projects/views.py"],
        (None, "%(n)s demande", "%(n)s demandes"): ["templates/list.html"],
    }


def test_messages_are_read_whatever_the_indentation(project):
    page = '  <ul>\n      <li>{% translate "Recevable" %}</li>\n    {% if late %}<li>{% translate "En retard" %}</li>{% endif %}\n</ul>'
    (project / "templates" / "list.html").write_text(page)
    assert [msgid for _context, msgid, _plural in catalogues.extract_messages()] == ["Appel à projets", "Recevable", "En retard"]


def test_complete_catalogues_have_no_problem(project):
    assert [catalogues.update(language) for language in ("en", "fr")] == [2, 0]
    translate()
    assert [catalogues.problems(language) for language in ("en", "fr")] == [[], []]


def test_update_keeps_translations(project):
    catalogues.update("en")
    translate()
    (project / "projects" / "views.py").write_text('title = _("Appel à projets") + _("Demande")\n')
    assert catalogues.update("en") == 1
    assert [entry.msgid for entry in polib.pofile(str(catalogues.catalogue_path("en"))).untranslated_entries()] == ["Demande"]


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ({"title": ""}, "'Appel à projets': not translated"),
        ({"plural": "many applications"}, "'%(n)s demande': its translation has other placeholders"),
    ],
)
def test_fault_in_a_translation_is_found(project, texts, problem):
    catalogues.update("en")
    translate(**texts)
    assert catalogues.problems("en") == [f"{catalogues.catalogue_path('en')}: {problem}"]


def test_message_that_is_not_in_the_catalogue_is_found(project):
    catalogues.update("en")
    translate()
    (project / "projects" / "views.py").write_text('title = _("Demande")\n')
    path = catalogues.catalogue_path("en")
    assert catalogues.problems("en") == [
        f"{path}: no longer used: 'Appel à projets'",
        f"{path}: not in the catalogue: 'Demande' (projects/views.py)",
    ]


def test_catalogue_that_is_not_compiled_is_found(project):
    catalogues.update("en")
    translate()
    compiled = catalogues.catalogue_path("en").with_suffix(".mo")
    compiled.write_bytes(b"")
    assert catalogues.problems("en") == [f"{compiled}: not compiled from the .po; run manage.py messages"]


def test_message_inside_an_f_string_is_found(project):
    for language in catalogues.LANGUAGES:
        catalogues.update(language)
    translate()
    (project / "projects" / "forms.py").write_text("label = f\"{name}, {gettext('en dollars')}\"\nplain = f'{name}' + title\n")
    assert checks.messages() == ["projects/forms.py:1: a message inside an f-string is not read into the catalogues"]


def test_float_is_found(project):
    (project / "projects" / "views.py").write_text("amount = float(text)\n")
    assert checks.floats() == ["projects/views.py:1: float( outside a chart"]


def test_clock_is_found_below_the_interfaces_only(project):
    for name in ("services", "views"):
        (project / "projects" / name).mkdir(exist_ok=True)
        (project / "projects" / name / "calls.py").write_text("\nnow = timezone.now()\n")
    assert checks.clock() == ["projects/services/calls.py:2: reads the clock below the interfaces"]


def test_failing_tool_shows_what_it_says():
    assert checks.run("sh", "-c", "echo found; exit 1") == ["found"]


def test_passing_tool_shows_nothing():
    assert checks.run("sh", "-c", "echo fine") == []
