"""What the people of the story write. Every name and every project is invented."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.enums import Point


@dataclass(frozen=True, slots=True)
class Theme:
    """A kind of project: its title, its texts, and what it saves by which unit."""

    title: str
    need: str
    solution: str
    public: str
    unit: str
    saving: str
    expense: str


THEMES = (
    Theme(
        "Permis de construction en ligne", "Un permis demande six semaines et trois visites au comptoir.",
        "Un guichet en ligne où les pièces sont vérifiées au dépôt.", "Les personnes et les entreprises qui construisent ou rénovent.",
        "permis", "Moins de saisie et de numérisation", "Hébergement du guichet",
    ),
    Theme(
        "Collecte des matières résiduelles selon le remplissage", "Les camions passent à jour fixe devant des conteneurs à moitié vides.",
        "Des capteurs dans les conteneurs et un itinéraire calculé chaque matin.", "Les ménages, les commerces et les équipes de collecte.",
        "tonnes collectées", "Moins de tournées et de carburant", "Entretien des capteurs",
    ),
    Theme(
        "Prise de rendez-vous unifiée", "Chaque service tient son agenda et le tiers des plages reste vide.",
        "Un agenda commun, avec rappels et liste d’attente.", "Les personnes qui se présentent aux comptoirs de services.",
        "rendez-vous", "Moins de plages perdues", "Messages de rappel",
    ),
    Theme(
        "Détection des fuites du réseau d’aqueduc", "Près du quart de l’eau traitée n’atteint aucun bâtiment.",
        "Une écoute acoustique du réseau et une carte des fuites probables.", "Toutes les personnes desservies par l’aqueduc.",
        "milliers de mètres cubes", "Moins d’eau traitée pour rien", "Relevés acoustiques",
    ),
    Theme(
        "Paiement numérique des comptes de taxes", "Les comptes partent par la poste et la moitié des paiements sont saisis à la main.",
        "Un compte en ligne, le prélèvement automatique et le rapprochement du jour.", "Les propriétaires et les services de perception.",
        "comptes de taxes", "Moins d’envois postaux et de saisie", "Frais de transaction",
    ),
    Theme(
        "Éclairage public adaptatif", "Les rues sont éclairées à pleine puissance toute la nuit.",
        "Des luminaires qui baissent quand personne ne passe.", "Les résidentes et les résidents, et les équipes de voirie.",
        "luminaires", "Moins d’électricité et de remplacements", "Logiciel de télégestion",
    ),
    Theme(
        "Traitement assisté des demandes d’indemnisation", "Une demande attend onze semaines avant sa première lecture.",
        "Un premier tri par règles vérifiables, et une lecture humaine pour le reste.", "Les personnes qui demandent une indemnité.",
        "demandes traitées", "Moins d’heures supplémentaires", "Licences du moteur de règles",
    ),
    Theme(
        "Inspection préventive des bâtiments", "Les inspections suivent les plaintes et arrivent après les dommages.",
        "Un calendrier d’inspection fondé sur l’âge et l’historique des bâtiments.", "Les occupants et les équipes d’inspection.",
        "inspections", "Moins de déplacements et de reprises", "Données d’historique",
    ),
    Theme(
        "Mutualisation des achats de fournitures", "Vingt services achètent les mêmes fournitures à vingt prix.",
        "Un catalogue commun et des commandes groupées chaque mois.", "Les services de la municipalité et leurs fournisseurs.",
        "commandes", "De meilleurs prix", "Gestion du catalogue",
    ),
    Theme(
        "Entretien prédictif de la flotte de véhicules", "Les véhicules sont réparés quand ils tombent en panne.",
        "Un suivi de l’usure et un rendez-vous d’atelier avant la panne.", "Les équipes de la voirie, des parcs et de la collecte.",
        "véhicules", "Moins de pannes et de locations", "Boîtiers de suivi",
    ),
    Theme(
        "Archives et greffe numériques", "Une recherche dans les archives prend deux jours.",
        "La numérisation des procès-verbaux et une recherche plein texte.", "Le public, les services juridiques et le greffe.",
        "recherches", "Moins de temps de recherche", "Stockage des archives",
    ),
    Theme(
        "Formation immersive aux interventions d’urgence", "Une formation sur place mobilise une caserne pendant deux jours.",
        "Des exercices en réalité virtuelle, répétés en petits groupes.", "Les pompières, les pompiers et les services d’urgence.",
        "personnes formées", "Moins de déplacements et de remplacements", "Casques et licences",
    ),
)  # fmt: skip

#: what distinguishes two projects of one theme
SCOPES = (
    "",
    " : phase pilote",
    " : secteur nord",
    " : secteur sud",
    " dans toute la région",
    " pour les entreprises",
    " pour les familles",
    ", deuxième phase",
    " en milieu rural",
    " en centre-ville",
)

FIRST_NAMES = (
    "Aglaé",
    "Barnabé",
    "Capucine",
    "Désiré",
    "Eugénie",
    "Firmin",
    "Gaétane",
    "Hector",
    "Iris",
    "Jules",
    "Klara",
    "Léandre",
    "Maude",
    "Nestor",
    "Odile",
    "Prosper",
    "Reine",
    "Simone",
    "Théodore",
    "Ursule",
    "Victorin",
    "Yolande",
    "Zacharie",
    "Béatrix",
)
LAST_NAMES = (
    "Aubrevert",
    "Boisclair-Thule",
    "Charlemont",
    "Dulacval",
    "Estrival",
    "Fontbrune",
    "Grandchamois",
    "Hautrive",
    "Isleverte",
    "Joncquet",
    "Lamontée",
    "Malbrousse",
    "Noirlac",
    "Ormesson-Vial",
    "Pierrelatte",
    "Quatresaules",
    "Rivardoux",
    "Sablonnet",
    "Tournebise",
    "Vertefeuille",
    "Valcourtois",
    "Clairambault",
    "Bellegarde-Roy",
    "Montreflet",
)

CRITERIA = (
    ("Ampleur des gains", 30, "Économies et revenus attendus, et leur durée"),
    ("Qualité de la mesure", 25, "Situation de départ, méthode et preuves"),
    ("Caractère innovant", 20, "Ce qui n’a pas encore été tenté ici"),
    ("Faisabilité", 15, "Équipe, calendrier et risques"),
    ("Reprise ailleurs", 10, "Ce que d’autres organismes pourront reprendre"),
)
OBJECTIVES = (
    ("Coût moyen d’un service rendu", "$", "42.00", "30.00", 60),
    ("Délai moyen de service", "jours", "38.00", "20.00", 40),
)

INELIGIBLE = "Le cumul des aides publiques dépasse la limite, et la résolution jointe ne vise pas ce projet."
REFUSED = "La demande a du mérite, mais elle se classe sous les projets que l’appel peut financer."
FAVOURABLE = "Gains mesurables, équipe prête et risques maîtrisés, de l’avis du comité."
UNFAVOURABLE = "Les gains annoncés ne reposent pas sur une situation de départ vérifiable."
PARTLY = "Une partie du gain existait avant le projet : elle est retranchée."
#: what the verifier of the story says of each point
ANSWERS = {
    Point.CAUSATION: "La baisse suit la mise en service; aucune autre cause n’a été trouvée.",
    Point.REALISATION: "Le volume traité est celui du système de gestion.",
    Point.VALUATION: "Le coût unitaire est celui de la situation de départ.",
    Point.ATTRIBUTION: "La part du projet est celle que la convention retient.",
    Point.VALIDATION: "Le relevé est signé et son empreinte est celle du fichier déposé.",
}
REJECTED = "La preuve jointe ne permet pas de relier la baisse au projet."
COMMENTS = (
    "Démonstration claire, chiffres à l’appui.",
    "Bonne idée; la mesure reste à préciser.",
    "L’équipe connaît bien le service.",
    "Le calendrier est serré mais réaliste.",
    "Les risques sont nommés et suivis.",
    "La reprise par d’autres n’est pas démontrée.",
)
CONFLICT = "Une personne de ma famille travaille dans cet organisme."
