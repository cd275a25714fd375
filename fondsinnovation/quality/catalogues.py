"""Message catalogues without GNU gettext: extract, compare, compile.

A msgid is the French text, so French needs no translation; its catalogue only holds the plurals, because without one
Django would count as English does (« 0 demandes » where French writes « 0 demande »).
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PACKAGES = ("fondsinnovation", "projects", "funding", "reporting")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
LANGUAGES = {"en": "nplurals=2; plural=(n != 1);", "fr": "nplurals=2; plural=(n > 1);"}

Key = tuple[str | None, str, str]  # context, msgid, plural


def catalogue_path(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def extract_messages() -> dict[Key, list[str]]:
    """Every message of the code and the templates, with the files that use it."""
    found: dict[Key, list[str]] = {}
    for path, source in _sources():
        name = str(path.relative_to(settings.BASE_DIR))
        for _line, message, _comments, context in extract("python", io.BytesIO(source), KEYWORDS):
            msgid, plural = message if isinstance(message, tuple) else (message, "")
            files = found.setdefault((context, msgid, plural), [])
            if name not in files:
                files.append(name)
    return found


def _sources() -> Iterator[tuple[Path, bytes]]:
    base = Path(settings.BASE_DIR)
    for package in PACKAGES:
        for path in sorted((base / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_bytes()
    for folder in (base / "templates", *(base / package / "templates" for package in PACKAGES)):
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".html", ".txt", ".xml"}:
                code = templatize(path.read_text(), origin=str(path))  # keeps the HTML's indentation, which Python would refuse
                yield path, "\n".join(line.lstrip() for line in code.splitlines()).encode()


def update(language: str) -> int:
    """Rewrite a catalogue from the sources, keeping its translations, and compile it. Returns how many are missing."""
    path = catalogue_path(language)
    known = {_key(entry): entry for entry in polib.pofile(str(path))} if path.exists() else {}
    catalogue = polib.POFile(wrapwidth=120)
    catalogue.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": LANGUAGES[language],
    }
    for key, files in sorted(expected(language).items(), key=lambda item: (item[0][1], item[0][0] or "")):
        catalogue.append(_entry(key, files, known.get(key), language))
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(path))
    path.with_suffix(".mo").write_bytes(catalogue.to_binary())
    return len(catalogue.untranslated_entries())


def expected(language: str) -> dict[Key, list[str]]:
    messages = extract_messages()
    return {key: files for key, files in messages.items() if key[2]} if language == "fr" else messages


def _entry(key: Key, files: list[str], known: polib.POEntry | None, language: str) -> polib.POEntry:
    context, msgid, plural = key
    entry = polib.POEntry(msgctxt=context, msgid=msgid, occurrences=[(name, "") for name in files])
    if plural:
        entry.msgid_plural = plural
        forms = {0: msgid, 1: plural} if language == "fr" else {0: "", 1: ""}
        entry.msgstr_plural = dict(known.msgstr_plural) if known and language != "fr" else forms
    elif known:
        entry.msgstr = known.msgstr
    if PLACEHOLDER.search(msgid) and "%" in msgid:
        entry.flags.append("python-format")
    return entry


def _key(entry: polib.POEntry) -> Key:
    return (entry.msgctxt, entry.msgid, entry.msgid_plural or "")


def problems(language: str) -> list[str]:
    """What is missing, left over, wrong or not compiled in a catalogue."""
    path = catalogue_path(language)
    if not path.exists():
        return [f"{path}: absent; run manage.py messages"]
    catalogue = polib.pofile(str(path))
    wanted, present = expected(language), {_key(entry): entry for entry in catalogue if not entry.obsolete}
    found = [f"{path}: not in the catalogue: {key[1]!r} ({wanted[key][0]})" for key in wanted.keys() - present.keys()]
    found += [f"{path}: no longer used: {key[1]!r}" for key in present.keys() - wanted.keys()]
    for entry in present.values():
        found += [f"{path}: {entry.msgid!r}: {what}" for what in _faults(entry)]
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != catalogue.to_binary():
        found.append(f"{compiled}: not compiled from the .po; run manage.py messages")
    return sorted(found)


def _faults(entry: polib.POEntry) -> Iterator[str]:
    if not entry.translated():
        yield "not translated" if not entry.fuzzy else "fuzzy"
        return
    pairs = [(entry.msgid, entry.msgstr)]
    if entry.msgid_plural:  # a singular may leave the number out
        pairs = [(entry.msgid_plural, entry.msgstr_plural[max(entry.msgstr_plural)])]
    for source, translation in pairs:
        if sorted(set(PLACEHOLDER.findall(source))) != sorted(set(PLACEHOLDER.findall(translation))):
            yield "its translation has other placeholders"
