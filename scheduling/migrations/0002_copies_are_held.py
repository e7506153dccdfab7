"""Appointment copies what its constraints need from its course, room and location.

Composite foreign keys, which Django doesn't model, hold the copies to the originals, so that raw SQL can't slip past the interval
with another patient, skin area or time zone.

An appointment keeps the price that it was booked at, in its treatment's currency: so that stays, once there are courses.

And what says who took the report out of the house is neither changed nor deleted: how it ended is written once. Only what has been kept for
long enough goes, and only where somebody says so (`afterglow.erasing`).

A patient who was erased stays so: she isn't changed any more, by whoever had her page open just then, and no session of hers begins.

Ranges are stored so that an overlap is found fast.
"""

from django.db import migrations

KEYS = {
    "appointment_is_its_courses": ("(course_id, patient_id, skin_area)", "scheduling_course (id, patient_id, skin_area)"),
    "appointment_is_at_its_rooms_location": ("(room_id, location_id)", "scheduling_room (id, location_id)"),
    "appointment_keeps_its_locations_time": ("(location_id, time_zone)", "scheduling_location (id, time_zone)"),
}

# Afterwards: a trigger before it would have each save of a treatment lock its row as if its key changed, and whoever opens a course wait.
CURRENCY_STAYS = """
CREATE FUNCTION scheduling_currency_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM scheduling_course WHERE treatment_id = OLD.id) THEN
        RAISE EXCEPTION 'sessions of this treatment have prices in %', OLD.currency
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'currency_stays_once_there_are_courses';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER currency_stays AFTER UPDATE OF currency ON scheduling_treatment
    FOR EACH ROW WHEN (OLD.currency <> NEW.currency) EXECUTE FUNCTION scheduling_currency_stays();
"""

# PostgreSQL packs a short value into fewer bytes, and unpacks it each time when it is compared: in an index of ranges, on every entry of
# every page that is looked at. Kept as they are, they take a few bytes more, and an overlap is found in about half of the time.
RANGES_AS_THEY_ARE_COMPARED = """
ALTER TABLE scheduling_appointment ALTER COLUMN during SET STORAGE PLAIN, ALTER COLUMN recovery SET STORAGE PLAIN
"""

EXPORTS_ARE_APPEND_ONLY = """
CREATE FUNCTION scheduling_export_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed scheduling_reportexport;
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('afterglow.erasing', true) = 'on' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL THEN
        changed := NEW;
        changed.rows := OLD.rows;
        changed.ending := OLD.ending;
        changed.finished_at := OLD.finished_at;
        IF changed IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'exports of the report are append-only: how one ended is written once' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER export_is_append_only BEFORE UPDATE OR DELETE ON scheduling_reportexport
    FOR EACH ROW EXECUTE FUNCTION scheduling_export_is_append_only();
"""

# It waits for an erasure that is under way, which has her row, and sees what came of it.
ERASED = """
CREATE FUNCTION scheduling_erased_stays_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'patient % was erased', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'erased_stays_erased';
END $$;
CREATE TRIGGER erased_stays_erased BEFORE UPDATE ON scheduling_patient
    FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL) EXECUTE FUNCTION scheduling_erased_stays_erased();

CREATE FUNCTION scheduling_patient_is_known() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    erased timestamptz;
BEGIN
    SELECT erased_at INTO erased FROM scheduling_patient WHERE id = NEW.patient_id FOR KEY SHARE;
    IF NOT FOUND OR erased IS NOT NULL THEN
        RAISE EXCEPTION 'patient % was erased', NEW.patient_id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'patient_is_known';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER patient_is_known BEFORE INSERT OR UPDATE OF status ON scheduling_appointment
    FOR EACH ROW WHEN (NEW.status IN ('booked', 'arrived')) EXECUTE FUNCTION scheduling_patient_is_known();
"""
NOT_ERASED = """
DROP TRIGGER patient_is_known ON scheduling_appointment;
DROP TRIGGER erased_stays_erased ON scheduling_patient;
DROP FUNCTION scheduling_patient_is_known(), scheduling_erased_stays_erased();
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE scheduling_appointment ADD CONSTRAINT {name} FOREIGN KEY {columns} REFERENCES {target}",
            f"ALTER TABLE scheduling_appointment DROP CONSTRAINT {name}",
        )
        for name, (columns, target) in KEYS.items()
    ] + [
        migrations.RunSQL(CURRENCY_STAYS, "DROP TRIGGER currency_stays ON scheduling_treatment; DROP FUNCTION scheduling_currency_stays()"),
        migrations.RunSQL(RANGES_AS_THEY_ARE_COMPARED, migrations.RunSQL.noop),
        migrations.RunSQL(
            EXPORTS_ARE_APPEND_ONLY,
            "DROP TRIGGER export_is_append_only ON scheduling_reportexport; DROP FUNCTION scheduling_export_is_append_only()",
        ),
        migrations.RunSQL(ERASED, NOT_ERASED),
    ]
