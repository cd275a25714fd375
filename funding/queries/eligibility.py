"""The facts that an officer weighs beside each point of eligibility, computed from the file."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Min, Sum
from django.utils.translation import gettext as _

from fondsinnovation.templatetags.typography import long_date, long_datetime, money, percent
from funding.enums import EligibilityPoint
from projects.enums import PUBLIC_AID, DocumentKind
from projects.models import Application


def facts_of(application: Application) -> dict[EligibilityPoint, str]:
    """One sentence for each point; `application` comes with its call, terms and organisation."""
    return {
        EligibilityPoint.ORGANISATION: f"{application.organisation.get_kind_display()} · {application.organisation.name}",
        EligibilityPoint.IN_TIME: _("Reçue le %(received)s; fermeture le %(closed)s")
        % {"received": long_datetime(application.submitted_at), "closed": long_datetime(application.call.closes_at)},
        EligibilityPoint.COMPLETE: _documents(application),
        EligibilityPoint.AMOUNTS: _amounts(application),
        EligibilityPoint.NOT_STARTED: _("Premier jalon prévu le %(day)s; demande reçue le %(received)s")
        % {
            "day": long_date(application.planned_milestones.aggregate(first=Min("due_on"))["first"]),
            "received": long_date(application.submitted_at),
        },
        EligibilityPoint.PUBLIC_AID: _public_aid(application),
    }


def _documents(application: Application) -> str:
    kinds = list(application.documents.filter(removed_at=None).order_by("pk").values_list("kind", flat=True))
    if DocumentKind.RESOLUTION in kinds:
        return _("Documents joints : %(count)s, dont la résolution ou l’autorisation") % {"count": len(kinds)}
    return _("Documents joints : %(count)s, sans résolution ni autorisation") % {"count": len(kinds)}


def _amounts(application: Application) -> str:
    terms = application.call.terms
    return _("Demandé : %(asked)s, soit %(share)s du coût; modalités : de %(low)s à %(high)s, au plus %(rate)s") % {
        "asked": money(application.amount_requested),
        "share": percent(_share(application, application.amount_requested or Decimal(0))),
        "low": money(terms.minimum_amount),
        "high": money(terms.maximum_amount),
        "rate": percent(terms.aid_rate),
    }


def _public_aid(application: Application) -> str:
    aid = application.funding_lines.filter(source__in=PUBLIC_AID).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    return _("Aides publiques : %(aid)s, soit %(share)s du coût; limite : %(limit)s") % {
        "aid": money(aid),
        "share": percent(_share(application, aid)),
        "limit": percent(application.call.terms.stacking_limit),
    }


def _share(application: Application, amount: Decimal) -> Decimal | None:
    return amount / application.total_cost if application.total_cost else None
