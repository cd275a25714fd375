"""`manage.py verify_audit [BUNDLE]`: the chain of the journal in the database, or in an exported bundle, without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fondsinnovation.commands import PortalCommand
from reporting.services.audit import Audit, verify_bundle, verify_database


class Command(PortalCommand):
    help = "Vérifie la chaîne du journal et ce qu’elle garantit : dans la base de données, ou dans un dossier exporté (ZIP)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("bundle", type=Path, nargs="?", help="dossier exporté (ZIP); sans lui, la base de données")
        parser.add_argument("--json", action="store_true", help="résultat en JSON")

    def run(self, **options: Any) -> int:
        audit = verify_bundle(options["bundle"]) if options["bundle"] else verify_database()
        self.stdout.write(json.dumps(_result(audit), ensure_ascii=False) if options["json"] else "\n".join(_lines(audit)))
        return 1 if audit.faults else 0


def _result(audit: Audit) -> dict[str, Any]:
    seq, linked = audit.head
    faults = [{"seq": fault.seq, "what": fault.what} for fault in audit.faults]
    return {"ok": not faults, "checked": dict(audit.checked), "head": {"seq": seq, "hash": linked}, "faults": faults}


def _lines(audit: Audit) -> list[str]:
    """One line for each kind of thing that was checked, then one for each fault."""
    names = {
        "links": _("Maillons de la chaîne"),
        "entries": _("Écritures du dossier"),
        "ledger": _("Écritures du grand livre"),
        "cofunding": _("Cofinancements"),
        "gains": _("Gains"),
        "versions": _("Versions de demandes"),
    }
    lines = [
        _("%(name)s : %(count)d") % {"name": name, "count": audit.checked[code]} for code, name in names.items() if code in audit.checked
    ]
    seq, linked = audit.head
    lines.append(_("Tête de la chaîne : nº %(seq)d, %(hash)s") % {"seq": seq, "hash": linked})
    lines += [
        _("Maillon nº %(seq)d : %(what)s.") % {"seq": fault.seq, "what": fault.what}
        if fault.seq is not None
        else f"{fault.what[:1].upper()}{fault.what[1:]}."
        for fault in audit.faults
    ]
    count = len(audit.faults)
    lines.append(ngettext("%(count)d anomalie.", "%(count)d anomalies.", count) % {"count": count} if count else _("Aucune anomalie."))
    return lines
