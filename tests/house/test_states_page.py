from reporting.management.commands.draw_states import MACHINES, PAGE, draw


def test_states_page_is_drawn_from_the_tables():
    assert PAGE.read_text(encoding="utf-8") == draw()


def test_every_state_of_a_machine_is_in_its_table():
    for _title, _model, moves in MACHINES:
        states = type(next(iter(moves)))
        assert set(moves) == set(states)
        assert set().union(*moves.values()) <= set(states)
