"""What a page says, and which of it the catalogue knows as French: for the tests of the English pages."""

import re
from functools import cache
from html.parser import HTMLParser

import polib

from fondsinnovation.quality.catalogues import PLACEHOLDER, catalogue_path

READ_ALOUD = ("aria-label", "title", "placeholder", "alt", "data-label")


class Texts(HTMLParser):
    """The texts of a page, one per text node or spoken attribute, without those that say that they are in another language."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.foreign = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag != "html" and (self.foreign or (given.get("lang") or "").startswith("fr")):
            self.foreign += tag not in {"br", "img", "input", "meta", "link", "hr"}
        else:
            self.found += [value for name in READ_ALOUD if (value := given.get(name))]

    def handle_endtag(self, tag: str) -> None:
        self.foreign -= bool(self.foreign)

    def handle_data(self, data: str) -> None:
        if not self.foreign and data.strip():
            self.found.append(data)


@cache
def _french() -> tuple[re.Pattern[str], ...]:
    """The messages of the catalogue, whatever their values: one or two words are a whole text, a sentence may stand inside one."""
    found = []
    for entry in polib.pofile(str(catalogue_path("en"))):
        for french in filter(None, (entry.msgid, entry.msgid_plural)):
            words = len(re.findall(r"\w{2,}", PLACEHOLDER.sub("", french)))
            if words and french not in {entry.msgstr, *entry.msgstr_plural.values()}:
                pattern = ".+?".join(re.escape(part) for part in PLACEHOLDER.split(" ".join(french.split())))
                found.append(re.compile(pattern if words > 2 else rf"\A{pattern}\Z"))
    return tuple(found)


def french_in(html: str) -> list[str]:
    """The texts of a page that are, or hold, a French message of the catalogue."""
    page = Texts()
    page.feed(html)
    texts = dict.fromkeys(" ".join(text.split()) for text in page.found)
    return [text for text in texts if any(message.search(text) for message in _french())]
