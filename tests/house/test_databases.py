"""The databases that tests get."""

import threading

import pytest
from django.db import connection


def database_and_role() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user")
        return cursor.fetchone()


@pytest.mark.django_db
def test_database_is_used_as_the_application_role():
    assert database_and_role()[1] == "fonds_app"


def test_committed_db_is_a_copy_that_threads_connect_to(committed_db):
    seen = []

    def look() -> None:
        seen.append(database_and_role())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert [database_and_role(), *seen] == [(committed_db, "fonds_app")] * 2
