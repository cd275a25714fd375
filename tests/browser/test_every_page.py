"""Every page of the URL map, opened by a person who may see it: accessible at each width, and never broken.

A route added later fails here until it has its line in `tests/browser/fund.py`.
"""

import os
import re

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.browser import fund, seeded
from tests.browser.conftest import TOO_WIDE

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS")
#: the walk is made in parts, so that the processes of a run share it
PARTS = 4


def routes(resolver, prefix=""):
    """The name of every address of the URL map."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            if entry.name:
                yield prefix + entry.name
        else:
            yield from routes(entry, prefix + (f"{entry.namespace}:" if entry.namespace else ""))


def for_programs(route):
    """The resources of the API: what they answer is JSON."""
    return re.match(r"api:(.+-(list|detail)|roi-projects|variances)$", route)


def test_every_route_has_a_line():
    named = {route for route in routes(get_resolver()) if not for_programs(route)}
    known = set(fund.PAGES) | fund.NOT_PAGES
    assert named - known == set(), "these routes have no line in tests/browser/fund.py: say who opens them, and with which rows"
    assert known - named == set(), "these routes no longer exist: take their lines out of tests/browser/fund.py"


@pytest.fixture
def committed_db(template_database, django_db_setup, django_db_blocker, settings, monkeypatch, tmp_path_factory):
    """The fund, in a copy of this part's own, with its documents."""
    settings.MEDIA_ROOT = seeded.documents(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("MEDIA_ROOT", str(settings.MEDIA_ROOT))
    with django_db_blocker.unblock(), seeded.copy_of_fund(template_database) as name:
        yield name


@pytest.fixture
def sessions(live):
    """The cookie of each account, made once."""
    made = {}

    def of(local):
        if local not in made:
            client = Client()
            client.force_login(fund.person(local))
            made[local] = client.cookies["sessionid"].value
        return {"name": "sessionid", "value": made[local], "url": live.url}

    return of


def faults(page, address, accessibility_violations, shot):
    """What is wrong with a page: its answer, what axe finds at two widths, a sideways scroll at the narrowest."""
    page.set_viewport_size({"width": 1280, "height": 900})
    answer = page.goto(address)
    found = [] if answer.status == 200 else [f"answers {answer.status}"]
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width} px: {wide}" for wide in page.evaluate(TOO_WIDE)]
        if width != 320:
            found += [f"{width} px: {violation}" for violation in accessibility_violations(page)]
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{shot}-{width}.png", full_page=True)
    return found


def test_text_that_overflows_its_box_is_a_sideways_scroll(page):
    page.set_viewport_size({"width": 320, "height": 900})
    page.set_content("<body><p>Court</p>")
    assert page.evaluate(TOO_WIDE) == []
    page.set_content(f"<body><p>{'x' * 200}</p>")
    assert page.evaluate(TOO_WIDE)[0].endswith(" px wide")


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_accessible_at_each_width(page, sessions, accessibility_violations, part):
    wrong = {}
    for route, lines in list(fund.PAGES.items())[part::PARTS]:
        for index, (local, arguments, query) in enumerate(lines):
            page.context.clear_cookies()
            if local:
                page.context.add_cookies([sessions(local)])
            try:
                address = fund.address_of(route, arguments, query)
            except (IndexError, ObjectDoesNotExist) as error:
                wrong[f"{route} ({local})"] = [f"the fund has no row to open this page with ({error}): see tests/browser/fund.py"]
                continue
            if found := faults(page, address, accessibility_violations, f"{route.replace(':', '-')}-{index}"):
                wrong[f"{route} {address} ({local})"] = found
    assert wrong == {}
