"""Pages of what an agreement says, and of who signed it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from funding.models import Agreement, AgreementSeal, Amendment
from funding.queries.agreement_texts import proofs_of, read, text_faults, text_of
from funding.queries.agreements import agreements_for
from funding.queries.amendments import in_force_of, kinds_of


def _agreement(request: HttpRequest, number: str) -> Agreement:
    found: Agreement = get_object_or_404(agreements_for(request.user, timezone.now()), number=number)
    return found


def _amendments(agreement: Agreement) -> list[tuple[Amendment, list[Any]]]:
    """Each amendment in force, in the order in which they changed what was signed, with what it changes."""
    return [(one, [kind.label for kind in kinds_of(one)]) for one in in_force_of(agreement)]


@require_safe
@login_required
def agreement_text(request: HttpRequest, number: str) -> HttpResponse:
    """The frozen text: its clauses, its annexes and its SHA-256."""
    agreement = _agreement(request, number)
    text = text_of(agreement)
    said = read(text) if text else None
    if said:
        annexes = [(said["budget"], "costs", _("Dépenses admissibles")), (said["sources"], "sources", _("Financement du projet"))]
        said["annexes"] = [one for one in annexes if one[0]]
    context = {"agreement": agreement, "text": text, "said": said, "amendments": _amendments(agreement)}
    return render(request, "funding/agreement_text.html", context)


@require_safe
@login_required
def agreement_certificate(request: HttpRequest, number: str) -> HttpResponse:
    """Each signature: who, in what capacity, when, by what factor, of what text; and the seal, or plainly that there is none."""
    agreement = _agreement(request, number)
    context = {
        "agreement": agreement,
        "text": text_of(agreement),
        "amendments": _amendments(agreement),
        "faults": text_faults(agreement),
        "proofs": proofs_of(agreement),
        "seal": AgreementSeal.objects.filter(agreement=agreement).select_related("document").first(),
        "has_certificate": bool(settings.SEAL_CERTIFICATE),
    }
    return render(request, "funding/agreement_certificate.html", context)
