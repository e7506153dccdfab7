"""What no service may be trusted with alone: who changed what is written down, and what is written down stays.

The trail's rows are refused to whoever would change or delete them, but for a transaction that says that it erases: a patient who is erased
takes her values out of it, and what is too old goes. Even there nothing else of a row changes: who did what to whom, and when. Within such a
transaction no values come into it either. All at once, by TRUNCATE, they never go.
"""

from django.db import migrations

from clinic.trailed import TRAILED, TRIGGERS

TRAIL_IS_APPEND_ONLY = """
CREATE FUNCTION clinic_trail_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' OR current_setting('afterglow.erasing', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'the trail is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clinic_trail
    FOR EACH STATEMENT EXECUTE FUNCTION clinic_trail_is_append_only();
"""

ONLY_WORDS_LEAVE_THE_TRAIL = """
CREATE FUNCTION clinic_only_words_leave_the_trail() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    blank CONSTANT jsonb := coalesce((SELECT jsonb_object_agg(key, '[null, null]'::jsonb) FROM jsonb_object_keys(OLD.changes) key), '{}');
BEGIN
    IF to_jsonb(NEW) - '{note,changes}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{note,changes}'::text[]
       OR NEW.note NOT IN ('', OLD.note) OR NEW.changes NOT IN (blank, OLD.changes) THEN
        RAISE EXCEPTION 'the trail is append-only: nothing but values and words may leave it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER only_words_leave_the_trail BEFORE UPDATE ON clinic_trail
    FOR EACH ROW EXECUTE FUNCTION clinic_only_words_leave_the_trail();
"""

# A row that is added needs no values here: it has them itself, and with the first change the old ones come here.
WRITE = """
CREATE FUNCTION clinic_write_trail() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about CONSTANT text := TG_ARGV[0];
    left_out CONSTANT text[] := string_to_array(TG_ARGV[3], ' ');
    secret CONSTANT text[] := string_to_array(TG_ARGV[4], ' ');
    link CONSTANT text := TG_ARGV[5];
    erasing CONSTANT boolean := coalesce(current_setting('afterglow.erasing', true), '') = 'on';
    was CONSTANT jsonb := to_jsonb(OLD);
    becomes CONSTANT jsonb := to_jsonb(NEW);
    subject CONSTANT jsonb := coalesce(becomes, was);
    done text := CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END;
    whose bigint;
    differences jsonb := '{}';
BEGIN
    IF link <> '' THEN
        done := 'changed';
        differences := jsonb_build_object(link, jsonb_build_array(was -> TG_ARGV[6], becomes -> TG_ARGV[6]));
    ELSIF TG_OP <> 'INSERT' THEN
        SELECT jsonb_object_agg(key, CASE WHEN erasing OR key = ANY (secret) THEN '[null, null]' ELSE jsonb_build_array(value, becomes -> key) END)
          INTO differences
          FROM jsonb_each(was)
         WHERE value IS DISTINCT FROM becomes -> key AND key <> ALL (left_out);
        IF differences IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    IF TG_ARGV[2] = 'appointment_id' THEN
        SELECT patient_id INTO whose FROM scheduling_appointment WHERE id = (subject ->> 'appointment_id')::bigint;
    ELSIF TG_ARGV[2] <> '' THEN
        whose := subject ->> TG_ARGV[2];
    END IF;
    INSERT INTO clinic_trail (user_id, actor, request_id, action, about, object_id, patient_id, changes)
    VALUES (
        nullif(current_setting('afterglow.user', true), '')::bigint,
        coalesce(nullif(current_setting('afterglow.actor', true), ''), 'database user ' || session_user),
        coalesce(current_setting('afterglow.request', true), ''),
        done, about, (subject ->> TG_ARGV[1])::bigint, whose, differences
    );
    RETURN NULL;
END $$;
"""


def triggers() -> list[migrations.RunSQL]:
    comes_and_goes, changes = TRIGGERS
    return [
        migrations.RunSQL(
            f"""
            CREATE TRIGGER {comes_and_goes} AFTER INSERT OR DELETE ON {trailed.table}
                FOR EACH ROW EXECUTE FUNCTION clinic_write_trail({trailed.arguments});
            CREATE TRIGGER {changes} AFTER UPDATE ON {trailed.table}
                FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION clinic_write_trail({trailed.arguments});
            """,
            f"DROP TRIGGER {changes} ON {trailed.table}; DROP TRIGGER {comes_and_goes} ON {trailed.table}",
        )
        for trailed in TRAILED
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0002_roles"),
        ("scheduling", "0003_products"),
        ("aftercare", "0003_held_by_the_database"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(
            TRAIL_IS_APPEND_ONLY,
            "DROP TRIGGER trail_is_append_only ON clinic_trail; DROP FUNCTION clinic_trail_is_append_only()",
        ),
        migrations.RunSQL(
            ONLY_WORDS_LEAVE_THE_TRAIL,
            "DROP TRIGGER only_words_leave_the_trail ON clinic_trail; DROP FUNCTION clinic_only_words_leave_the_trail()",
        ),
        migrations.RunSQL(WRITE, "DROP FUNCTION clinic_write_trail()"),
        *triggers(),
    ]
