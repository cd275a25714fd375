from django.db import migrations, models


class Migration(migrations.Migration):
    """A contest is of one fiscal year of a line, or of all of them (0)."""

    dependencies = [("reporting", "0071_amount_bounds")]

    operations = [
        migrations.RemoveIndex(model_name="linecontest", name="line_contes_line_id_347a1f_idx"),
        migrations.AddField(
            model_name="linecontest",
            name="fiscal_year",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="exercice"),
        ),
        migrations.AddIndex(
            model_name="linecontest",
            index=models.Index(fields=["line", "cause", "fiscal_year", "-recorded_at", "-id"], name="line_contes_line_id_5f9f07_idx"),
        ),
    ]
