"""Scores are held by the database too: within the criterion's maximum, of the call's own grid, and final once handed in.

A submitted review has a score for each criterion and a score is unique per criterion, so none can be added to it either.
"""

from django.db import migrations

SCORES = """
CREATE FUNCTION score_refuse(rule text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'refused: %', rule USING ERRCODE = '23514', CONSTRAINT = rule;
END $$;

CREATE FUNCTION score_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  grid record;
  file record;
BEGIN
  IF TG_OP <> 'INSERT' AND (SELECT state FROM funding_review WHERE id = OLD.review_id) <> 'in_progress' THEN
    PERFORM score_refuse('score_of_a_review_in_progress');
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  SELECT call_id, maximum INTO grid FROM projects_criterion WHERE id = NEW.criterion_id;
  IF NEW.score > grid.maximum THEN
    PERFORM score_refuse('score_within_maximum');
  END IF;
  -- a review written by the same COPY may follow its scores: the foreign key then speaks at COMMIT
  SELECT a.call_id INTO file FROM funding_review r JOIN projects_application a ON a.id = r.application_id WHERE r.id = NEW.review_id;
  IF FOUND AND file.call_id <> grid.call_id THEN
    PERFORM score_refuse('score_of_the_grid');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER score_held BEFORE INSERT OR UPDATE OR DELETE ON funding_score FOR EACH ROW EXECUTE FUNCTION score_held();

CREATE FUNCTION review_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state IN ('submitted', 'recused')
     AND (NEW.total, NEW.comment, NEW.submitted_at) IS DISTINCT FROM (OLD.total, OLD.comment, OLD.submitted_at) THEN
    PERFORM score_refuse('review_final_once_submitted');
  END IF;
  IF NEW.state = 'submitted' AND OLD.state <> 'submitted' AND EXISTS (
       SELECT FROM projects_criterion c JOIN projects_application a ON a.call_id = c.call_id
        WHERE a.id = NEW.application_id
          AND NOT EXISTS (SELECT FROM funding_score s WHERE s.review_id = NEW.id AND s.criterion_id = c.id AND s.score IS NOT NULL)) THEN
    PERFORM score_refuse('review_submitted_has_every_score');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER review_held BEFORE UPDATE ON funding_review FOR EACH ROW EXECUTE FUNCTION review_held();
"""

UNDO = """
DROP TRIGGER review_held ON funding_review;
DROP TRIGGER score_held ON funding_score;
DROP FUNCTION review_held();
DROP FUNCTION score_held();
DROP FUNCTION score_refuse(text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0007_reading_order"),
        ("projects", "0008_field_history"),
    ]

    operations = [migrations.RunSQL(SCORES, UNDO)]
