"""The milestones that are there already enter their history as they are, known since they last moved."""

from django.db import migrations

from fondsinnovation.migration_sql import append_only

KNOWN = """
INSERT INTO funding_milestoneevent (pgh_created_at, pgh_label, pgh_obj_id, id, agreement_id, position, title, evidence, due_on, state, report,
                                    document_id, reported_by_id, reported_at, verified_by_id, verified_at, refusal_reason, accepted_share)
SELECT greatest(g.drafted_at, m.reported_at, m.verified_at), 'insert', m.id, m.id, m.agreement_id, m.position, m.title, m.evidence, m.due_on,
       m.state, m.report, m.document_id, m.reported_by_id, m.reported_at, m.verified_by_id, m.verified_at, m.refusal_reason, m.accepted_share
  FROM funding_milestone m JOIN funding_agreement g ON g.id = m.agreement_id ORDER BY m.id;
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0044_milestone_history")]

    operations = [migrations.RunSQL(KNOWN, migrations.RunSQL.noop), append_only("funding_milestoneevent")]
