"""Pages of batches: what is ready, what left, its file, and its end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from fondsinnovation.kit.verdict import Verdict
from fondsinnovation.kit.views import ActForm
from fondsinnovation.templatetags.typography import number
from funding.forms.batches import BatchForm
from funding.forms.payments import KeyForm, ReasonForm
from funding.models import Payment, PaymentBatch
from funding.policies import batches as policies
from funding.policies.payments import read_payments
from funding.queries.batches import batches, orders_of, payable, ready_for
from funding.services import batches as acts
from funding.tables.batches import BATCH_COLOURS, BatchTable, OrderTable
from projects.models import Organisation


@require_safe
@login_required
def batch_list(request: HttpRequest) -> HttpResponse:
    """Batches, and how many orders wait for the next one."""
    now = timezone.now()
    read_payments(request.user, now).require()
    table = BatchTable.for_page(request, batches())
    table.caption = ngettext("%(count)s lot", "%(count)s lots", table.paginator.count) % {"count": number(table.paginator.count)}
    may_prepare = policies.prepare_batch(request.user, now)
    context = {"table": table, "may_prepare": may_prepare, "ready": ready_for(request.user, now).count()}
    return render(request, "funding/batch_list.html", context)


@require_safe
@login_required
def batch_detail(request: HttpRequest, batch: str) -> HttpResponse:
    """A batch: its orders with what became of them, its file, and the next act."""
    now = timezone.now()
    read_payments(request.user, now).require()
    found = get_object_or_404(batches(), number=batch)
    table = OrderTable.for_page(request, orders_of(found, request.user, now))
    count = table.paginator.count
    table.caption = ngettext("%(count)s ordre", "%(count)s ordres", count) % {"count": number(count)}
    context = {
        "batch": found,
        "colour": BATCH_COLOURS[found.state],
        "table": table,
        "hidden": found.order_count - count,
        "may_download": policies.download_batch(request.user, found, now),
        "may_settle": policies.settle_batch(request.user, found, now),
    }
    return render(request, "funding/batch_detail.html", context)


@require_POST
@login_required
def batch_download(request: HttpRequest, batch: str) -> HttpResponse:
    """The file of a batch: a post, because that it was taken is written in the journal."""
    now = timezone.now()
    read_payments(request.user, now).require()
    found = get_object_or_404(PaymentBatch, number=batch)
    content = acts.download_batch(batch_id=found.pk, actor=request.user, now=now)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.number}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


class BatchCreate(ActForm):
    """Choose the orders of the next batch."""

    needs_recent_sign_in = True
    template_name = "funding/batch_form.html"
    form_class = BatchForm

    @cached_property
    def sorted(self) -> tuple[list[Payment], list[Organisation]]:
        """The payments that a batch may take, and the organisations whose payments wait for their bank details."""
        now = timezone.now()
        policies.prepare_batch(self.request.user, now).require()
        return payable(ready_for(self.request.user, now)[: acts.MOST])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "ready": self.sorted[0]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(unpaid=self.sorted[1], **kwargs)

    def perform(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        batch = acts.prepare_batch(payment_ids=data["orders"], actor=self.request.user, now=timezone.now(), key=data["key"])
        messages.success(self.request, _("Le lot est préparé : prenez son fichier, puis inscrivez sa remise."))
        return redirect("funding:batch_detail", batch.number)


class BatchAct(ActForm):
    """A form about one batch that did not leave yet."""

    needs_recent_sign_in = True
    template_name = "funding/batch_act.html"
    form_class: Any = KeyForm
    act: Any = None
    title: Any = ""
    explanation: Any = ""
    success: Any = ""

    @cached_property
    def batch(self) -> PaymentBatch:
        read_payments(self.request.user, timezone.now()).require()
        batch = get_object_or_404(PaymentBatch, number=self.kwargs["batch"])
        if self.request.method != "POST":
            self.verdict(batch).require()
        return batch

    def verdict(self, batch: PaymentBatch) -> Verdict:
        return policies.settle_batch(self.request.user, batch, timezone.now())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(batch=self.batch, title=self.title, explanation=self.explanation, **kwargs)

    def form_invalid(self, form: BaseForm, status: int = 422) -> HttpResponse:
        if status == 422:
            self.verdict(self.batch).require()
        return super().form_invalid(form, status)

    def perform(self, form: BaseForm) -> HttpResponse:
        type(self).act(batch_id=self.batch.pk, actor=self.request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(self.request, self.success)
        return redirect("funding:batch_detail", self.batch.number)


class BatchTransmit(BatchAct):
    act = staticmethod(acts.transmit_batch)
    title = gettext_lazy("Inscrire la remise du lot")
    explanation = gettext_lazy(
        "En confirmant, vous attestez avoir remis le fichier de ce lot au système comptable. "
        "Ses ordres ne partiront plus dans aucun autre lot."
    )
    success = gettext_lazy("Le lot est transmis; ses ordres attendent la réponse du système comptable.")


class BatchCancel(BatchAct):
    form_class = ReasonForm
    act = staticmethod(acts.cancel_batch)
    title = gettext_lazy("Annuler le lot")
    explanation = gettext_lazy("Annulez seulement un lot dont le fichier n’a pas été remis : ses ordres pourront partir dans un autre lot.")
    success = gettext_lazy("Le lot est annulé; ses ordres sont de nouveau à transmettre.")
