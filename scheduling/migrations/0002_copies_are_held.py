"""Appointment copies what its constraints need from its course, room and location.

Composite foreign keys, which Django doesn't model, hold the copies to the originals, so that raw SQL can't slip past the interval
with another patient, skin area or time zone.
"""

from django.db import migrations

KEYS = {
    "appointment_is_its_courses": ("(course_id, patient_id, skin_area)", "scheduling_course (id, patient_id, skin_area)"),
    "appointment_is_at_its_rooms_location": ("(room_id, location_id)", "scheduling_room (id, location_id)"),
    "appointment_keeps_its_locations_time": ("(location_id, time_zone)", "scheduling_location (id, time_zone)"),
}


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE scheduling_appointment ADD CONSTRAINT {name} FOREIGN KEY {columns} REFERENCES {target}",
            f"ALTER TABLE scheduling_appointment DROP CONSTRAINT {name}",
        )
        for name, (columns, target) in KEYS.items()
    ]
