"""The clauses that the portal comes with, for both kinds of agreement; a later version replaces each.

French is what is signed; English is there to be read. Rights to audit follow V-5.01, the subjection to credits A-6.001.
"""

from datetime import UTC, date, datetime

from django.db import migrations

VALID_FROM = date(2024, 4, 1)
PUBLISHED_AT = datetime(2024, 4, 1, 4, tzinfo=UTC)  # midnight in America/Toronto
REASON = "Clauses d’origine du portail, à remplacer par celles de l’instrument officiel."
BOTH, GRANT, ADMINISTRATIVE = ("grant", "administrative"), ("grant",), ("administrative",)

#: code, kinds, French title and text, English title and text, in the order of the agreement
CLAUSES = [
    (
        "objet", GRANT, "Objet",
        "Le ministre accorde au bénéficiaire une aide financière maximale de [[ aide ]] pour réaliser le projet « [[ titre ]] » ([[ projet ]]), décrit dans la demande [[ demande ]] déposée à l’appel [[ appel ]].\n\nL’aide est soumise aux conditions suivantes : [[ conditions ]]",
        "Purpose",
        "The Minister grants the beneficiary financial assistance of up to [[ aide ]] to carry out the project “[[ titre ]]” ([[ projet ]]), described in application [[ demande ]] filed under call [[ appel ]].\n\nThe assistance is subject to the following conditions: [[ conditions ]]",
    ),
    (
        "objet", ADMINISTRATIVE, "Objet",
        "La présente entente administrative prévoit que le ministre met à la disposition de [[ beneficiaire ]] une somme maximale de [[ aide ]] pour réaliser le projet « [[ titre ]] » ([[ projet ]]), décrit dans la demande [[ demande ]] déposée à l’appel [[ appel ]].\n\nCette somme est soumise aux conditions suivantes : [[ conditions ]]",
        "Purpose",
        "Under this administrative agreement the Minister makes available to [[ beneficiaire ]] an amount of up to [[ aide ]] to carry out the project “[[ titre ]]” ([[ projet ]]), described in application [[ demande ]] filed under call [[ appel ]].\n\nThat amount is subject to the following conditions: [[ conditions ]]",
    ),
    (
        "duree", BOTH, "Durée",
        "La convention [[ numero ]] vaut du [[ debut ]] au [[ fin ]]. Les obligations de reddition de comptes, de conservation et de remboursement lui survivent.",
        "Term",
        "Agreement [[ numero ]] runs from [[ debut ]] to [[ fin ]]. The duties to report, to keep records and to repay survive it.",
    ),
    (
        "credits", BOTH, "Répartition par exercice et crédits",
        "L’aide est répartie par exercice financier à l’annexe A. Les montants des exercices qui suivent celui de la signature sont engagés sous réserve des crédits votés par l’Assemblée nationale.\n\nUn engagement n’est valide que s’il existe, sur un crédit, un solde disponible suffisant.",
        "Fiscal years and appropriations",
        "Schedule A divides the assistance by fiscal year. Amounts for fiscal years after that of the signature are committed subject to the appropriations voted by the National Assembly.\n\nA commitment is valid only if a sufficient balance is available on an appropriation.",
    ),
    (
        "versements", GRANT, "Versements",
        "Les versements suivent le calendrier de l’annexe B. Une avance d’au plus [[ avance ]] de l’aide peut être versée à la signature; une part de [[ retenue ]] est retenue jusqu’à la vérification du rapport final.\n\nUn versement lié à un jalon n’est dû qu’une fois ce jalon vérifié par une personne autre que celle qui l’a déclaré.",
        "Payments",
        "Payments follow the schedule in Schedule B. An advance of at most [[ avance ]] of the assistance may be paid on signature; [[ retenue ]] is held back until the final report is verified.\n\nA payment tied to a milestone is due only once that milestone is verified by someone other than the person who reported it.",
    ),
    (
        "versements", ADMINISTRATIVE, "Transferts",
        "Les sommes sont transférées selon le calendrier de l’annexe B. Une avance d’au plus [[ avance ]] peut être transférée à la signature; une part de [[ retenue ]] est retenue jusqu’à la vérification du rapport final.\n\nUn transfert lié à un jalon n’est dû qu’une fois ce jalon vérifié par une personne autre que celle qui l’a déclaré.",
        "Transfers",
        "Amounts are transferred as set out in Schedule B. An advance of at most [[ avance ]] may be transferred on signature; [[ retenue ]] is held back until the final report is verified.\n\nA transfer tied to a milestone is due only once that milestone is verified by someone other than the person who reported it.",
    ),
    (
        "depenses", BOTH, "Dépenses admissibles et cumul",
        "L’aide ne sert qu’aux dépenses admissibles de l’annexe A, engagées pour le projet pendant la durée de la convention. Le bénéficiaire déclare sans délai toute autre aide publique reçue pour le projet; le cumul ne dépasse pas la limite de l’appel.",
        "Eligible costs and stacking",
        "The assistance is used only for the eligible costs of Schedule A, incurred for the project during the term of the agreement. The beneficiary promptly declares any other public assistance received for the project; combined public assistance stays within the limit of the call.",
    ),
    (
        "gains", BOTH, "Gains et reddition de comptes",
        "La situation de référence et les gains prévus à l’annexe C valent dès la signature des deux parties et ne changent que par avenant.\n\nLe bénéficiaire déclare ses gains, pièces à l’appui, tous les [[ mois_declaration ]] mois pendant la durée du projet, puis pendant [[ annees_suivi ]] ans après sa fin. Une personne indépendante du bénéficiaire les vérifie.",
        "Gains and reporting",
        "The baseline and the forecast gains of Schedule C hold from the signature of both parties and change only by amendment.\n\nThe beneficiary reports its gains, with evidence, every [[ mois_declaration ]] months during the project, then for [[ annees_suivi ]] years after its end. Someone independent of the beneficiary verifies them.",
    ),
    (
        "registres", BOTH, "Registres, vérification et audit",
        "Le bénéficiaire tient pour le projet des registres distincts et garde chaque pièce sept ans après le dernier versement. Il les ouvre, sur demande, au ministre, au Contrôleur des finances et au Vérificateur général du Québec.",
        "Records, verification and audit",
        "The beneficiary keeps separate records for the project and every supporting document for seven years after the last payment. On request it opens them to the Minister, the Comptroller of Finance and the Auditor General of Québec.",
    ),
    (
        "integrite", BOTH, "Intégrité et conflits d’intérêts",
        "Le bénéficiaire évite toute situation où l’intérêt personnel d’une personne qui prend part au projet l’emporterait sur celui du projet, et avise le ministre dès qu’une telle situation survient.",
        "Integrity and conflicts of interest",
        "The beneficiary avoids any situation in which the personal interest of someone who takes part in the project would prevail over that of the project, and informs the Minister as soon as such a situation arises.",
    ),
    (
        "renseignements", BOTH, "Renseignements et communications publiques",
        "Chaque partie protège les renseignements personnels et confidentiels qu’elle reçoit. Le montant de l’aide, le projet et ses résultats sont publics. Le bénéficiaire mentionne la contribution du Fonds pour l’innovation publique dans ses communications sur le projet.",
        "Information and public communications",
        "Each party protects the personal and confidential information that it receives. The amount of the assistance, the project and its results are public. The beneficiary acknowledges the contribution of the Fonds pour l’innovation publique in its communications about the project.",
    ),
    (
        "avenants", BOTH, "Modifications",
        "Le montant, les dates, la portée et les gains prévus ne changent que par un avenant écrit, approuvé par l’autorité que demande le montant cumulé.",
        "Amendments",
        "The amount, the dates, the scope and the forecast gains change only by a written amendment, approved by the authority that the cumulative amount requires.",
    ),
    (
        "remboursement", GRANT, "Remboursement",
        "Le bénéficiaire rembourse toute somme versée qui n’a pas servi au projet ou qui dépasse ce à quoi il avait droit, dans les soixante jours de la réclamation du ministre.",
        "Repayment",
        "The beneficiary repays any amount that was not used for the project or that exceeds its entitlement, within sixty days of the Minister’s claim.",
    ),
    (
        "remboursement", ADMINISTRATIVE, "Retour des sommes",
        "Toute somme transférée qui n’a pas servi au projet retourne au Fonds avant la fin de l’exercice où l’écart est constaté.",
        "Return of amounts",
        "Any transferred amount that was not used for the project returns to the Fund before the end of the fiscal year in which the difference is found.",
    ),
    (
        "fin", GRANT, "Suspension et résiliation",
        "Le ministre peut suspendre les versements, avec un motif écrit, tant qu’un manquement n’est pas corrigé. Il peut résilier la convention pour défaut, les parties peuvent y mettre fin d’un commun accord, et le ministre peut la résilier sans motif sur avis écrit de trente jours; les dépenses admissibles déjà engagées sont alors payées.",
        "Suspension and termination",
        "The Minister may suspend payments, with written reasons, until a breach is remedied. The Minister may terminate the agreement for default, the parties may end it by mutual consent, and the Minister may terminate it without cause on thirty days’ written notice; eligible costs already incurred are then paid.",
    ),
    (
        "fin", ADMINISTRATIVE, "Différends et fin de l’entente",
        "Les parties règlent leurs différends entre sous-ministres ou dirigeants. L’une ou l’autre peut mettre fin à l’entente sur avis écrit de trente jours; les dépenses admissibles déjà engagées sont alors assumées par le Fonds.",
        "Disputes and end of the agreement",
        "The parties settle their disputes between deputy ministers or chief executives. Either may end the agreement on thirty days’ written notice; the Fund then bears the eligible costs already incurred.",
    ),
    (
        "signatures", BOTH, "Signatures",
        "Les parties signent dans le portail du Fonds, ou sur un exemplaire imprimé qui y est inscrit puis vérifié par une autre personne. Ce qui est signé est ce texte : son empreinte SHA-256 figure au bas de chaque page et avec chaque signature.",
        "Signatures",
        "The parties sign in the Fund’s portal, or on a printed copy that is recorded there and then checked by another person. What is signed is this text: its SHA-256 digest is at the foot of every page and with every signature.",
    ),
]  # fmt: skip


def publish(apps, schema_editor):
    clause = apps.get_model("funding", "ClauseTemplate")
    for kind in BOTH:
        chosen = [row for row in CLAUSES if kind in row[1]]
        for place, (code, _kinds, title, body, title_en, body_en) in enumerate(chosen, start=1):
            clause.objects.create(
                kind=kind, code=code, version=1, position=place * 10, valid_from=VALID_FROM, title=title, body=body, title_en=title_en,
                body_en=body_en, reason=REASON, published_by=None, published_at=PUBLISHED_AT,
            )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("funding", "0071_text_guards")]

    operations = [migrations.RunPython(publish, migrations.RunPython.noop)]
