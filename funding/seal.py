"""The seal of the portal on a PDF: a PAdES signature by pyHanko with the certificate of the settings, or nothing at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

T = TypeVar("T")

#: the name of the signature field in the PDF
FIELD = "Sceau"


class NoSeal(Exception):
    """The certificate of the settings is missing or cannot be used: nothing is sealed."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whose seal it is, as its certificate says."""

    subject: str
    issuer: str
    serial: str
    sha256: str


def seal(content: bytes, *, reason: str) -> tuple[bytes, Certificate]:
    """The PDF with its seal added after its own bytes, which stay as they were. Raises NoSeal.

    The instant inside the seal is that of the machine that seals: it is part of what the certificate vouches for.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # heavy: only the worker that seals loads it
    from pyhanko.sign import fields, signers

    signer = _signer()
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
        location="Québec",
        name=signer.signing_cert.subject.human_friendly,
    )
    sealed = BytesIO()
    pdf = signers.PdfSigner(metadata, signer=signer)
    _apart(lambda: pdf.sign_pdf(IncrementalPdfFileWriter(BytesIO(content)), output=sealed))
    return sealed.getvalue(), _described(signer.signing_cert)


def _apart(work: Callable[[], T]) -> T:
    """Do some work in a thread of its own: pyhanko runs an event loop there, which a thread that has one already refuses."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        return threads.submit(work).result()


def _signer() -> Any:
    """What signs, loaded from the settings. Raises NoSeal."""
    from pyhanko.sign import signers

    if not settings.SEAL_CERTIFICATE:
        raise NoSeal("SEAL_CERTIFICATE is not set")
    password = settings.SEAL_CERTIFICATE_PASSWORD
    try:
        data = Path(settings.SEAL_CERTIFICATE).read_bytes()
        return signers.SimpleSigner.load_pkcs12_data(data, other_certs=[], passphrase=password.encode() if password else None)
    except (OSError, ValueError) as error:
        raise NoSeal(f"SEAL_CERTIFICATE cannot be used: {type(error).__name__}") from error


def _described(certificate: Any) -> Certificate:
    return Certificate(
        subject=certificate.subject.human_friendly[:300],
        issuer=certificate.issuer.human_friendly[:300],
        serial=format(certificate.serial_number, "x"),
        sha256=hashlib.sha256(certificate.dump()).hexdigest(),
    )


def is_whole(content: bytes) -> bool:
    """Whether a sealed PDF has its one seal, covers the whole file and was changed by nothing since."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    try:
        (found,) = PdfFileReader(BytesIO(content)).embedded_signatures
        trusted = ValidationContext(trust_roots=[found.signer_cert], allow_fetching=False)  # who it is, the page compares by digest
        status = _apart(lambda: validate_pdf_signature(found, signer_validation_context=trusted))
    except (PdfError, SignatureValidationError, ValueError):
        return False
    return bool(status.intact and status.valid and status.coverage == SignatureCoverageLevel.ENTIRE_FILE)
