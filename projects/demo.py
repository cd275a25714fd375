"""The accounts of a demonstration: one per step of the way. Every name is invented; they exist in demo mode only."""

from __future__ import annotations

from dataclasses import dataclass

from projects.enums import Role

PASSWORD = "demonstration-du-fonds"  # noqa: S105 — printed by `manage.py demo` and shown on its sign-in page


@dataclass(frozen=True, slots=True)
class DemoAccount:
    email: str
    name: str
    role: Role
    organisation: str


def _at(local: str, name: str, role: Role, organisation: str) -> DemoAccount:
    return DemoAccount(f"{local}@exemple.quebec", name, role, organisation)


ACCOUNTS = (
    _at("agente1", "Ariane Lavertu", Role.OFFICER, "SIP-FIN"),
    _at("agent2", "Bastien Corriveault", Role.OFFICER, "SIP-FIN"),
    _at("conseil", "Anatole Brissonneau", Role.ADVISER, "SIP-FIN"),
    _at("evaluation1", "Clémence Tardivel", Role.REVIEWER, "SIP-FIN"),
    _at("evaluation2", "Darius Poliquette", Role.REVIEWER, "SIP-FIN"),
    _at("evaluation3", "Émilienne Vaugeois", Role.REVIEWER, "ENAP"),
    _at("comite", "Fabrice Ouellon", Role.COMMITTEE_SECRETARY, "SIP-TETE"),
    _at("controle", "Ghislaine Marcotel", Role.CONTROLLER, "SIP-CTRL"),
    _at("direction", "Hadrien Bellerose", Role.DIRECTOR, "SIP-FIN"),
    _at("tete", "Inès Castonnet", Role.HEAD, "SIP-TETE"),
    _at("delegation", "Jocelyn Arcandeau", Role.MINISTER_DELEGATE, "MEIE-CAB"),
    _at("paiement1", "Karine Dutremblet", Role.PAYMENT_REQUESTER, "SIP-PAIE"),
    _at("paiement2", "Ludovic Savarier", Role.PAYMENT_AUTHORISER, "SIP-PAIE"),
    _at("verification", "Mélodie Quirionet", Role.GAIN_VERIFIER, "VERIF"),
    _at("audit", "Normand Desrosins", Role.AUDITOR, "AUDIT"),
    _at("renseignements", "Bérengère Malenfant", Role.PRIVACY_OFFICER, "SIP-TETE"),
    _at("exploitation1", "Cyprien Vadeboncoeur", Role.TECHNICAL_ADMIN, "SIP-TI"),
    _at("exploitation2", "Delphine Archambeau", Role.TECHNICAL_ADMIN, "SIP-TI"),
    _at("redaction.rimouski", "Océane Pelchat", Role.WRITER, "10043"),
    _at("finances.rimouski", "Philéas Gauvreault", Role.FINANCE_RESPONDENT, "10043"),
    _at("greffe.rimouski", "Quitterie Langevain", Role.SIGNATORY, "10043"),
    _at("redaction.magog", "Raphaëlle Sauvignac", Role.WRITER, "45072"),
    _at("finances.magog", "Silvère Montambeault", Role.FINANCE_RESPONDENT, "45072"),
    _at("greffe.magog", "Thaïs Bergeronde", Role.SIGNATORY, "45072"),
    _at("redaction.rbq", "Ulysse Cantinel", Role.WRITER, "RBQ"),
    _at("finances.rbq", "Violaine Duchesnaux", Role.FINANCE_RESPONDENT, "RBQ"),
    _at("direction.rbq", "Wilfrid Hautcoeur", Role.SIGNATORY, "RBQ"),
)
