import json

import pytest
from django.core.management import call_command

from projects.models import JournalEntry, Membership, Organisation
from projects.models.organisations import sort_key
from projects.queries.organisations import found_by
from projects.services.organisations import import_bodies
from tests.factories import NOW, OrganisationFactory

pytestmark = pytest.mark.django_db
HEADER = "mcode,munnom,regadm,mrc,mpopul\n"
RIMOUSKI = '"10043","Rimouski ","Bas-Saint-Laurent (01)","Rimouski-Neigette (10)","48664"\n'
GOOD = HEADER + RIMOUSKI + '"99010","Territoire","Nord-du-Québec (10)","","0"\n'


@pytest.fixture
def register(tmp_path):
    def write(content, encoding="utf-8-sig"):
        path = tmp_path / "registre.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def run(path, capsys, code):
    if code:
        with pytest.raises(SystemExit) as ended:
            call_command("import_municipalities", str(path))
        assert ended.value.code == code
    else:
        call_command("import_municipalities", str(path), "--json")
    return capsys.readouterr()


def counts(out):
    """What an import did, in rows."""
    return {name: value for name, value in json.loads(out).items() if name not in ("changes", "absent")}


def change(code, name, what, before="", after=""):
    return {"code": code, "name": name, "what": what, "before": before, "after": after}


def test_register_is_imported_once_and_again_without_change(register, capsys):
    path = register(GOOD)
    assert counts(run(path, capsys, 0).out) == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert json.loads(run(path, capsys, 0).out) == {
        "created": 0, "updated": 0, "unchanged": 2, "rejected": 0, "changes": [], "absent": [],
    }  # fmt: skip
    rimouski = Organisation.objects.get(code="10043")
    assert (rimouski.name, rimouski.region_id, rimouski.mrc, rimouski.population) == ("Rimouski", "01", "Rimouski-Neigette", 48664)
    assert JournalEntry.objects.filter(act="import_municipalities").count() == 2


def test_register_updates_what_changed_and_deletes_nothing(register, capsys):
    kept = OrganisationFactory(code="12345")
    run(register(GOOD), capsys, 0)
    out = run(register(GOOD.replace("48664", "50000")), capsys, 0).out
    assert counts(out) == {"created": 0, "updated": 1, "unchanged": 1, "rejected": 0}
    assert Organisation.objects.get(code="10043").population == 50000
    assert Organisation.objects.filter(pk=kept.pk).exists()


SECOND = HEADER + '"10043","Rimouski-sur-Mer","Montérégie (16)","MRC Neuve (999)","50000"\n' + '"10050","Nouvelle","Estrie (05)","","12"\n'


def test_second_vintage_reports_each_change_and_deletes_nothing(register, capsys):
    run(register(GOOD), capsys, 0)
    done = json.loads(run(register(SECOND), capsys, 0).out)
    assert (done["created"], done["updated"], done["unchanged"], done["rejected"]) == (1, 1, 0, 0)
    name = "Rimouski-sur-Mer"
    assert done["changes"] == [
        change("10050", "Nouvelle", "created"),
        change("10043", name, "name", "Rimouski", name),
        change("10043", name, "mrc", "Rimouski-Neigette", "MRC Neuve"),
        change("10043", name, "population", "48664", "50000"),
        change("10043", name, "region", "01", "16"),
    ]
    assert done["absent"] == [{"code": "99010", "name": "Territoire"}]
    assert Organisation.objects.get(code="99010").valid_to is None
    assert json.loads(run(register(SECOND), capsys, 0).out)["changes"] == []


def test_second_vintage_is_told_line_by_line(register, capsys):
    run(register(GOOD), capsys, 0)
    call_command("import_municipalities", str(register(SECOND)))
    assert capsys.readouterr().out.replace("\u00a0", " ").splitlines() == [
        "Créées : 1 · Modifiées : 1 · Inchangées : 0 · Rejetées : 0",
        "10050 Nouvelle : nouvelle",
        "10043 Rimouski-sur-Mer : nom, « Rimouski » → « Rimouski-sur-Mer »",
        "10043 Rimouski-sur-Mer : MRC, « Rimouski-Neigette » → « MRC Neuve »",
        "10043 Rimouski-sur-Mer : population, « 48 664 » → « 50 000 »",
        "10043 Rimouski-sur-Mer : région, « Bas-Saint-Laurent » → « Montérégie »",
        "99010 Territoire : absente du fichier, laissée telle quelle",
    ]


def test_renamed_by_the_register_an_organisation_is_found_under_both_names(register, capsys):
    run(register(GOOD), capsys, 0)
    run(register(SECOND), capsys, 0)
    town = Organisation.objects.get(code="10043")
    assert list(found_by(Organisation.objects.all(), "rimouski mer")) == [town]
    assert list(found_by(Organisation.objects.all(), "territoire rimouski")) == []
    kept = town.changes.order_by("version").values_list("kind", "version", "name_before", "name_after")
    assert list(kept) == [
        ("created", 1, "", "Rimouski"),
        ("renamed", 2, "Rimouski", "Rimouski-sur-Mer"),
        ("corrected", 3, "", ""),
    ]  # fmt: skip
    assert (town.version, town.former_keys) == (3, "\nrimouski\n")


def test_register_leaves_an_ended_municipality_as_it_is(register, capsys):
    run(register(GOOD), capsys, 0)
    Organisation.objects.filter(code="10043").update(valid_to="2020-01-01")
    Organisation.objects.filter(code="99010").update(valid_to="2020-01-01")
    done = json.loads(run(register(HEADER + RIMOUSKI.replace("48664", "1")), capsys, 0).out)
    assert done == {"created": 0, "updated": 0, "unchanged": 1, "rejected": 0, "changes": [], "absent": []}
    assert Organisation.objects.get(code="10043").population == 48664


def test_homonyms_of_the_register_are_all_imported(register, capsys):
    twin = RIMOUSKI.replace("10043", "10044")
    assert counts(run(register(HEADER + RIMOUSKI + twin), capsys, 0).out)["created"] == 2


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("mcode,munnom,regadm,mpopul\n", ["1:mrc: colonne absente; attendue"]),
        (
            GOOD.replace("10043", "1004X").replace("48664", "beaucoup"),
            [
                "2:mcode: « 1004X »; code géographique de 5 chiffres attendu",
                "2:mpopul: « beaucoup »; nombre entier attendu",
            ],
        ),
        (GOOD.replace("99010", "10043"), ["3:mcode: « 10043 » en double; un code par municipalité attendu"]),
        (
            GOOD.replace("Bas-Saint-Laurent (01)", "Ailleurs (99)"),
            ["2:regadm: « Ailleurs (99) »; région et son code attendus, par exemple « Estrie (05) »"],
        ),
        (HEADER + "10043\n", ["2:mcode: ligne incomplète; toutes les colonnes attendues"]),
        (HEADER, ["2:mcode: aucune municipalité; au moins une ligne attendue"]),
        (
            HEADER + "10043,Rimouski,Bas-Saint-Laurent (01),,1,2\n",
            ["2:mcode: cellules en trop; autant de cellules que de colonnes attendues"],
        ),
        (GOOD.replace("10043", "١٠٠٤٣"), ["2:mcode: « ١٠٠٤٣ »; code géographique de 5 chiffres attendu"]),
        (GOOD.replace("Rimouski ", "R" * 201), ["2:munnom: 201 caractères; au plus 200 attendus"]),
        (GOOD + '"12345","' + "jamais fermé " * 11_000, ["4:1: ligne illisible; CSV attendu"]),
        ("", ["1:1: fichier vide; répertoire des municipalités en CSV attendu"]),
        ("Québec\n".encode("utf-16"), ["1:1: encodage illisible; UTF-8 attendu"]),
        ((HEADER + "10043,Lévis").encode("latin-1"), ["2:8: encodage illisible; UTF-8 attendu"]),
        (b"a\x00b\n", ["1:1: ce fichier n’est pas du texte; CSV en UTF-8 attendu"]),
    ],
)
def test_bad_register_says_each_problem_and_writes_nothing(register, capsys, content, lines):
    path = register(content)
    assert run(path, capsys, 2).err.splitlines() == [f"{path}:{line}" for line in lines]
    assert Organisation.objects.count() == 0


def test_absent_register_is_one_line(capsys, tmp_path):
    path = tmp_path / "absent.csv"
    assert run(path, capsys, 2).err.splitlines() == [f"{path}:1:1: introuvable; chemin existant attendu"]
    assert run(tmp_path, capsys, 2).err.splitlines() == [f"{tmp_path}:1:1: c’est un dossier; fichier attendu"]


def test_bodies_come_from_the_data_file_with_their_parents():
    first = import_bodies(actor=None, now=NOW)
    assert (first.created, first.updated) == (Organisation.objects.count(), 0)
    assert Organisation.objects.get(code="SIP-FIN").parent.code == "MEIE"
    mrc = Organisation.objects.get(code="MRC-100")
    assert (mrc.name, mrc.kind, mrc.region_id, mrc.fiscal_calendar) == ("MRC Rimouski-Neigette", "mrc", "01", "calendar")
    assert Organisation.objects.filter(kind="mrc").count() == 88
    assert import_bodies(actor=None, now=NOW).created == 0
    assert not Membership.objects.exists()


@pytest.mark.parametrize("name", ["L'Île-Perrot", "L’île–Perrot", "  l ILE   perrot "])
def test_sort_key_folds_case_accents_dashes_and_apostrophes(name):
    assert sort_key(name) == "l ile perrot"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("St-Jean", "saint jean"),
        ("Ste-Anne-de-St.-Pierre", "sainte anne de saint pierre"),
        ("Saint-Jean", "saint jean"),
        ("Stoneham", "stoneham"),
        ("Mont-St", "mont st"),
        ("Est-Ouest", "est ouest"),
    ],
)
def test_sort_key_writes_saint_in_full_before_a_word(name, key):
    assert sort_key(name) == key
