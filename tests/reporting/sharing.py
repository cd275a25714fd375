"""Lines of several projects that share one measured gain."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from projects.enums import Role
from reporting.services.sharing import report_shared_gain, share_gain
from tests.factories import NOW, person_with, upload
from tests.reporting.gains import END, START

T18 = Decimal("100000.01")
SIXTY, FORTY = Decimal("0.6"), Decimal("0.4")


def share(*teams: Any, keys: Any = (SIXTY, FORTY), **given: Any) -> Any:
    shares = {team.line.pk: key for team, key in zip(teams, keys, strict=True)}
    values = {"title": "Guichet commun", "shares": shares, "reason": "Entente du 1er avril", "now": NOW, **given}
    return share_gain(**{"actor": person_with(Role.OFFICER), **values})


def measure(sharing: Any, actor: Any, **given: Any) -> Any:
    values = {"period_start": START, "period_end": END, "amount": T18, "method": "Relevé commun", "evidence": upload(), "now": NOW}
    return report_shared_gain(**{"sharing_id": sharing.pk, "actor": actor, **values, **given})
