"""The PAdES seal: made with a certificate, validated, broken by one changed byte; and nothing that looks like one without."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from fondsinnovation.kit.errors import WrongState
from funding.models import AgreementSeal
from funding.queries.agreement_texts import text_of
from funding.seal import NoSeal, is_whole
from funding.services.agreement_texts import render_text
from funding.services.seals import seal_agreement
from projects.models import JournalEntry, OutboxMessage
from projects.services.outbox import claim, serve
from tests.factories import NOW
from tests.funding.services.test_agreements import approved, signed_by_both
from tests.funding.services.test_signed_copies import accept, recorded

pytestmark = pytest.mark.django_db
PASSWORD = "mot-de-passe-d-essai"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A PKCS#12 file with a self-signed certificate, and the certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sceau d’essai du portail")])
    usage = x509.KeyUsage(True, True, *[False] * 7)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(0x5EA1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2090, 1, 1, tzinfo=UTC))
        .add_extension(usage, critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("seal") / "sceau.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"sceau", key, made, None, BestAvailableEncryption(PASSWORD.encode())))
    return path, made


@pytest.fixture
def with_certificate(settings, certificate):
    settings.SEAL_CERTIFICATE, settings.SEAL_CERTIFICATE_PASSWORD = str(certificate[0]), PASSWORD
    return certificate[1]


def bytes_of(document):
    with document.path.open("rb") as file:
        return file.read()


def test_second_signature_leaves_a_seal_that_pyhanko_validates(with_certificate):
    agreement = signed_by_both(approved())
    assert OutboxMessage.objects.filter(topic="seal").count() == 1
    message = next(one for one in claim(NOW) if one.topic == "seal")
    assert serve(message, NOW) is True
    seal = AgreementSeal.objects.get(agreement=agreement)
    sealed = bytes_of(seal.document)
    assert is_whole(sealed) is True
    assert sealed.startswith(render_text(text_of(agreement).content))  # what was signed is there, byte for byte
    assert (seal.certificate_serial, seal.certificate_sha256) == ("5ea1", with_certificate.fingerprint(hashes.SHA256()).hex())
    assert "Sceau d’essai du portail" in seal.certificate_subject
    assert JournalEntry.objects.get(act="seal_agreement").object_id == seal.pk
    with pytest.raises(WrongState):
        seal_agreement(agreement_id=agreement.pk, actor=None, now=NOW)
    assert serve(message, NOW) is True  # a message that is served twice seals once
    assert AgreementSeal.objects.count() == 1


def test_one_changed_byte_is_found(with_certificate):
    agreement = signed_by_both(approved())
    sealed = bytes_of(seal_agreement(agreement_id=agreement.pk, actor=None, now=NOW).document)
    for place in (200, len(sealed) // 3):
        changed = bytearray(sealed)
        changed[place] ^= 1
        assert is_whole(bytes(changed)) is False
    assert is_whole(sealed + b"\n%%EOF\n") is False
    assert is_whole(render_text(text_of(agreement).content)) is False
    assert is_whole(b"%PDF-1.7 rien") is False


def test_nothing_is_sealed_without_a_certificate():
    agreement = signed_by_both(approved())
    assert OutboxMessage.objects.filter(topic="seal").count() == 0
    with pytest.raises(WrongState):
        seal_agreement(agreement_id=agreement.pk, actor=None, now=NOW)
    assert AgreementSeal.objects.count() == 0


@pytest.mark.parametrize("password", ["", "autre"])
def test_certificate_that_cannot_be_read_seals_nothing_and_is_tried_again(settings, certificate, password):
    settings.SEAL_CERTIFICATE, settings.SEAL_CERTIFICATE_PASSWORD = str(certificate[0]), password
    agreement = signed_by_both(approved())
    with pytest.raises(NoSeal):
        seal_agreement(agreement_id=agreement.pk, actor=None, now=NOW)
    message = next(one for one in claim(NOW + timedelta(minutes=1)) if one.topic == "seal")
    assert serve(message, NOW) is False
    message.refresh_from_db()
    assert (message.done_at, message.error.startswith("NoSeal"), PASSWORD in message.error) == (None, True, False)


def test_agreement_signed_outside_the_portal_is_not_sealed(with_certificate):
    agreement = accept(recorded())
    with pytest.raises(WrongState):
        seal_agreement(agreement_id=agreement.pk, actor=None, now=NOW)
