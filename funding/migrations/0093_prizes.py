import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0092_outcome_terms"),
        ("projects", "0023_gains_required"),
    ]

    operations = [
        migrations.CreateModel(
            name="Prize",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rank", models.PositiveSmallIntegerField(verbose_name="rang")),
                ("name", models.CharField(max_length=80, verbose_name="prix")),
                ("amount", models.DecimalField(decimal_places=2, max_digits=15, verbose_name="montant")),
            ],
        ),
        migrations.CreateModel(
            name="PrizeAward",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="instalment",
            name="instalment_has_its_milestone",
        ),
        migrations.AlterField(
            model_name="instalment",
            name="kind",
            field=models.CharField(
                choices=[("advance", "Avance"), ("milestone", "Jalon"), ("holdback", "Retenue (rapport final)"), ("prize", "Prix")],
                max_length=10,
                verbose_name="type",
            ),
        ),
        migrations.AddConstraint(
            model_name="instalment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["advance", "prize"]), ("milestone__isnull", True)),
                    models.Q(("kind__in", ["milestone", "holdback"]), ("milestone__isnull", False)),
                    _connector="OR",
                ),
                name="instalment_has_its_milestone",
            ),
        ),
        migrations.AddField(
            model_name="prize",
            name="terms",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="prizes", to="projects.termsprofile"),
        ),
        migrations.AddField(
            model_name="prizeaward",
            name="award",
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="prize_award", to="funding.award"),
        ),
        migrations.AddField(
            model_name="prizeaward",
            name="call",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.call"),
        ),
        migrations.AddField(
            model_name="prizeaward",
            name="prize",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="awards", to="funding.prize"),
        ),
        migrations.AddConstraint(
            model_name="prize",
            constraint=models.UniqueConstraint(fields=("terms", "rank"), name="prize_rank_unique"),
        ),
        migrations.AddConstraint(
            model_name="prize",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0), ("rank__gt", 0)), name="prize_is_worth_something"),
        ),
        migrations.AddConstraint(
            model_name="prizeaward",
            constraint=models.UniqueConstraint(
                fields=("call", "prize"), name="prize_given_once", violation_error_message="Ce prix est déjà attribué dans cet appel."
            ),
        ),
    ]
