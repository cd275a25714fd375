"""A GET cannot write: the database itself refuses, on a real connection as inside a test's own transaction."""

import pytest
from django.db import InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from fondsinnovation.kit.views import read_only_transaction
from projects.models import Region


def write():
    Region.objects.filter(code="01").update(name="Autre")


@pytest.mark.django_db
def test_write_is_refused_inside_another_transaction_which_may_write_again():
    with pytest.raises(InternalError, match="read-only transaction"), read_only_transaction():
        write()
    write()
    assert Region.objects.get(code="01").name == "Autre"


def test_write_is_refused_on_a_connection_of_its_own_which_may_write_again(committed_db):
    with pytest.raises(InternalError, match="read-only transaction"), read_only_transaction():
        write()
    with transaction.atomic():
        write()
    assert Region.objects.get(code="01").name == "Autre"


def test_transaction_begins_as_read_only_without_a_statement_of_its_own(committed_db):
    with CaptureQueriesContext(connection) as captured, read_only_transaction():
        assert Region.objects.count() == 17
    assert [query["sql"].split()[0] for query in captured] == ["BEGIN", "SELECT", "COMMIT"]


def test_connection_that_was_lost_says_so_and_not_something_else(committed_db):
    def lose():
        connection.connection.close()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), read_only_transaction():
        lose()
    connection.close()
    assert Region.objects.count() == 17
