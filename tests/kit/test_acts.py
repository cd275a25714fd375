"""`@act`: one transaction, one journal entry, one answer for one key; a violated constraint is a sentence."""

import threading
from decimal import Decimal

import pytest
from django.db import connection, transaction

from fondsinnovation.kit.errors import EnvelopeExceeded, WrongState, act, current_entry
from fondsinnovation.kit.states import require_move
from fondsinnovation.kit.verdict import YES, check, first_no, no
from funding.models import Envelope
from funding.services.envelopes import Posting, post
from projects.enums import CALL_MOVES, CallState
from projects.models import ActKey, JournalEntry, Organisation
from projects.services.journal import money_clock, note, note_reason, transition
from tests.factories import NOW, CallFactory, OrganisationFactory, UserFactory


@act
def rename(*, organisation_id, name, actor, now, key=None):
    organisation = Organisation.objects.get(pk=organisation_id)
    organisation.name = name
    organisation.save()
    note(organisation, name=name)
    note_reason("essai")
    return organisation


@act
def reserve(*, call, amount, actor, now, key=None):
    envelope = Envelope.objects.get(code="PROJECTS")
    posting = Posting(envelope.pk, 2026, "reservation", amount, now.date(), call_id=call.pk)
    post([posting], actor=actor, recorded_at=money_clock(now))
    note(call)


@pytest.mark.django_db
def test_act_writes_one_journal_entry_with_its_columns():
    actor, organisation = UserFactory(), OrganisationFactory()
    rename(organisation_id=organisation.pk, name="Nouveau nom", actor=actor, now=NOW)
    entry = JournalEntry.objects.get()
    assert (entry.act, entry.actor_id, entry.at) == ("rename", actor.pk, NOW)
    assert (entry.object_type, entry.object_id) == ("projects.organisation", organisation.pk)
    assert '"reason":"essai"' in entry.content


@pytest.mark.django_db
def test_repeated_key_changes_nothing_and_answers_the_same():
    actor, organisation = UserFactory(), OrganisationFactory()
    first = rename(organisation_id=organisation.pk, name="Premier", actor=actor, now=NOW, key="k")
    again = rename(organisation_id=organisation.pk, name="Second", actor=actor, now=NOW, key="k")
    assert (first, again.name) == (again, "Premier")
    assert JournalEntry.objects.count() == 1
    rename(organisation_id=organisation.pk, name="Troisième", actor=actor, now=NOW, key="autre")
    assert Organisation.objects.get(pk=organisation.pk).name == "Troisième"


@pytest.mark.django_db
def test_failed_act_leaves_nothing_not_even_its_key():
    actor = UserFactory()
    with pytest.raises(Organisation.DoesNotExist):
        rename(organisation_id=0, name="Rien", actor=actor, now=NOW, key="k")
    assert (JournalEntry.objects.count(), ActKey.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_overrun_names_the_margin_and_the_amount_asked():
    call, actor = CallFactory(), UserFactory()
    reserve(call=call, amount=Decimal("53999999.00"), actor=actor, now=NOW)
    with pytest.raises(EnvelopeExceeded) as refused:
        reserve(call=call, amount=Decimal("2.50"), actor=actor, now=NOW)
    assert refused.value.details == {"what": "PROJECTS", "fiscal_year": 2026, "margin": "1.00", "asked": "2.50"}
    assert refused.value.message == (
        "L’enveloppe PROJECTS n’a plus que 1,00\u00a0$ en 2026-2027\u00a0: 2,50\u00a0$ demandés. Rien n’a été engagé."
    )


@pytest.mark.django_db
def test_model_constraint_speaks_its_own_sentence():
    call = CallFactory()

    @act
    def approve_own(*, actor, now):
        type(call).objects.filter(pk=call.pk).update(approved_by=call.created_by)

    with pytest.raises(WrongState, match="La personne qui a rédigé l’appel ne peut pas l’approuver"):
        approve_own(actor=call.created_by, now=NOW)


@pytest.mark.django_db
def test_error_that_no_rule_explains_is_not_hidden():
    @act
    def divide(*, actor, now):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    with pytest.raises(Exception, match="division by zero"):
        divide(actor=UserFactory(), now=NOW)


def test_step_outside_an_act_is_refused():
    with pytest.raises(RuntimeError, match="inside an act"):
        current_entry()


def test_act_takes_keyword_arguments_only():
    with pytest.raises(TypeError, match="keyword arguments only"):
        rename(1)


@pytest.mark.django_db
def test_transition_moves_along_the_table_and_refuses_any_other_move():
    call = CallFactory()

    @act
    def close(*, actor, now):
        transition([call], CallState.CLOSED, moves=CALL_MOVES, now=now, closed_at=now)

    close(actor=None, now=NOW)
    call.refresh_from_db()
    assert (call.state, call.closed_at) == (CallState.CLOSED, NOW)
    with pytest.raises(WrongState, match="Fermé"):
        close(actor=None, now=NOW)
    with pytest.raises(WrongState):
        require_move(CALL_MOVES, CallState.ENDED, CallState.DRAFT)


def test_verdicts_give_the_first_reason():
    assert first_no(YES, check(True, "non"), no("premier"), no("second")).reason == "premier"
    assert bool(first_no(YES)) is True


@pytest.mark.django_db
def test_knowledge_clock_is_later_than_any_fixed_date():
    from projects.models import KnowledgeFloor

    KnowledgeFloor.objects.update(known=NOW)
    with transaction.atomic():
        assert money_clock(NOW) > NOW


def test_same_key_at_the_same_instant_acts_once(committed_db):
    actor, organisation = UserFactory(), OrganisationFactory()
    barrier, answers = threading.Barrier(8), []

    def press(n):
        barrier.wait()
        answers.append(rename(organisation_id=organisation.pk, name=f"Nom {n}", actor=actor, now=NOW, key="clic").pk)
        connection.close()

    threads = [threading.Thread(target=press, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [organisation.pk] * 8
    assert JournalEntry.objects.filter(act="rename").count() == 1


@pytest.mark.django_db
def test_key_longer_than_what_is_kept_still_makes_a_repeat_harmless():
    actor, organisation = UserFactory(), OrganisationFactory()
    for name in ("Premier", "Second"):
        rename(organisation_id=organisation.pk, name=name, actor=actor, now=NOW, key="k" * 300)
    organisation.refresh_from_db()
    assert (organisation.name, ActKey.objects.get().key) == ("Premier", "k" * 64)
