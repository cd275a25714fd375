"""Pages of what the accounting system answers: its return files, the reconciliation, and payments that came back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fondsinnovation.kit.views import ActForm
from funding.forms.batches import ReturnForm
from funding.forms.payments import PaymentReverseForm
from funding.policies import batches as policies
from funding.policies.payments import read_payments
from funding.queries.reconciliation import differences, summary
from funding.queries.returns import Examination, examine, return_files
from funding.services.returns import import_returns
from funding.services.reversals import reverse_payment
from funding.views.payments import PaymentAct

#: files of before that the page names
SHOWN = 10


class ReturnCreate(ActForm):
    """Examine a return file, then take it: first the cells that cannot be taken are named, then all of it enters at once."""

    needs_recent_sign_in = True
    template_name = "funding/return_form.html"
    form_class = ReturnForm

    def get_form_kwargs(self) -> dict[str, Any]:
        policies.import_returns(self.request.user, timezone.now()).require()
        return super().get_form_kwargs()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"examined": None, "files": return_files()[:SHOWN], **kwargs})

    def perform(self, form: BaseForm) -> HttpResponse:
        data, now = form.cleaned_data, timezone.now()
        examined = examine(data["content"], self.request.user, now)
        if examined.problems or not data["confirmed"]:
            return self.examined(form, examined)
        import_returns(name=data["name"], content=data["content"], actor=self.request.user, now=now, key=data["key"])
        messages.success(self.request, _("Le fichier de retour est importé."))
        return redirect("funding:reconciliation")

    def examined(self, form: BaseForm, examined: Examination) -> HttpResponse:
        """What the file would do; with a problem, the page is that of a bad form."""
        told = {"examined": examined, "name": form.cleaned_data["name"], "content": form.cleaned_data["content"]}
        return self.render_to_response(self.get_context_data(form=form, **told), status=422 if examined.problems else 200)


@require_safe
@login_required
def reconciliation(request: HttpRequest) -> HttpResponse:
    """What left, what was confirmed and what the ledger says, for the files that this person may see."""
    now = timezone.now()
    read_payments(request.user, now).require()
    context = {"summary": summary(request.user, now), "differences": differences(request.user, now)}
    return render(request, "funding/reconciliation.html", context)


class PaymentReverse(PaymentAct):
    form_class = PaymentReverseForm
    policy = staticmethod(policies.reverse_payment)
    act = staticmethod(reverse_payment)
    title = gettext_lazy("Annuler par contre-écriture")
    explanation = gettext_lazy(
        "Le paiement est revenu ou a échoué après sa confirmation : une contre-écriture le retire du grand livre, "
        "et le versement pourra être demandé de nouveau."
    )
    success = gettext_lazy("Le paiement est annulé par contre-écriture.")
