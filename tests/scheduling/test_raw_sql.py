"""Going around the services: the database refuses by itself what they refuse."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduling.models import Appointment, Course, Location, Room
from tests.clinic_world import FIRST, TODAY, at


def copy_of(session: Appointment, starts_at=None, **changed) -> Appointment:
    """The same as `session`, elsewhere in time, and `changed`; not saved."""
    starts_at = starts_at or session.starts_at
    fields = {
        field.attname: getattr(session, field.attname)
        for field in Appointment._meta.concrete_fields
        if field.name not in ("id", "recovery")
    }
    return Appointment(**fields | {"during": DateTimeTZRange(starts_at, starts_at + timedelta(minutes=75))} | changed)


def refused_by(constraint: str, write) -> None:
    before = list(Appointment.objects.order_by("pk").values())
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        write()
    assert error.value.__cause__.diag.constraint_name == constraint
    assert list(Appointment.objects.order_by("pk").values()) == before


def run(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def session(clinic):
    return clinic.book(clinic.ana, FIRST)


class TestBulkCreate:
    def test_27_days_is_refused_and_28_accepted(self, session):
        too_soon, in_time = (copy_of(session, session.starts_at + timedelta(days=days)) for days in (27, 28))
        refused_by("skin_has_recovered", lambda: Appointment.objects.bulk_create([too_soon]))
        refused_by("skin_has_recovered", lambda: Appointment.objects.bulk_create([in_time, too_soon]))
        Appointment.objects.bulk_create([in_time])
        assert Appointment.objects.count() == 2

    def test_27_days_before_it_is_refused(self, session):
        earlier = copy_of(session, session.starts_at - timedelta(days=27))
        refused_by("skin_has_recovered", lambda: Appointment.objects.bulk_create([earlier]))

    def test_the_three_overlaps_are_refused(self, clinic, session):
        bens = clinic.book(clinic.ben, FIRST + timedelta(hours=3))
        elsewhere = {"practitioner_id": clinic.eli.pk, "room_id": clinic.other_room.pk}
        refused_by("practitioner_is_free", lambda: Appointment.objects.bulk_create([copy_of(bens, FIRST, room_id=clinic.other_room.pk)]))
        refused_by("room_is_free", lambda: Appointment.objects.bulk_create([copy_of(bens, FIRST, practitioner_id=clinic.eli.pk)]))
        anas_scalp = clinic.book(clinic.ana, at("2026-11-05"), treatment=clinic.scalp)
        refused_by("patient_is_free", lambda: Appointment.objects.bulk_create([copy_of(anas_scalp, FIRST, **elsewhere)]))


class TestRawSql:
    def test_a_move_by_update(self, clinic, session):
        second = clinic.book(clinic.ana, FIRST + timedelta(days=28))
        a_day_earlier = DateTimeTZRange(second.during.lower - timedelta(days=1), second.during.upper - timedelta(days=1))
        move = "UPDATE scheduling_appointment SET during = %s WHERE id = %s"
        refused_by("skin_has_recovered", lambda: run(move, a_day_earlier, second.pk))

    def test_a_cancelled_session_brought_back(self, clinic, session):
        Appointment.objects.filter(pk=session.pk).update(status="cancelled")
        clinic.book(clinic.ana, FIRST + timedelta(days=1))
        refused_by("skin_has_recovered", lambda: run("UPDATE scheduling_appointment SET status = 'booked' WHERE id = %s", session.pk))

    def test_another_time_zone_to_win_a_day(self, clinic, session):
        """Just after midnight in New York it is still the day before further west, and the day after further east."""
        nightly = copy_of(session, at("2026-11-30", "22:00"), time_zone="Asia/Tokyo")  # there it is 1 December
        refused_by("appointment_keeps_its_locations_time", lambda: Appointment.objects.bulk_create([nightly]))
        refused_by(
            "appointment_keeps_its_locations_time",
            lambda: run("UPDATE scheduling_appointment SET time_zone = 'Asia/Tokyo' WHERE id = %s", session.pk),
        )

    def test_a_location_moved_to_another_time_zone_under_its_sessions(self, clinic, session):
        refused_by(
            "appointment_keeps_its_locations_time",
            lambda: run("UPDATE scheduling_location SET time_zone = 'Asia/Tokyo' WHERE id = %s", clinic.location.pk),
        )

    def test_another_patient_than_the_courses(self, clinic, session):
        wrong = copy_of(session, FIRST + timedelta(days=1), patient_id=clinic.ben.pk)
        refused_by("appointment_is_its_courses", lambda: Appointment.objects.bulk_create([wrong]))

    def test_another_skin_area_than_the_courses(self, session):
        wrong = copy_of(session, FIRST + timedelta(days=1), skin_area="scalp")
        refused_by("appointment_is_its_courses", lambda: Appointment.objects.bulk_create([wrong]))

    def test_a_course_handed_to_another_patient_or_skin_under_its_sessions(self, clinic, session):
        for change in ("patient_id = %s", "skin_area = 'scalp' WHERE %s > 0 AND TRUE"):
            sql = f"UPDATE scheduling_course SET {change}"
            refused_by("appointment_is_its_courses", lambda sql=sql: run(sql, clinic.ben.pk))

    def test_a_room_of_another_location(self, clinic, session):
        branch = Location.objects.create(name="Harbor Clinic", phone="+12125550199")
        room = Room.objects.create(location=branch, name="Room 1")
        wrong = copy_of(session, FIRST + timedelta(days=28), room_id=room.pk)
        refused_by("appointment_is_at_its_rooms_location", lambda: Appointment.objects.bulk_create([wrong]))

    @pytest.mark.parametrize("days", [0, 27, 43])
    def test_an_interval_below_28_or_above_42(self, session, days):
        set_it = "UPDATE scheduling_appointment SET minimum_interval_days = %s"
        refused_by("appointment_recovery_is_28_to_42_days", lambda: run(set_it, days))
        refused_by("course_interval_is_28_to_42_days", lambda: Course.objects.update(minimum_interval_days=days))
        refused_by("treatment_interval_is_28_to_42_days", lambda: run("UPDATE scheduling_treatment SET minimum_interval_days = %s", days))

    @pytest.mark.parametrize(
        "during",
        [
            "[2026-12-08 13:00+00,)",
            "(,2026-12-08 13:00+00)",
            "(,)",
            "(2026-12-08 13:00+00,2026-12-08 14:00+00]",
            "[2026-12-08 13:00+00,2026-12-08 14:00+00]",
            "empty",
        ],
    )
    def test_a_time_without_a_start_or_an_end_or_with_the_wrong_brackets(self, session, during):
        with pytest.raises((IntegrityError, ProgrammingError)) as error, transaction.atomic():
            run("UPDATE scheduling_appointment SET during = %s::tstzrange", during)
        name = getattr(getattr(error.value.__cause__, "diag", None), "constraint_name", None)
        assert name in ("appointment_has_a_start_and_an_end", None)
        assert Appointment.objects.get().starts_at == FIRST

    def test_the_recovery_cant_be_stated(self, session):
        with pytest.raises(ProgrammingError, match="can only be updated to DEFAULT"), transaction.atomic():
            run("UPDATE scheduling_appointment SET recovery = '[2026-11-03,2026-11-04)'")
        assert Appointment.objects.get().recovery.upper == date(2026, 12, 1)

    def test_an_unknown_status_or_a_completion_without_its_time(self, session):
        refused_by("appointment_status_is_known", lambda: run("UPDATE scheduling_appointment SET status = 'maybe'"))
        refused_by("appointment_is_completed_when_fulfilled", lambda: run("UPDATE scheduling_appointment SET status = 'fulfilled'"))

    def test_control_without_the_constraint_raw_sql_has_its_way(self, session):
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("ALTER TABLE scheduling_appointment DROP CONSTRAINT skin_has_recovered")  # the test's transaction brings it back
        Appointment.objects.bulk_create([copy_of(session, session.starts_at + timedelta(days=27))])
        assert Appointment.objects.count() == 2


def test_one_open_course_of_a_treatment_per_patient(clinic):
    course = clinic.book(clinic.ana).course
    with pytest.raises(IntegrityError, match="one_open_course_per_patient_and_treatment"), transaction.atomic():
        Course.objects.create(
            patient=clinic.ana,
            treatment=clinic.face,
            skin_area="face",
            planned_sessions=3,
            minimum_interval_days=28,
            started_at=TODAY,
        )
    assert list(Course.objects.all()) == [course]


def test_ranges_arent_packed_in_the_table_nor_in_an_index(db):
    """An overlap is looked for in half the time; `clinic/demo/archive/bare.py` and docs/benchmarks.md count on it."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT attrelid::regclass::text, attname, attstorage::text
              FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
             WHERE typtype = 'r' AND (attrelid = 'scheduling_appointment'::regclass
                OR attrelid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'scheduling_appointment'::regclass))
        """)
        found = cursor.fetchall()
    assert {name for _, name, _ in found} >= {"during", "recovery"}
    assert {table for table, _, _ in found} >= {"scheduling_appointment", "practitioner_is_free", "room_is_free", "skin_has_recovered"}
    assert {storage for _, _, storage in found} == {"p"}
