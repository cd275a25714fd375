"""Clauses with merge fields: the closed list, and where a text asks for something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding.clauses import FIELDS, faults, fields_of, merged, missing, paragraphs

VALUES = {name: f"<{name}>" for name in FIELDS}


def test_fields_are_replaced_and_spaces_do_not_matter():
    assert merged("L’aide de [[ aide ]] à [[beneficiaire]], [[  aide ]].", VALUES) == "L’aide de <aide> à <beneficiaire>, <aide>."
    assert fields_of("[[ fin ]] [[ debut ]] [[ fin ]]") == ["fin", "debut"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Rien à remplir", []),
        ("[[ montant ]]", [("[[ montant ]]", 1, 1)]),
        ("Bon : [[ aide ]]\n  puis [[ Aide ]]", [("[[ Aide ]]", 2, 8)]),
        ("Ouvert [[ aide", [("[[", 1, 8)]),
        ("fermé ]] et [[]]", [("]]", 1, 7), ("[[]]", 1, 13)]),
    ],
)
def test_unknown_field_is_said_with_its_place(body, expected):
    assert [(fault.written, fault.line, fault.column) for fault in faults(body)] == expected


def test_fault_is_a_sentence():
    (fault,) = faults("Du\n[[ debut_reel ]]")
    assert str(fault).replace("\xa0", " ") == "« [[ debut_reel ]] » n’est pas un champ de fusion (ligne 2, colonne 1)."


def test_missing_values_are_named_and_nothing_is_merged():
    body = "[[ aide ]] [[ conditions ]] [[ fin ]]"
    assert missing(body, {**VALUES, "conditions": "", "fin": None}) == ["conditions", "fin"]
    with pytest.raises(ValueError, match="conditions"):
        merged(body, {**VALUES, "conditions": ""})


@given(st.text(alphabet="[] aide\n", max_size=60))
def test_every_text_is_either_merged_whole_or_refused(body):
    if faults(body):
        with pytest.raises(ValueError, match="n’est pas un champ"):
            merged(body, VALUES)
    else:
        assert "[[" not in merged(body, VALUES)


def test_blank_lines_end_paragraphs():
    assert paragraphs("Un\nseul.\n\n  \nDeux.\n") == ["Un seul.", "Deux."]
