"""The frozen text of an agreement: what it says, its SHA-256, its PDF, and the signatures that name it."""

import pytest

from fondsinnovation.kit.errors import Invalid, NotAllowed, WrongState
from funding.models import Agreement, AgreementText, Signature
from funding.queries.agreement_conditions import unmet_conditions
from funding.queries.agreement_texts import proofs_of, read, text_faults, text_of
from funding.services.agreement_texts import render_text
from funding.services.agreements import sign_for_beneficiary, sign_for_minister
from projects.enums import OrganisationKind, Role
from projects.models import GainPlan, JournalEntry
from projects.services.journal import sha256
from tests.factories import NOW, OrganisationFactory, UserFactory, person_with
from tests.factories import _commit as commit
from tests.funding.credit import in_force
from tests.funding.services.test_agreement_drafts import redraft
from tests.funding.services.test_agreements import approved, draft, reviewed, signatory_of, signed_by_both, signing
from tests.refusals import refusal

pytestmark = pytest.mark.django_db


def test_draft_freezes_its_clauses_its_annexes_and_their_digest():
    agreement = draft(approved())
    text = text_of(agreement)
    said = read(text)
    assert (text.sha256, text.document_id) == (sha256(text.content), agreement.document_id)
    assert (said["number"], said["version"], said["amount"]) == (agreement.number, 1, "50000.00")
    assert [clause["code"] for clause in said["clauses"]][:2] == ["objet", "duree"]
    first = said["clauses"][0]["paragraphs"]
    assert "aide financière maximale de 50\xa0000,00\xa0$" in first[0]
    assert first[1].replace("\xa0", " ") == "L’aide est soumise aux conditions suivantes : aucune condition particulière."
    assert [row["amount"] for row in said["instalments"]] == [format(one.amount, "f") for one in agreement.instalments.order_by("position")]
    assert [gain["code"] for gain in said["gains"]] == list(
        agreement.award.application.gain_plan.lines.order_by("code").values_list("code", flat=True)
    )
    assert (said["parts"][0]["year"], said["subject_to_law"]) == (2026, True)
    assert text_faults(agreement) == []


def test_text_is_not_subject_to_law_once_an_authority_is_in_force():
    in_force()
    assert read(text_of(draft(approved())))["subject_to_law"] is False


def test_ministry_signs_the_clauses_of_an_administrative_agreement():
    agreement = draft(approved(organisation=OrganisationFactory(kind=OrganisationKind.MINISTRY)))
    titles = [clause["title"] for clause in read(text_of(agreement))["clauses"]]
    assert ("Transferts" in titles, "Versements" in titles) == (True, False)


def test_pdf_of_a_text_is_the_same_bytes_whenever_it_is_made():
    agreement = draft(approved())
    text = text_of(agreement)
    with agreement.document.path.open("rb") as file:
        kept = file.read()
    assert render_text(text.content) == kept
    assert render_text(text.content.replace("50000.00", "50000.01")) != kept
    assert b"<pdfaid:part>2</pdfaid:part>" in kept


def test_draft_written_again_is_another_text():
    agreement = draft(approved())
    first = text_of(agreement)
    again = redraft(agreement)
    second = text_of(again)
    assert (second.version, second.document_id, read(second)["version"]) == (2, again.document_id, 2)
    assert second.sha256 != first.sha256
    assert AgreementText.objects.filter(agreement=agreement).count() == 2


def test_signature_names_the_text_the_factor_the_capacity_and_the_intent():
    agreement = signed_by_both(approved())
    text = text_of(agreement)
    rows = [
        (one.name == one.signature.person.name, one.signature.role, one.signature.factor, one.signature.text_sha256, one.matches)
        for one in proofs_of(agreement)
    ]
    assert rows == [(True, "signatory", "totp", text.sha256, True), (True, "director", "totp", text.sha256, True)]
    assert [one.signature.intent.split(" et ")[0] for one in proofs_of(agreement)] == ["J’ai lu la convention"] * 2
    acts = dict(JournalEntry.objects.values_list("pk", "act"))
    assert [acts[one.entry] for one in proofs_of(agreement)] == ["sign_for_beneficiary", "sign_for_minister"]


@pytest.mark.parametrize("factor", ["", "password", "autre"])
def test_signature_without_a_second_factor_is_refused(factor):
    agreement = reviewed(draft(approved()))
    with pytest.raises(NotAllowed, match="second facteur"):
        sign_for_beneficiary(**signing(agreement, actor=signatory_of(agreement), factor=factor))
    with pytest.raises(Invalid) as refused:
        sign_for_beneficiary(**signing(agreement, actor=signatory_of(agreement), intent=False))
    assert (list(refused.value.errors), Signature.objects.count()) == (["intent"], 0)


def test_signature_of_another_text_keeps_the_agreement_out_of_force():
    agreement = reviewed(draft(approved()))
    Signature.objects.create(
        agreement=agreement, party="beneficiary", person=UserFactory(), signed_on=NOW.date(), document=agreement.document,
        document_sha256=agreement.document.sha256, recorded_at=NOW,
    )  # fmt: skip
    Agreement.objects.filter(pk=agreement.pk).update(state="signed_beneficiary")
    expected = "La signature de la partie « Bénéficiaire » n’est pas celle du texte figé."
    assert expected in [condition.replace("\xa0", " ") for condition in unmet_conditions(agreement)]
    with pytest.raises(WrongState, match="texte figé"):
        sign_for_minister(**signing(agreement, actor=person_with(Role.DIRECTOR)))


def test_agreement_is_not_in_force_before_two_people_know_where_it_is_paid():
    agreement = reviewed(draft(approved(account=False)))
    sign_for_beneficiary(**signing(agreement, actor=signatory_of(agreement)))
    organisation = agreement.project.organisation
    with pytest.raises(WrongState) as refused:
        sign_for_minister(**signing(agreement, actor=person_with(Role.DIRECTOR)))
    expected = f"Les coordonnées bancaires de {organisation.name} ne sont pas confirmées par une seconde personne."
    assert refused.value.message.endswith(expected)


# ── What the database holds ──────────────────────────────────────────────────────────────────────────────────────────
def test_database_keeps_the_text_that_was_frozen():
    agreement = draft(approved())
    text = text_of(agreement)
    for change in ("UPDATE funding_agreementtext SET content = 'x'", "DELETE FROM funding_agreementtext"):
        assert "permission denied" in refusal(change)
    insert = (
        "INSERT INTO funding_agreementtext (agreement_id, version, content, sha256, document_id, frozen_by_id, frozen_at)"
        " SELECT agreement_id, %s, %s, sha256, document_id, frozen_by_id, frozen_at FROM funding_agreementtext WHERE id = %s"
    )
    assert refusal(insert, 2, text.content, text.pk) == "agreement_text_is_a_draft_s"
    Agreement.objects.filter(pk=agreement.pk).update(version=2)
    assert refusal(insert, 2, text.content + " ", text.pk) == "agreement_text_is_what_is_hashed"
    Agreement.objects.filter(pk=agreement.pk).update(state="legal_review")
    assert refusal(insert, 2, text.content, text.pk) == "agreement_text_is_a_draft_s"


def test_database_refuses_a_signature_of_another_text():
    agreement = reviewed(draft(approved()))
    insert = (
        "INSERT INTO funding_signature (agreement_id, party, person_id, signed_on, document_id, document_sha256, text_sha256, role, factor,"
        " intent, recorded_at) VALUES (%s, 'minister', %s, now(), %s, %s, %s, %s, %s, 'oui', now())"
    )
    person, text = UserFactory().pk, text_of(agreement)
    given = (agreement.pk, person, agreement.document_id, agreement.document.sha256)
    assert refusal(insert, *given, "0" * 64, "director", "totp") == "signature_is_of_the_text"
    assert refusal(insert, *given, text.sha256, "director", "") == "signature_of_the_text_is_proven"
    nobody = (agreement.pk, None, agreement.document_id, agreement.document.sha256)
    assert refusal(insert, *nobody, text.sha256, "director", "totp") == "signature_is_somebody_s"


@pytest.mark.parametrize(
    ("account", "names_the_text", "refused"),
    [(False, True, "agreement_in_force_is_payable"), (True, False, "agreement_in_force_text_is_signed")],
)
def test_database_puts_in_force_only_what_is_signed_and_can_be_paid(account, names_the_text, refused):
    """All but one of the conditions hold, and no act is asked."""
    agreement = reviewed(draft(approved(account=account)))
    sign_for_beneficiary(**signing(agreement, actor=signatory_of(agreement)))
    named = {"text_sha256": text_of(agreement).sha256, "role": "head", "factor": "totp", "intent": "oui"} if names_the_text else {}
    Signature.objects.create(
        agreement=agreement, party="minister", person=UserFactory(), signed_on=NOW.date(), document=agreement.document,
        document_sha256=agreement.document.sha256, recorded_at=NOW, **named,
    )  # fmt: skip
    GainPlan.objects.filter(application=agreement.award.application).update(project=agreement.project, locked_at=NOW)
    commit(agreement=agreement, actor=None, now=NOW)
    assert refusal("UPDATE funding_agreement SET state = 'in_force', in_force_at = now() WHERE id = %s", agreement.pk) == refused
