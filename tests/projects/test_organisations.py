import json

import pytest
from django.core.management import call_command

from projects.models import JournalEntry, Membership, Organisation
from projects.models.organisations import sort_key
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


def test_register_is_imported_once_and_again_without_change(register, capsys):
    path = register(GOOD)
    assert json.loads(run(path, capsys, 0).out) == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert json.loads(run(path, capsys, 0).out) == {"created": 0, "updated": 0, "unchanged": 2, "rejected": 0}
    rimouski = Organisation.objects.get(code="10043")
    assert (rimouski.name, rimouski.region_id, rimouski.mrc, rimouski.population) == ("Rimouski", "01", "Rimouski-Neigette", 48664)
    assert JournalEntry.objects.filter(act="import_municipalities").count() == 2


def test_register_updates_what_changed_and_deletes_nothing(register, capsys):
    kept = OrganisationFactory(code="12345")
    run(register(GOOD), capsys, 0)
    out = run(register(GOOD.replace("48664", "50000")), capsys, 0).out
    assert json.loads(out) == {"created": 0, "updated": 1, "unchanged": 1, "rejected": 0}
    assert Organisation.objects.get(code="10043").population == 50000
    assert Organisation.objects.filter(pk=kept.pk).exists()


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
    assert import_bodies(actor=None, now=NOW).created == 0
    assert not Membership.objects.exists()


@pytest.mark.parametrize("name", ["L'Île-Perrot", "L’île–Perrot", "  l ILE   perrot "])
def test_sort_key_folds_case_accents_dashes_and_apostrophes(name):
    assert sort_key(name) == "l ile perrot"
