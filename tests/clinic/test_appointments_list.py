"""The diary as a list begins with what is next, and what is looked for is found whenever it was."""

import re
from html import unescape

import pytest

from scheduling import services
from scheduling.errors import IllegalMove
from tests.clinic_world import Clinic, at
from tests.clock import freeze_time

NOW = at("2026-11-03", "15:00")
LIST = "/admin/scheduling/appointment/"


@pytest.fixture
def diary(clinic: Clinic, sign_in):
    """Chloe in September, Ben this morning, Ana in December and again in January. `diary(asked)`: the names in the list's order."""
    clinic.treat(clinic.chloe, at("2026-09-15"))
    clinic.book(clinic.ben, at("2026-11-03", "09:00"))
    for day in ("2026-12-08", "2027-01-19"):
        clinic.book(clinic.ana, at(day))
    with freeze_time(NOW):
        desk = sign_in("Front desk")

    def listed(**asked: str) -> list[str]:
        with freeze_time(NOW):
            page = unescape(desk.get(LIST, asked).content.decode())
        return re.findall(r'<t[hd] class="field-patient_name[^>]*>(?:<a[^>]*>)?(\w+)', page)

    listed.desk = desk
    return listed


def test_without_a_filter_it_begins_with_today(diary):
    assert diary() == ["Ben", "Ana", "Ana"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "chloe"}, ["Chloe"]),
        ({"status": "fulfilled"}, ["Chloe"]),
        ({"when": "all"}, ["Ana", "Ana", "Ben", "Chloe"]),
        ({"when": "past"}, ["Chloe"]),
        ({"when": "on", "q": "chloe"}, []),
        ({"when": "on", "status": "open"}, ["Ben", "Ana", "Ana"]),
    ],
)
def test_what_is_looked_for_is_found_whenever_it_was(diary, asked, found):
    assert diary(**asked) == found


def test_the_list_says_which_days_it_shows(diary):
    def shown(**asked: str) -> list[str]:
        with freeze_time(NOW):
            page = diary.desk.get(LIST, asked).content.decode()
        when = re.search(r'data-filter-title="when".*?</details>', page, re.S)
        return re.findall(r'class="selected">\s*<a[^>]*>([^<]+)', when.group()) if when else []

    assert shown() == ["From today on"]
    assert shown(q="chloe") == ["All"]
    assert shown(when="week", q="chloe") == ["The next 7 days"]


def test_what_was_ticked_is_meant_even_where_its_day_is_over(clinic, diary):
    booked = clinic.book(clinic.chloe, at("2026-10-27"))
    with freeze_time(NOW):
        page = diary.desk.post(LIST, {"action": "no-show", "_selected_action": [booked.pk]}).content.decode()

    assert "Chloe Chen" in page


def test_who_was_checked_in_is_no_no_show_before_that_is_taken_back(clinic):
    arrived = services.arrive(clinic.book(clinic.ana), now=at("2026-11-03", "13:05"))

    with pytest.raises(IllegalMove) as refused:
        services.mark_no_show(arrived, now=at("2026-11-03", "13:30"))

    assert str(refused.value) == "The patient was checked in. If that was a mistake, press “Not here yet” first, and then “No-show”."
    arrived.refresh_from_db()
    assert arrived.status == "arrived"
    back = services.undo_arrival(arrived, now=at("2026-11-03", "13:31"))
    assert services.mark_no_show(back, now=at("2026-11-03", "13:32")).status == "noshow"
