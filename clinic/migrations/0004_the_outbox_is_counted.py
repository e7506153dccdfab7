"""What becomes of messages is counted where it happens, whoever writes it: at ten million rows nobody counts them again for each look.

Counts are added, never changed, so that no two transactions wait for each other. clinic.ops.tallies sums them up from time to time.
"""

from django.db import migrations

# Late is from when it could have gone, what quiet hours and caps put off included: of a first try its `send_at`, else when that was made.
# An error counts when a try ends with it, and when the provider reports it later on.
COUNTED = """
CREATE FUNCTION clinic_count_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO clinic_tally (metric, channel, label, number)
        SELECT 'messages', channel, status, count(*) FROM new_rows GROUP BY channel, status;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO clinic_tally (metric, channel, label, number)
        SELECT 'messages', channel, status, -count(*) FROM old_rows GROUP BY channel, status;
    ELSE
        INSERT INTO clinic_tally (metric, channel, label, number)
        WITH moved AS MATERIALIZED (
            SELECT n.id, n.channel, n.status, o.status AS was, n.attempts, n.send_at, n.error_code, o.error_code AS had_code,
                   coalesce(n.accepted_at, now()) AS accepted_at
              FROM new_rows n JOIN old_rows o USING (id) WHERE n.status <> o.status
        ), taken AS MATERIALIZED (
            SELECT channel, greatest(extract(epoch FROM accepted_at - CASE WHEN attempts > 1 THEN (
                       SELECT min(started_at) FROM notifications_attempt WHERE message_id = moved.id) ELSE send_at END), 0) AS seconds
              FROM moved
             WHERE status IN ('accepted', 'delivered', 'undelivered', 'unconfirmed')
               AND was NOT IN ('accepted', 'delivered', 'undelivered', 'unconfirmed')
        ), counted (metric, channel, label, number) AS (
            SELECT 'messages', channel, was, -1 FROM moved
             UNION ALL
            SELECT 'messages', channel, status, 1 FROM moved
             UNION ALL
            SELECT 'lateness', channel, (
                       SELECT coalesce(min(bound), 'Infinity')::text FROM unnest(ARRAY[1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400]::double precision[]) AS bound
                        WHERE seconds <= bound), 1
              FROM taken
             UNION ALL
            SELECT 'lateness ms', channel, '', round(1000 * seconds)::bigint FROM taken
             UNION ALL
            SELECT 'errors', channel, error_code, 1 FROM moved
             WHERE error_code <> '' AND (was = 'sending' OR error_code <> had_code)
        )
        SELECT metric, channel, label, sum(number) FROM counted GROUP BY metric, channel, label HAVING sum(number) <> 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER counted_when_written AFTER INSERT ON notifications_message
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION clinic_count_messages();
CREATE TRIGGER counted_when_changed AFTER UPDATE ON notifications_message
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION clinic_count_messages();
CREATE TRIGGER counted_when_deleted AFTER DELETE ON notifications_message
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION clinic_count_messages();
INSERT INTO clinic_tally (metric, channel, label, number)
SELECT 'messages', channel, status, count(*) FROM notifications_message GROUP BY channel, status;
"""

NO_LONGER = """
DROP TRIGGER counted_when_written ON notifications_message;
DROP TRIGGER counted_when_changed ON notifications_message;
DROP TRIGGER counted_when_deleted ON notifications_message;
DROP FUNCTION clinic_count_messages;
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0003_held_by_the_database"), ("notifications", "0001_initial")]

    operations = [migrations.RunSQL(COUNTED, NO_LONGER)]
