from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("projects", "0004_interest_decisions")]

    operations = [
        migrations.AddField("outboxmessage", "due_at", models.DateTimeField(default=timezone.now), preserve_default=False),
    ]
