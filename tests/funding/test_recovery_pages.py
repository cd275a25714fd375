"""Pages of recoveries: from the finding to the write-off by their people, and what the beneficiary sees."""

from datetime import timedelta

import pytest
from django.urls import reverse

from fondsinnovation.templatetags.typography import money
from funding.models import Recovery, WriteOff
from funding.services.recoveries import cancel_recovery
from projects.enums import Role
from projects.models import JournalEntry
from reporting.catalogue import RECOVERIES
from reporting.services.compute import rows_of
from tests.factories import NOW, UserFactory, person_with
from tests.funding.recovering import DAY, claimed, found, paid_agreement, receive
from tests.funding.services.test_recoveries import terms, write_off

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
LIST = reverse("funding:recovery_list")


def page(recovery, step=None):
    number = recovery.number
    return reverse("funding:recovery_step", args=[number, step]) if step else reverse("funding:recovery_detail", args=[number])


def do(client, person, recovery, step, **typed):
    client.force_login(person)
    return client.post(page(recovery, step), {"key": f"k-{step}", **typed})


def test_from_the_finding_to_the_write_off_by_four_people(client, settings):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 10**9
    agreement = paid_agreement()
    client.force_login(person_with(Role.OFFICER))
    opening = reverse("funding:recovery_open", args=[agreement.number])
    assert "25\u00a0000,00" in client.get(opening).text
    wrong = client.post(
        opening, {"amount": "30 000", "basis": "unused", "reason": "Reste", "first_due_on": "2026-11-01", "count": "2", "months": "1"}
    )
    assert (wrong.status_code, sorted(wrong.context["form"].errors)) == (422, ["amount", "first_due_on"])
    assert "Au plus 25\u00a0000,00" in wrong.text
    right = {
        "amount": "900",
        "basis": "unused",
        "reason": "Reste du budget",
        "first_due_on": "2026-12-31",
        "count": "2",
        "months": "1",
        "key": "k",
    }
    assert [client.post(opening, right).status_code for _ in range(2)] == [302, 302]
    recovery = Recovery.objects.get()
    assert do(client, person_with(Role.DIRECTOR), recovery, "reclamation").status_code == 302
    receipt = {"amount": "300", "received_on": "2026-11-24", "reference": "ENC-1"}
    requester = person_with(Role.PAYMENT_REQUESTER)
    assert [do(client, requester, recovery, "encaissement", **receipt).status_code for _ in range(2)] == [302, 302]
    too_much = do(client, requester, recovery, "encaissement", **{**receipt, "amount": "601", "reference": "ENC-2", "key": "k2"})
    assert (too_much.status_code, too_much.context["form"].errors) == (422, {"amount": ["Il reste 600,00\u00a0$ à recouvrer."]})
    assert do(client, person_with(Role.CONTROLLER), recovery, "radiation", amount="600", reason="Dissous").status_code == 302
    head = person_with(Role.HEAD)
    client.force_login(head)
    assert "Approuver la radiation" in client.get(page(recovery)).text
    assert [do(client, head, recovery, "radiation-approuvee").status_code for _ in range(2)] == [302, 302]
    recovery.refresh_from_db()
    assert recovery.state == "written_off"
    for tag in ("Radié", "Radiation de 600,00", "ENC-1", "300,00"):
        assert tag in client.get(page(recovery)).text
    names = ("open_recovery", "claim_recovery", "record_receipt", "request_write_off", "approve_write_off")
    assert JournalEntry.objects.filter(act__in=names).count() == len(names)


def test_each_step_refuses_who_may_not_and_what_is_too_late(client):
    recovery, director = found(amount="900.00"), person_with(Role.DIRECTOR)
    client.force_login(director)
    assert client.get(page(recovery, "inconnue")).status_code == 404
    assert client.get(page(recovery, "reclamation")).status_code == 200
    assert client.get(page(recovery, "echeancier")).status_code == 409
    client.force_login(person_with(Role.OFFICER))
    assert [client.get(page(recovery, "reclamation")).status_code, client.post(page(recovery, "reclamation")).status_code] == [403, 403]
    assert "Réclamer à l’organisme" in client.get(page(recovery)).text  # what is expected, and why it is not theirs
    claimed_ = claimed(paid_agreement(), "10.00")
    client.force_login(director)
    assert [client.get(page(claimed_, step)).status_code for step in ("reclamation", "annulation", "echeancier")] == [409, 409, 200]
    assert do(client, director, claimed_, "annulation", reason="Erreur").status_code == 409
    changed = do(client, director, claimed_, "echeancier", first_due_on="2027-01-31", count="3", months="1")
    assert (changed.status_code, [str(part.due_on) for part in claimed_.parts.filter(version=2).order_by("position")]) == (
        302, ["2027-01-31", "2027-02-28", "2027-03-31"],
    )  # fmt: skip
    head = person_with(Role.HEAD)
    client.force_login(head)
    assert client.get(page(claimed_, "radiation-refusee")).status_code == 409
    write_off(claimed_, "10.00")
    assert do(client, head, claimed_, "radiation-refusee", reason="Il peut payer").status_code == 302
    assert WriteOff.objects.get().refusal_reason == "Il peut payer"


def test_wrong_receipt_is_chosen_and_corrected_once(client, settings):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 10**9
    recovery, controller = claimed(amount="900.00"), person_with(Role.CONTROLLER)
    client.force_login(controller)
    assert client.get(page(recovery, "correction")).status_code == 409
    receipt = receive(recovery, "900.00")
    assert "ENC-1, 900,00" in client.get(page(recovery, "correction")).text
    typed = {"receipt": str(receipt.pk), "reference": "COR-1", "corrected_on": "2026-11-24", "reason": "Autre dossier"}
    assert [do(client, controller, recovery, "correction", **typed).status_code for _ in range(2)] == [302, 302]
    recovery.refresh_from_db()
    assert (recovery.state, recovery.receipts.count()) == ("claimed", 2)


def test_beneficiary_reads_what_is_claimed_and_nothing_before(client):
    agreement = paid_agreement()
    member = person_with(Role.WRITER, organisation=agreement.project.organisation)
    hidden, shown = found(agreement, "100.00", reason="Constat en cours"), claimed(agreement, "900.00", first=DAY)
    cancelled = found(agreement, "50.00")
    cancel_recovery(recovery_id=cancelled.pk, reason="Erreur", actor=person_with(Role.HEAD), now=NOW)
    client.force_login(member)
    listed = client.get(LIST)
    assert [row.record for row in listed.context["table"].rows] == [shown]
    assert [client.get(page(one)).status_code for one in (hidden, cancelled)] == [404, 404]
    said = client.get(page(shown)).text
    assert ("Dépense hors projet" in said, "Prochaine action" in said, shown.established_by.name in said) == (True, False, False)
    assert client.get(page(shown, "encaissement")).status_code == 403
    on_agreement = client.get(reverse("funding:agreement_detail", args=[agreement.number])).text
    assert (shown.number in on_agreement, hidden.number in on_agreement, "Constater un recouvrement" in on_agreement) == (
        True,
        False,
        False,
    )
    client.force_login(person_with(Role.WRITER))
    assert client.get(page(shown)).status_code == 404
    assert list(client.get(LIST).context["table"].rows) == []


def test_list_filters_give_the_totals_of_the_report(client):
    agreement = paid_agreement()
    for amount, basis in (("900.00", "unused"), ("100.00", "ineligible")):
        receive(claimed(agreement, amount, basis=basis), "40.00", f"ENC-{amount}")
    found(paid_agreement(), "70.00")
    client.force_login(person_with(Role.AUDITOR))
    for asked, filters in (
        ({}, {}), ({"basis": "unused"}, {"basis": "unused"}), ({"state": "claimed"}, {"recovery_state": "claimed"}),
        ({"q": agreement.number}, {"agreement": agreement.number}), ({"state": "received"}, {"recovery_state": "received"}),
    ):  # fmt: skip
        rows = [row for row in rows_of(RECOVERIES, effective=DAY, known=NOW, filters=filters) if row["recovery"]]
        sums = {name: sum(float(row[name]) for row in rows) for name in ("due", "received", "left")}
        caption = client.get(LIST, asked).context["table"].caption
        assert caption.startswith(f"{len(rows)} recouvrement"), asked
        if rows:
            assert all(money(sums[name]) in caption for name in sums), (asked, caption)


def test_late_date_is_said_on_the_list_and_the_page(client, time_machine):
    recovery = claimed(amount="900.00", count=2, first=DAY + timedelta(days=1))
    time_machine.move_to(NOW + timedelta(days=3))
    client.force_login(person_with(Role.CONTROLLER))
    assert "En retard" in client.get(LIST).text
    assert ("450,00\u00a0$ en retard" in client.get(page(recovery)).text, "En retard de 2 jours" in client.get(page(recovery)).text) == (
        True,
        True,
    )


def test_termination_may_find_a_recovery(client, settings):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 10**9
    agreement = paid_agreement()
    client.force_login(person_with(Role.HEAD))
    ending = reverse("funding:agreement_terminate", args=[agreement.number])
    typed = {"cause": "default", "reason": "Jalon jamais livré", "amount": "25 000,01", "key": "k"}
    assert sorted(client.post(ending, typed).context["form"].errors) == ["first_due_on"]
    refused = client.post(ending, {**typed, "first_due_on": "2026-12-31"})
    assert (refused.status_code, sorted(refused.context["form"].errors)) == (422, ["amount"])
    assert client.post(ending, {**typed, "amount": "25 000", "first_due_on": "2026-12-31"}).status_code == 302
    recovery = Recovery.objects.get()
    assert (recovery.basis, recovery.reason, recovery.state, terms().reason) == (
        "termination", "Jalon jamais livré", "established", "Dépense hors projet",
    )  # fmt: skip


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_for_one_and_three_recoveries(client, django_assert_num_queries, count):
    for number in range(count):
        receive(claimed(paid_agreement(), "900.00", count=2), "10.00", f"ENC-{number}")
    person = person_with(Role.CONTROLLER)
    client.force_login(person)
    client.get(LIST)
    with django_assert_num_queries(10):
        assert len(client.get(LIST).context["table"].rows) == count


def test_whoever_has_no_part_sees_an_empty_list(client):
    claimed(amount="900.00")
    client.force_login(UserFactory())
    assert list(client.get(LIST).context["table"].rows) == []
