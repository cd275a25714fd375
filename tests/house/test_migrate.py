"""`manage.py migrate` draws few models, and makes the database that the models describe."""

import pytest
from django.apps import apps
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from fondsinnovation.management.commands.migrate import one_model_at_a_time


def created(model, **fields):
    return migrations.CreateModel(model, [("id", models.AutoField(primary_key=True)), *fields.items()])


def points_to(model):
    return models.ForeignKey(f"funding.{model}", models.CASCADE)


def drawn_again(state, operation):
    """The names of the models that an operation has drawn again."""
    before = dict(state.apps.all_models["funding"])
    operation.state_forwards("funding", state)
    return {name for name, model in state.apps.all_models["funding"].items() if model is not before.get(name)}


@pytest.fixture
def state():
    """A town, a road that belongs to it, and a child of the town."""
    made = ProjectState()
    link = models.OneToOneField("funding.Town", models.CASCADE, parent_link=True, primary_key=True)
    village = migrations.CreateModel("Village", [("town_ptr", link)], bases=("funding.town",))
    for operation in (created("Town"), created("Road", town=points_to("Town")), village):
        operation.state_forwards("funding", made)
    assert set(made.apps.all_models["funding"]) == {"town", "road", "village"}
    with one_model_at_a_time():
        yield made


def constraint(model):
    return migrations.AddConstraint(model, models.CheckConstraint(condition=models.Q(id__gt=0), name="positive"))


@pytest.mark.parametrize(
    ("operation", "drawn"),
    [
        (constraint("road"), {"road"}),
        (constraint("town"), {"town", "village"}),
        (migrations.AddField("road", "other", points_to("Town")), {"road"}),
        (created("Bridge", road=points_to("Road")), {"bridge"}),
        (migrations.AlterField("road", "town", models.OneToOneField("funding.Town", models.CASCADE)), {"town", "road", "village"}),
        (migrations.RemoveField("road", "town"), {"town", "road", "village"}),
    ],
)
def test_operation_draws_its_own_model_and_its_children(state, operation, drawn):
    assert drawn_again(state, operation) == drawn


def test_removal_after_an_addition_draws_them_all(state):
    created("Bridge", road=points_to("Road")).state_forwards("funding", state)
    assert drawn_again(state, migrations.RemoveField("road", "town")) == {"town", "road", "village", "bridge"}


@pytest.mark.django_db
def test_code_over_the_data_sees_models_that_know_each_other(state):
    constraint("town").state_forwards("funding", state)
    seen = []
    code = migrations.RunPython(lambda found, editor: seen.append(found.get_model("funding", "Road")._meta.get_field("town").related_model))
    with connection.schema_editor(collect_sql=True) as editor:
        code.database_forwards("funding", editor, state, state)
    assert seen == [state.apps.get_model("funding", "Town")]


@pytest.mark.django_db
def test_database_has_the_columns_constraints_and_indexes_of_every_model():
    tables = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy]
    wanted = {(m._meta.db_table, f.column, "YES" if f.null or f.generated else "NO") for m in tables for f in m._meta.local_concrete_fields}
    names = {named.name for model in tables for named in (*model._meta.constraints, *model._meta.indexes)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'public'")
        columns = set(cursor.fetchall())
        cursor.execute("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
        found = {name for (name,) in cursor}
    assert (wanted - columns, names - found) == (set(), set())
    assert len(names) > 400
