"""What every browser test does: sign a person in, and look at a page at each width."""

import os

import pytest
from django.test import Client

#: how wide a page is that scrolls sideways, then the elements that go too far: a text may overflow a box that does not
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [`${document.documentElement.scrollWidth} px wide`,
  ...[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth || e.scrollWidth > innerWidth)
    .map(e => e.outerHTML.slice(0, 120))]"""
SHOTS = os.environ.get("SHOTS")


@pytest.fixture
def sign_in(page, live):
    def as_(person):
        client = Client()
        client.force_login(person)
        page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live.url}])
        return person

    return as_


@pytest.fixture
def look(page, accessibility_violations):
    """Open an address at each width: it is there, no violation, no sideways scroll."""

    def at(address, name="", status=200):
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.goto(address).status == status, (address, width)
            assert page.evaluate(TOO_WIDE) == [], (address, width)
            if width != 320:
                assert accessibility_violations(page) == [], (address, width)
                if SHOTS and name:
                    page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})

    return at
