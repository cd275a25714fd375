"""An exceptional access that nobody answered in time is over, and never opened again."""

from django.db import migrations, models
from django.db.models import F, Q

FIXED = """
CREATE OR REPLACE FUNCTION exceptional_access_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE'
     OR (NEW.person_id, NEW.application_id, NEW.call_id, NEW.reason, NEW.minutes, NEW.requested_at)
        IS DISTINCT FROM (OLD.person_id, OLD.application_id, OLD.call_id, OLD.reason, OLD.minutes, OLD.requested_at)
     OR (OLD.state <> 'requested' AND (NEW.decided_by_id, NEW.decided_at, NEW.refusal, NEW.starts_at, NEW.ends_at)
        IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at, OLD.refusal, OLD.starts_at, OLD.ends_at))
     OR (OLD.state IN (%s) AND NEW.state <> OLD.state)
     OR (OLD.state = 'granted' AND NEW.state NOT IN ('granted', 'ended'))
  THEN
    RAISE EXCEPTION 'an exceptional access stays as it was granted'
      USING ERRCODE = '23514', CONSTRAINT = 'exceptional_access_fixed';
  END IF;
  RETURN NEW;
END $$;
"""
STATES = [
    ("requested", "À approuver"), ("granted", "Accordé"), ("refused", "Refusé"), ("ended", "Terminé avant l’heure"),
    ("expired", "Resté sans réponse"),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("projects", "0021_privacy_guards")]
    operations = [
        migrations.AlterField("exceptionalaccess", "state", models.CharField("état", max_length=10, choices=STATES, default="requested")),
        migrations.RemoveConstraint("exceptionalaccess", "exceptional_decision_complete"),
        migrations.AddConstraint(
            "exceptionalaccess",
            models.CheckConstraint(
                name="exceptional_decision_complete",
                condition=Q(state__in=("granted", "refused", "ended"), decided_by__isnull=False, decided_at__gte=F("requested_at"))
                | Q(state__in=("requested", "expired"), decided_by__isnull=True, decided_at__isnull=True),
                violation_error_message="La décision d’un accès exceptionnel est incomplète.",
            ),
        ),
        migrations.RunSQL(FIXED % "'refused', 'ended', 'expired'", FIXED % "'refused', 'ended'"),
    ]
