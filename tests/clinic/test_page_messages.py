"""What a step says is read on the page that follows it, whatever the page before is still being answered meanwhile."""

from tests.clinic.protocol_pages import form_of, read, step_of, step_page
from tests.clinic_world import at
from tests.clock import freeze_time

HTMX = {"HX-Request": "true"}
ADD = "/admin/scheduling/appointment/add/"
SAVED = "“education-day-1” is saved."


def test_a_text_that_is_counted_after_it_was_saved(dana, draft):
    """A field that is left by pressing Save asks how long its text is, and gunicorn's other process may be slower with that."""
    step = step_page(step_of(draft))
    form = form_of(dana, step)

    dana.post(step, form | {"save": "1"})
    assert SAVED not in read(dana.post(step, form | {"show": "1"}, headers=HTMX))

    assert SAVED in read(dana.get(step))
    assert SAVED not in read(dana.get(step))


@freeze_time(at("2026-11-02", "09:00"))
def test_times_that_are_searched_after_one_was_booked(clinic, sign_in):
    desk = sign_in("Front desk")
    when = {"starts_at_0": "2026-11-05", "starts_at_1": "10:00"}
    form = {"treatment": clinic.face.pk, "practitioner": clinic.dana.pk, "room": clinic.room.pk, "patient": clinic.ana.pk} | when

    booked = desk.post(ADD, form)
    assert desk.post(ADD, form | {"show": "all"}, headers=HTMX).status_code == 200

    assert "Booked: Ana Alvarez, Thu, Nov 5, 2026, 10:00 AM" in read(desk.get(booked["Location"]))
