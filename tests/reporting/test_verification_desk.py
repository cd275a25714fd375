"""The verifier's desk, the pages of a restatement, and samples."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from projects.enums import Nature, Role
from projects.models import JournalEntry
from reporting.enums import GainReportState, Point
from reporting.models import GainReport, GainSample, GainSampleItem
from reporting.queries.samples import Asked, population_of
from reporting.services import gains as acts
from reporting.services.captures import correct_capture
from reporting.services.samples import draw_sample, examine_item
from reporting.services.snapshots import fix_knowledge
from tests.factories import NOW, advised_by, person_with, recuse, upload
from tests.reporting.gains import AMOUNT, END, Team, answers, posted_answers
from tests.reporting.pages import examples

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
LESS = Decimal("25000.00")
#: columns of a sample that nothing fills in for it
PARAMETERS = (
    "population", "effective", "known", "seed", "interval", "start", "count", "cents", "covered", "sha256", "drawn_by_id", "drawn_at",
)  # fmt: skip


@pytest.fixture
def team():
    return Team()


def page_of(name, *args):
    return reverse(f"reporting:{name}", args=args)


def get(client, person, address, **query):
    client.force_login(person)
    return client.get(address, query)


def post(client, person, address, **data):
    client.force_login(person)
    return client.post(address, {"key": address, **data})


# ── The rules page ───────────────────────────────────────────────────────────────────────────────────────────────────
EXAMPLES = [example for example in examples("verification.md") if example[0] in ("verdict", "after_restatement")]


def verdict(*, not_shown, rating, accepted, reason):
    team = Team()
    missing = [Point(not_shown)] if not_shown else []
    opinion = {"rating": rating, "assurance": "limited", "answers": answers(*missing), "reason": reason}
    return team.verify(team.submitted(), Decimal(accepted), **opinion).state


def after_restatement(*, captured, corrected, accepted):
    team, amounts = Team(), (Decimal(captured), Decimal(corrected))
    report = team.verified()
    report = team.restated(team.capture(report, amounts[0]) if amounts[0] else report, LESS)
    if amounts[1] != amounts[0]:
        words = {"reason": "Redressé", "document": upload("budget2.pdf"), "actor": team.controller, "now": LATER}
        correct_capture(report_id=report.pk, amount=amounts[1], **words)
    return team.verify(report, Decimal(accepted), now=LATER).state


@pytest.mark.parametrize(("name", "given", "expected"), EXAMPLES)
def test_rules_page_says_what_the_acts_do(name, given, expected):
    try:
        found = {"verdict": verdict, "after_restatement": after_restatement}[name](**given)
    except (Invalid, WrongState):
        found = "refused"
    assert found == expected


# ── The desk ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def numbers(answer):
    return [row.record.number for row in answer.context["table"].page.object_list]


def test_desk_lists_what_waits_by_amount_and_says_who_may(client, team):
    small = team.submitted(amount=Decimal("100.00"))
    other = Team(Nature.COST)
    large = other.submitted()
    verified = other.verified_of(date(2026, 10, 1), date(2026, 10, 31))
    restated = other.restated(verified, Decimal("500.00"))
    team.report(period_start=date(2026, 10, 1), period_end=date(2026, 10, 31))
    GainReport.objects.filter(pk=small.pk).update(cosigned_at=NOW - timedelta(days=500))
    advised_by(team.verifier, team.project.application)
    page = get(client, team.verifier, page_of("gain_desk"))
    assert numbers(page) == [large.number, restated.number, small.number]
    verdicts = page.context["table"].verdicts
    assert [bool(verdicts[report.pk]) for report in (large, restated, small)] == [True, True, False]
    assert verdicts[small.pk].reason == "Vous accompagnez ou avez accompagné ce dossier; une autre personne doit agir."
    totals = page.context["totals"]
    assert (totals.count, totals.amount, totals.late_amount) == (3, Decimal("40600.00"), Decimal("100.00"))
    shown = page.content.decode()
    assert (shown.count("Attend depuis plus de 90 jours"), shown.count("En retard")) == (1, 1)  # the figure, and the row
    assert [item.report.number for item in page.context["restated"]] == [restated.number]
    auditor = get(client, person_with(Role.AUDITOR), page_of("gain_desk")).context["table"].verdicts
    assert not any(auditor.values())
    for query, expected in (
        ({"restated": "yes"}, [restated.number]),
        ({"age": "90"}, [small.number]),
        ({"nature": "CASH"}, [small.number]),
        ({"least": "501"}, [large.number]),
        ({"call": team.project.call.reference}, [small.number]),
        ({"organisation": other.organisation.code}, [large.number, restated.number]),
        ({"q": other.project.reference}, [large.number, restated.number]),
    ):
        assert numbers(get(client, team.verifier, page_of("gain_desk"), **query)) == expected


@pytest.mark.parametrize("rows", [1, 3])
def test_desk_asks_the_same_queries_for_one_row_and_three(client, team, rows, django_assert_num_queries):
    for month in range(4, 4 + rows):
        team.submitted(period_start=date(2026, month, 1), period_end=date(2026, month, 28))
    client.force_login(team.verifier)
    with django_assert_num_queries(16):
        answer = client.get(page_of("gain_desk"))
    assert (answer.status_code, len(numbers(answer))) == (200, rows)


def test_recused_verifier_sees_nothing_of_the_file_on_the_desk(client, team):
    report = team.submitted()
    recuse(team.verifier, team.project.application)
    page = get(client, team.verifier, page_of("gain_desk")).content.decode()
    assert (report.number in page, team.organisation.name in page) == (False, False)
    assert get(client, team.writer, page_of("gain_desk")).status_code == 403


# ── The pages of a restatement ───────────────────────────────────────────────────────────────────────────────────────
def test_restatement_goes_its_whole_way_on_pages(client, team):
    report = team.capture(team.verified())
    form = {"amount": "25 000", "maturity": "final", "method": "Recalcul", "reason": "Facture comptée deux fois"}
    assert get(client, team.writer, page_of("gain_restate", report.number)).status_code == 200
    assert post(client, team.writer, page_of("gain_restate", report.number), **{**form, "reason": ""}).status_code == 422
    assert post(client, team.writer, page_of("gain_restate", report.number), **form).status_code == 302
    page = get(client, team.finance, page_of("gain_detail", report.number))
    assert (page.context["draft"].amount, bool(page.context["may_cosign_restatement"])) == (LESS, True)
    seen = get(client, team.finance, page_of("restatement_cosign", report.number)).context["form"].initial["seen"]
    assert post(client, team.finance, page_of("restatement_cosign", report.number), seen=seen).status_code == 302
    marked = get(client, team.writer, page_of("gain_detail", report.number))
    assert "Gain redressé, à revérifier" in marked.content.decode()
    assert [(item.number, item.difference) for item in marked.context["versions"]] == [(2, LESS - AMOUNT), (1, None)]
    report.refresh_from_db()
    decision = {"decision": "accept", "amount": "25 000", "rating": "green", "seen": report.reported_at.isoformat(), **posted_answers()}
    refused = post(client, team.verifier, page_of("gain_verify", report.number), **decision)
    assert (refused.status_code, "la captation doit d’abord être corrigée" in refused.content.decode()) == (409, True)
    fix = {"amount": "20 000", "reason": "Redressé", "document": upload("budget2.pdf")}
    assert get(client, team.controller, page_of("capture_correct", report.number)).status_code == 200
    assert post(client, team.controller, page_of("capture_correct", report.number), **fix).status_code == 302
    again = post(client, team.verifier, page_of("gain_verify", report.number), **{**decision, "key": "second"})
    report.refresh_from_db()
    assert (again.status_code, report.state, report.verified_amount) == (302, GainReportState.CAPTURED, LESS)
    assert [item.version for item in get(client, team.writer, page_of("gain_detail", report.number)).context["verifications"]] == [2, 1]


def test_pages_of_a_restatement_refuse_what_is_not_possible(client, team):
    report = team.verified()
    assert get(client, team.finance, page_of("restatement_cosign", report.number)).status_code == 404
    assert get(client, team.controller, page_of("capture_correct", report.number)).status_code == 409
    restated = team.restated(report, LESS)
    assert get(client, team.finance, page_of("restatement_cosign", report.number)).status_code == 409
    assert get(client, team.controller, page_of("gain_capture", report.number)).status_code == 409
    acts.return_gain(report_id=restated.pk, reason="Quelle facture?", actor=team.verifier, now=NOW)
    page = get(client, team.writer, page_of("gain_detail", report.number))
    assert (page.context["returned"], bool(page.context["may_restate"])) == (True, True)
    assert "Quelle facture?" in page.content.decode()


# ── Samples ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def asked(known=NOW, **given):
    return Asked(**{"population": "all", "effective": END, "known": known, **given})


def drawn(team, **given):
    fix_knowledge(given.get("asked", asked()).known, now=LATER)
    values = {"asked": asked(), "largest": 1, "points": 2, "seed": "2026", "actor": team.verifier, "now": NOW, **given}
    return draw_sample(**values)


def three(team):
    return [
        team.submitted(period_start=date(2026, month, 1), period_end=date(2026, month, 28), amount=Decimal(amount))
        for month, amount in ((4, 900), (5, 100), (6, 50))
    ]


def test_population_is_read_from_what_was_known(team):
    first, _second, third = three(team)
    team.verify(first, Decimal(900), now=LATER)
    other = Team(Nature.COST)
    other.submitted(now=NOW)
    acts.cosign_gain(
        report_id=team.report(period_start=date(2026, 7, 1), period_end=date(2026, 7, 9), now=LATER).pk, actor=team.finance, now=LATER
    )

    def by_amount(**given):
        return sorted(amount for _name, amount in population_of(asked(**given))[0])

    assert by_amount() == [-4_000_000, 5_000, 10_000, 90_000]
    assert by_amount(known=LATER) == [-4_000_000, 5_000, 10_000, 90_000, 4_000_000]
    assert by_amount(known=LATER, population="examined") == [90_000]
    assert by_amount(population="examined") == []
    assert by_amount(known=LATER, population="unexamined", call_id=team.project.call_id) == [5_000, 10_000, 4_000_000]
    assert by_amount(effective=third.period_start) == [10_000, 90_000]
    assert (by_amount(fiscal_year=2025), len(by_amount(fiscal_year=2026))) == ([], 4)


def test_kept_sample_is_drawn_again_after_later_acts_and_nothing_changes_it(team):
    first, *_others = three(team)
    sample = drawn(team)
    kept = list(sample.items.order_by("position").values_list("key", "cents", "why", "cumulative", "hits"))
    assert (sample.number, sample.count, sample.cents, [row[2] for row in kept]) == (
        "ECH-2026-00001",
        3,
        105_000,
        ["largest", "unit", "unit"],
    )
    team.restated(team.verify(first, Decimal(900)), Decimal(1), now=NOW)
    again = drawn(team, asked=asked(known=sample.known), now=LATER)
    assert list(again.items.order_by("position").values_list("key", "cents", "why", "cumulative", "hits")) == kept
    assert (again.sha256, again.start, again.coverage) == (sample.sha256, sample.start, Decimal(sample.covered) / 105_000)
    assert JournalEntry.objects.filter(act="draw_sample").count() == 2
    for table in ("reporting_gainsample", "reporting_gainsampleitem", "reporting_gainsamplecheck"):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")


def test_sample_is_drawn_by_a_verifier_of_what_exists(team):
    three(team)
    with pytest.raises(Invalid, match="Aucun gain"):
        drawn(team, asked=asked(effective=date(2020, 1, 1)))
    for person in (person_with(Role.AUDITOR), team.controller, team.writer):
        with pytest.raises(NotAllowed):
            drawn(team, actor=person)
    with pytest.raises(Invalid):
        drawn(team, asked=asked(known=LATER))
    kept = GainSample.objects.filter(pk=drawn(team).pk).values(*PARAMETERS)[0]
    with pytest.raises(IntegrityError, match="gain_sample_draws_something"), transaction.atomic():
        GainSample.objects.create(**kept, number="X", points=0, largest=0)


def test_item_is_examined_once_by_somebody_free_to_judge(team):
    three(team)
    item = drawn(team).items.get(position=1)
    adviser = person_with(Role.GAIN_VERIFIER)
    advised_by(adviser, team.project.application)
    with pytest.raises(NotAllowed):
        examine_item(item_id=item.pk, note_text="Vu", actor=adviser, now=NOW)
    with pytest.raises(Invalid):
        examine_item(item_id=item.pk, note_text=" ", actor=team.verifier, now=NOW)
    found = examine_item(item_id=item.pk, note_text="Facture 12 rapprochée", actor=team.verifier, now=NOW)
    assert (found.note, found.examined_by) == ("Facture 12 rapprochée", team.verifier)
    with pytest.raises(WrongState, match="déjà examiné"):
        examine_item(item_id=item.pk, note_text="Encore", actor=team.verifier, now=NOW)


def test_sample_is_previewed_kept_examined_and_taken(client, team):
    three(team)
    auditor, address = person_with(Role.AUDITOR), page_of("sample_draw")
    choice = {"population": "all", "effective": "2026-09-30", "largest": "1", "points": "2", "seed": "2026"}
    assert get(client, auditor, address).status_code == 200
    preview = get(client, auditor, address, **choice)
    assert ([str(row[1]) for row in preview.context["rows"]], GainSample.objects.count()) == (
        ["Plus grand montant", "Unité monétaire", "Unité monétaire"],
        0,
    )
    assert (preview.content.decode().count('href="/gains/GAIN-'), "L1/2026" in preview.content.decode()) == (
        3,
        False,
    )  # numbers, not identities
    assert post(client, auditor, address, **choice).status_code == 403
    shown = dict(get(client, team.verifier, address, **choice).context["kept"])
    answer = post(client, team.verifier, address, **shown)
    sample = GainSample.objects.get()
    assert (answer.status_code, sample.known.isoformat(), sample.seed) == (302, shown["known"], "2026")
    assert post(client, team.verifier, address, **{**shown, "key": "2", "known": "2999-01-01T00:00:00+00:00"}).status_code == 422
    assert post(client, team.verifier, address, **{**choice, "largest": "0", "points": "0", "key": "3"}).status_code == 422
    item = page_of("sample_item", sample.number, 1)
    assert (get(client, auditor, item).status_code, get(client, team.verifier, item).status_code) == (403, 200)
    assert post(client, team.verifier, item, note_text="Facture rapprochée").status_code == 302
    assert get(client, team.verifier, item).status_code == 409
    page = get(client, auditor, page_of("sample_detail", sample.number))
    assert ("Facture rapprochée" in page.content.decode(), page.context["sample"].examined) == (True, 1)
    listed = get(client, auditor, page_of("sample_list"))
    assert [(row.record.size, row.record.examined) for row in listed.context["table"].page.object_list] == [(3, 1)]
    client.force_login(auditor)
    file = b"".join(client.get(page_of("sample_export", sample.number)).streaming_content).decode()
    assert (file.count("\r\n"), "Facture rapprochée" in file, "900,00" in file) == (4, True, True)
    assert JournalEntry.objects.filter(act="record_access", actor=auditor).count() == 1


def test_recusal_hides_an_item_and_not_its_part_of_the_totals(client, team):
    three(team)
    other = Team()
    other.submitted(amount=Decimal(400))
    sample = drawn(team, largest=2, points=1)
    recuse(team.verifier, team.project.application)
    page = get(client, team.verifier, page_of("sample_detail", sample.number))
    assert [row.record.gain.project for row in page.context["table"].page.object_list] == [other.project]
    assert (page.context["hidden"], team.project.reference in page.content.decode()) == (2, False)
    choice = {"population": "all", "effective": "2026-09-30", "largest": "2", "points": "1", "seed": "2026"}
    preview = get(client, team.verifier, page_of("sample_draw"), **choice)
    assert (preview.context["hidden"], team.project.reference in preview.content.decode()) == (2, False)
    assert GainSampleItem.objects.count() == 3
