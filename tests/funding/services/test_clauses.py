"""Versions of clauses: published once, with a reason and a day; agreements already drafted keep their text."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, Stale
from funding.clauses import faults
from funding.models import ClauseTemplate
from funding.queries.agreement_texts import read, text_of
from funding.queries.clauses import clauses_on, compared, current_clauses, previewed
from funding.services.clauses import ClauseContent, publish_clause
from projects.enums import Role
from projects.models import JournalEntry
from tests.factories import NOW, person_with
from tests.funding.services.test_agreements import approved, draft
from tests.refusals import refusal

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def content(**given):
    return ClauseContent(
        **{
            "kind": "grant", "code": "objet", "position": 10, "valid_from": TODAY, "title": "Objet", "body": "L’aide est de [[ aide ]].",
            "title_en": "Purpose", "body_en": "The assistance is [[ aide ]].", **given,
        }
    )  # fmt: skip


def publish(after=1, reason="Nouvel instrument", actor=None, now=NOW, **given):
    return publish_clause(content=content(**given), after=after, reason=reason, actor=actor or person_with(Role.DIRECTOR), now=now)


def test_portal_comes_with_clauses_of_both_kinds_in_both_languages():
    rows = current_clauses(TODAY)
    assert [kind for kind in ("grant", "administrative") if len([row for row in rows if row.kind == kind]) != 13] == []
    for row in rows:
        assert faults(row.body + row.body_en) == []
        assert previewed(row.body) != ""
    assert [row.code for row in clauses_on("grant", TODAY)][:3] == ["objet", "duree", "credits"]
    assert clauses_on("grant", date(2024, 3, 31)) == []


def test_new_version_counts_from_its_day_and_a_draft_keeps_its_text():
    agreement = draft(approved())
    before = read(text_of(agreement))["clauses"][0]
    clause = publish(valid_from=TODAY + timedelta(days=1))
    assert (clause.version, clause.published_by.pk) == (2, JournalEntry.objects.get(act="publish_clause").actor_id)
    assert JournalEntry.objects.filter(act="publish_clause", content__contains="Nouvel instrument").count() == 1
    assert [clauses_on("grant", day)[0].version for day in (TODAY, TODAY + timedelta(days=1))] == [1, 2]
    assert read(text_of(agreement))["clauses"][0] == before
    later = draft(approved(), now=NOW + timedelta(days=1))
    assert read(text_of(later))["clauses"][0]["paragraphs"] == ["L’aide est de 50\xa0000,00\xa0$."]
    assert read(text_of(later))["clauses"][0]["paragraphs_en"] == ["The assistance is $50,000.00."]


def test_withdrawn_clause_leaves_the_agreements_to_come():
    publish(code="avenants", position=100, is_withdrawn=True)
    codes = [row.code for row in clauses_on("grant", TODAY)]
    assert ("avenants" in codes, len(codes)) == (False, 12)
    assert "avenants" in [row.code for row in clauses_on("administrative", TODAY)]


def test_what_is_wrong_is_said_by_field_and_nothing_is_published():
    with pytest.raises(Invalid) as refused:
        publish(body="De [[ debut ]]\nà [[ terme ]]", title_en=" ", valid_from=TODAY - timedelta(days=1), reason=" ")
    assert sorted(refused.value.errors) == ["body", "reason", "title_en", "valid_from"]
    assert "[[ terme ]]\xa0» n’est pas un champ de fusion (ligne 2, colonne 3)" in refused.value.errors["body"]
    assert ClauseTemplate.objects.exclude(version=1).count() == 0


def test_version_published_meanwhile_is_not_overwritten():
    publish()
    with pytest.raises(Stale):
        publish(after=1)
    assert publish(after=2).version == 3
    publish(after=3, valid_from=TODAY + timedelta(days=9))
    with pytest.raises(Invalid) as refused:
        publish(after=4)
    assert list(refused.value.errors) == ["valid_from"]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.MINISTER_DELEGATE, Role.CONTROLLER])
def test_only_the_director_or_the_head_publishes(role):
    with pytest.raises(NotAllowed):
        publish(actor=person_with(role))


def test_clause_nobody_can_fill_is_named_with_what_it_lacks():
    publish()
    award = approved()
    award.application.title = ""
    type(award.application).objects.filter(pk=award.application_id).update(title="")
    publish(after=2, body="Le projet [[ titre ]]")
    with pytest.raises(Invalid) as refused:
        draft(award)
    assert refused.value.message.replace("\xa0", " ") == "Clause « Objet » : il manque le titre du projet."


def test_database_keeps_what_is_published():
    for change in ("UPDATE funding_clausetemplate SET body = 'autre'", "DELETE FROM funding_clausetemplate"):
        assert "permission denied" in refusal(change)
    row = ClauseTemplate.objects.filter(code="objet", kind="grant").values().get()
    again = {name: value for name, value in row.items() if name != "id"}
    names, places = ", ".join(again), ", ".join(["%s"] * len(again))
    insert = f"INSERT INTO funding_clausetemplate ({names}) VALUES ({places})"
    assert refusal(insert, *{**again, "version": 3}.values()) == "clause_versions_follow"
    assert refusal(insert, *{**again, "version": 2, "valid_from": date(2024, 1, 1)}.values()) == "clause_versions_follow"
    assert refusal(insert, *{**again, "version": 2, "reason": ""}.values()) == "clause_says_why"


def test_comparison_says_word_by_word_what_changed():
    old = "L’aide est versée.\n\nElle est due en mars."
    new = replace(content(), body="L’aide est transférée.\n\nElle est due en avril 2027.").body
    lines = [[(word.text, word.change) for word in line] for line in compared(old, new)]
    assert lines == [
        [("L’aide est", "same"), ("versée.", "removed"), ("transférée.", "added")],
        [("Elle est due en", "same"), ("mars.", "removed"), ("avril 2027.", "added")],
    ]
    (fields,) = compared("De [[ debut ]], enfin.", "De [[ fin ]], enfin.")
    assert [word.text for word in fields] == ["De", "[[ debut ]],", "[[ fin ]],", "enfin."]
    assert [[word.change for word in line] for line in compared(old, old)] == [["same"], ["same"]]
