"""The fixtures that start real servers do, and the browser's traps are set."""

import time

import pytest

from fondsinnovation.celery import app
from tests.conftest import watch


def test_worker_process_answers_on_this_test_broker(celery_worker_process):
    deadline = time.monotonic() + 10
    answers: list[dict] = []
    while not answers and time.monotonic() < deadline:
        answers = app.control.ping(timeout=0.5)
    assert [list(answer.values()) for answer in answers] == [[{"ok": "pong"}]]


def test_page_reads_this_test_database(page, live):
    answer = page.goto("/sante/")
    assert (answer.status, answer.text(), live.database.startswith("test_")) == (200, "ok", True)


def test_accessibility_violations_are_listed(page, accessibility_violations):
    page.goto("/sante/")
    page.evaluate("document.body.append(document.createElement('input'))")
    assert "label: <input>" in accessibility_violations(page)


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("document.body.setAttribute('style', 'color: red')", "violates the following Content Security Policy directive"),
        ("setTimeout(() => { throw new Error('broken') })", "broken"),
    ],
)
def test_console_faults_are_seen(chromium, live, script, fault):
    context = chromium.new_context(base_url=live.url)
    errors = watch(context)
    other = context.new_page()
    other.goto("/compte/login/")
    other.evaluate(script)
    other.wait_for_timeout(200)
    context.close()
    assert [fault in error for error in errors] == [True]
