"""« Prochaine action » of an agreement: what it waits for comes first, and what stops or ends it is never the main button."""

import pytest
from django.test import Client
from django.urls import reverse

from funding.enums import MilestoneState
from funding.models import Milestone
from funding.services import agreement_ends
from funding.services import milestones as milestone_acts
from projects.enums import Role
from tests.factories import NOW, agreement_in_force, person_with, recuse, upload
from tests.funding.paying import requested

pytestmark = pytest.mark.django_db


def page(agreement, person):
    client = Client()
    client.force_login(person)
    return client.get(reverse("funding:agreement_detail", args=[agreement.number]))


def steps(agreement, person):
    """Each step that is shown: its label, and whether it may be the main button."""
    return [(step.label, not step.quiet) for step in page(agreement, person).context["steps"]]


def member_of(agreement):
    return person_with(Role.WRITER, organisation=agreement.project.organisation)


def test_in_force_the_next_milestone_comes_first_and_what_ends_it_is_never_the_main_button():
    agreement = agreement_in_force()
    assert steps(agreement, person_with(Role.OFFICER)) == [("Suivre le jalon 1", True)]
    assert steps(agreement, member_of(agreement)) == [("Déclarer le jalon 1", True)]
    assert steps(agreement, person_with(Role.DIRECTOR)) == [("Suivre le jalon 1", True), ("Suspendre", False)]
    head = person_with(Role.HEAD)
    assert steps(agreement, head) == [("Suivre le jalon 1", True), ("Suspendre", False), ("Résilier", False)]
    shown = page(agreement, head).content.decode()
    assert f'<a class="button" href="{reverse("funding:milestone_detail", args=[agreement.milestones.get(position=1).pk])}">' in shown
    for step in ("suspend", "terminate"):
        assert f'<a class="button secondary" href="{reverse(f"funding:agreement_{step}", args=[agreement.number])}">' in shown
    assert reverse("funding:agreement_complete", args=[agreement.number]) not in shown
    assert steps(agreement, person_with(Role.AUDITOR)) == []


def test_what_was_reported_waits_for_whoever_may_verify_it():
    agreement = agreement_in_force()
    second, member = agreement.milestones.get(position=2), member_of(agreement)
    milestone_acts.report_milestone(milestone_id=second.pk, report="Livré", evidence=upload(), actor=member, now=NOW)
    assert steps(agreement, person_with(Role.OFFICER)) == [("Vérifier le jalon 2", True)]
    assert steps(agreement, person_with(Role.DIRECTOR))[0] == ("Suivre le jalon 2", True)
    assert steps(agreement, member) == [("Déclarer le jalon 1", True)]
    away = person_with(Role.OFFICER)
    recuse(away, agreement.project.application)
    assert page(agreement, away).status_code == 404


def test_a_payment_that_may_be_asked_for_comes_before_a_milestone():
    agreement = agreement_in_force()
    requester = person_with(Role.PAYMENT_REQUESTER)
    assert steps(agreement, requester) == [("Demander le versement 1", True)]
    requested(agreement.instalments.get(position=1))
    assert steps(agreement, requester) == []


def test_completion_is_offered_when_no_milestone_is_left_and_closing_is_not_the_main_button_while_money_is_on_its_way():
    agreement, director = agreement_in_force(), person_with(Role.DIRECTOR)
    requested(agreement.instalments.get(position=1))
    Milestone.objects.filter(agreement=agreement).update(state=MilestoneState.CANCELLED)
    assert steps(agreement, director) == [("Déclarer la convention achevée", True), ("Suspendre", False)]
    agreement_ends.complete_agreement(agreement_id=agreement.pk, actor=director, now=NOW)
    assert steps(agreement, director) == [("Fermer la convention", False)]


def test_suspended_it_is_put_back_in_force_rather_than_ended():
    agreement, head = agreement_in_force(), person_with(Role.HEAD)
    agreement_ends.suspend_agreement(agreement_id=agreement.pk, reason="Rapport en retard", actor=head, now=NOW)
    assert steps(agreement, head) == [("Remettre en vigueur", True), ("Résilier", False)]
