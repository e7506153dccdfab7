"""The manager's page of the report: whom to call, what it is worth, and whether it gets better."""

from datetime import date
from html import unescape
from urllib.parse import quote

import pytest
from django.test import Client

from scheduling.errors import TooSlow
from scheduling.models import Location, Recall, RecallAction, ReportExport, Room, SavedView, Standing
from scheduling.reports import Past
from scheduling.services import refresh
from scheduling.views.due import page as page_module
from scheduling.views.due.chart import past_chart
from tests.clinic_world import FIRST, TODAY, at, patient
from tests.clock import freeze_time
from tests.staff import member
from tests.worlds import once_a_module

PAGE, VIEWS = "/admin/maintenance-due/", "/admin/maintenance-due/views/"
NOON = at("2026-12-20", "12:00")


def due(clinic):
    """On 20 December: Ana's next session is five days late, Ben's is booked, and Chloe's is due in a week; no message may go to Chloe."""
    clinic.comes_due()
    return clinic


made, clinic = once_a_module(due)


@pytest.fixture(autouse=True)
def on_that_day(clinic):
    with freeze_time(NOON):
        yield


@pytest.fixture
def manager(clinic, sign_in) -> Client:
    return sign_in("Manager")


def shown(client: Client, query: str = "", **kwargs) -> str:
    answer = client.get(f"{PAGE}?{query}", **kwargs)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def names(client: Client, query: str = "") -> list[str]:
    return [row.due.patient for row in client.get(f"{PAGE}?{query}").context["report"].rows]


def htmx(client: Client, query: str = "") -> str:
    return shown(client, f"{query}&part=charts", headers={"HX-Request": "true"})


# --- tiles and list ---------------------------------------------------------------------------------------------------


def test_she_sees_whom_to_call_and_what_it_is_worth(clinic, manager):
    page = manager.get(PAGE)

    tiles = page.context["report"].tiles
    assert (tiles.to_act_on.number, tiles.to_act_on.value, tiles.to_act_on.is_chosen) == (2, "1,280 USD", True)
    assert {tile.bucket: tile.number for tile in tiles.of_these if tile.number} == {"next_session_overdue": 1, "unreachable": 1}
    assert {tile.bucket: tile.number for tile in tiles.others if tile.number} == {"next_session_booked": 1}
    assert page.context["heading"] == "2 patients to call · 1,280 USD"
    assert [(row.due.patient, row.due.days_late, row.ways) for row in page.context["report"].rows] == [
        ("Ana Alvarez", 5, ["text", "call"]),
        ("Chloe Chen", 0, ["call"]),
    ]


def test_nobody_is_called_who_left_an_hour_ago(clinic, manager):
    """She is in her group from the session on, and whom to call says how many of it are for later."""
    dora = patient("Dora Day", 90)
    clinic.agrees_to_recalls(dora)
    clinic.treat(dora, at("2026-12-20", "10:00"))

    tiles = manager.get(PAGE).context["report"].tiles
    due = next(tile for tile in tiles.of_these if tile.bucket == "next_session_due")
    assert (due.number, due.value, due.note) == (1, "640 USD", "1 of them later")
    assert (tiles.to_act_on.number, tiles.to_act_on.value, tiles.everybody.number) == (2, "1,280 USD", 4)
    assert sum(tile.number for tile in tiles.of_these) == tiles.to_act_on.number + 1
    assert names(manager) == ["Ana Alvarez", "Chloe Chen"]
    assert names(manager, due.query) == ["Dora Day"]

    thirty_days_before = "as_of=2027-01-01"
    assert names(manager, thirty_days_before) == ["Ana Alvarez", "Chloe Chen", "Dora Day"]
    assert names(manager, "as_of=2026-12-31") == ["Ana Alvarez", "Chloe Chen"]
    assert not any(tile.note for tile in manager.get(f"{PAGE}?{thirty_days_before}").context["report"].tiles.of_these)


def test_the_tiles_add_up_whatever_is_filtered(clinic, manager):
    for query in ("", "as_of=2027-06-01", "as_of=2026-11-20", f"treatment={clinic.face.pk}", f"treatment={clinic.scalp.pk}"):
        tiles = manager.get(f"{PAGE}?{query}").context["report"].tiles
        assert tiles.everybody.number == sum(tile.number for tile in (*tiles.of_these, *tiles.others))


def test_a_tile_leads_to_its_patients_and_keeps_the_filters(clinic, manager):
    page = manager.get(f"{PAGE}?treatment={clinic.face.pk}&sort=name")
    booked = next(tile for tile in page.context["report"].tiles.others if tile.bucket == "next_session_booked")

    assert booked.query == f"bucket=next_session_booked&treatment={clinic.face.pk}&sort=name"
    assert names(manager, booked.query) == ["Ben Brooks"]
    assert "for Dec 22, 2026" in shown(manager, booked.query)


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("bucket=all", ["Ana Alvarez", "Ben Brooks", "Chloe Chen"]),
        ("bucket=all&sort=name&dir=desc", ["Chloe Chen", "Ben Brooks", "Ana Alvarez"]),
        ("bucket=all&sort=last_session&dir=desc", ["Chloe Chen", "Ben Brooks", "Ana Alvarez"]),
        ("bucket=all&due_from=2026-12-16", ["Chloe Chen"]),
        ("bucket=all&due_until=2026-12-15", ["Ana Alvarez", "Ben Brooks"]),
        ("bucket=unreachable&bucket=next_session_booked", ["Ben Brooks", "Chloe Chen"]),
        ("bucket=lapsed&as_of=2028-01-10", ["Ana Alvarez", "Chloe Chen"]),
    ],
)
def test_filters_and_sorting(clinic, manager, query, who):
    assert names(manager, query) == who


def test_one_location_at_a_time(clinic, manager):
    elsewhere = Location.objects.create(name="Oak Avenue", address="2 Oak Avenue", phone="+12125550180", time_zone="America/New_York")
    room = Room.objects.create(location=elsewhere, name="Room 9")
    clinic.eli.locations.add(elsewhere)
    with freeze_time(TODAY):
        clinic.treat(patient("Olga Other", 90), FIRST, room=room, practitioner=clinic.eli)

    assert names(manager, f"bucket=all&location={elsewhere.pk}") == ["Olga Other"]
    assert names(manager, f"bucket=all&practitioner={clinic.eli.pk}") == ["Olga Other"]
    assert "Location: <strong>Oak Avenue</strong>" in shown(manager, f"location={elsewhere.pk}")


def test_the_headings_sort_one_way_and_then_the_other(clinic, manager):
    def of(query):
        return {str(one.name): (one.sorted, one.query) for one in manager.get(f"{PAGE}?{query}").context["report"].headings}

    assert of("")["Due"] == ("ascending", "sort=due&dir=desc")
    assert of("")["Days late"] == ("descending", "sort=due&dir=desc")
    assert of("sort=due&dir=desc")["Due"] == ("descending", "")
    assert of("")["Value"] == ("", "sort=value&dir=desc")
    assert of("sort=value&dir=desc")["Value"] == ("descending", "sort=value")
    assert of("bucket=lapsed")["Patient"] == ("", "bucket=lapsed&sort=name")


def test_pages_go_on_back_and_to_the_first(clinic, manager, monkeypatch):
    monkeypatch.setattr(page_module, "ROWS_PER_PAGE", 1)
    first = manager.get(f"{PAGE}?bucket=all").context["report"]
    assert (first.first, first.previous, [row.due.patient for row in first.rows]) == ("", "", ["Ana Alvarez"])

    second = manager.get(PAGE + first.next).context["report"]
    assert [row.due.patient for row in second.rows] == ["Ben Brooks"]
    assert second.first == "?bucket=all"
    third = manager.get(PAGE + second.next).context["report"]
    assert ([row.due.patient for row in third.rows], third.next) == (["Chloe Chen"], "")
    back = manager.get(PAGE + third.previous).context["report"]
    assert [row.due.patient for row in back.rows] == ["Ben Brooks"]


def test_a_page_that_is_not_there_is_the_first_one(clinic, manager):
    page = shown(manager, "bucket=all&after=nonsense")

    assert "That page isn’t there any more, so this is the first one." in page
    assert "Ana Alvarez" in page


def test_what_cannot_be_understood_is_said(clinic, manager):
    page = shown(manager, "as_of=soon&bucket=all")

    assert "“soon” is not a date. The rest of what you asked for is shown." in page
    assert "Ana Alvarez" in page


def test_dates_the_wrong_way_round_are_said(clinic, manager):
    page = shown(manager, "bucket=all&due_from=2027-02-01&due_until=2026-12-15")

    assert "“Due until” is before “due from”. The rest of what you asked for is shown." in page


def test_it_says_of_whom_the_tiles_are(clinic, manager):
    assert "3 patients were treated here; each is in exactly one group." in shown(manager, "bucket=unreachable")
    assert "2 patients fit the filters; each is in exactly one group." in shown(manager, "due_until=2026-12-15")
    assert "Nobody fits the filters." in shown(manager, "due_from=2030-01-01")


def test_whoever_answered_a_recall_is_told_from_who_did_not(clinic, manager):
    """Whoever wrote BOOK is to be called before anybody else."""
    session = Recall.objects.get(patient=clinic.ana, came_back_on=None).last_session
    about = {"session": session, "patient": clinic.ana, "way": "sms", "wording": "next-1"}
    sent = RecallAction.objects.create(**about, outcome="told", at=at("2026-12-18"))
    refresh([clinic.ana.pk])

    def outcomes():
        return [row.outcome for row in manager.get(PAGE).context["report"].rows]

    assert outcomes() == ["sent", ""]
    RecallAction.objects.filter(pk=sent.pk).update(answered_at=at("2026-12-18", "15:00"))
    assert outcomes() == ["answered", ""]
    assert "answered Dec 18, 3:00 PM" in manager.get(f"/admin/scheduling/patient/{clinic.ana.pk}/change/").content.decode()

    RecallAction.objects.create(**about, outcome="told", at=at("2026-12-19"))
    assert outcomes() == ["sent", ""]


# --- other days -------------------------------------------------------------------------------------------------------


def test_another_day_says_what_it_is(clinic, manager):
    assert "A projection: whoever is booked now counts as booked, snoozes end on their day" in shown(manager, "as_of=2027-01-20")
    assert "A past day, as far as the appointments tell it." in shown(manager, "as_of=2026-11-20")
    today = shown(manager, "as_of=2026-12-20")
    assert "A projection" not in today
    assert "A past day" not in today
    assert "As of Sunday, December 20, 2026." in today


# --- nobody -----------------------------------------------------------------------------------------------------------


def test_where_nobody_is_it_says_what_to_do(clinic, manager):
    assert "Nobody is in this group." in shown(manager, "bucket=lapsed")
    assert "Take a filter off, or all of them." in shown(manager, "due_from=2030-01-01")
    for who in (clinic.ana, clinic.chloe):
        clinic.book(who, at("2026-12-23", "09:00" if who == clinic.ana else "15:00"), now=NOON)
    assert "Ask those who come next before they are late." in shown(manager)


def test_before_the_first_session_it_says_how_somebody_comes_here(db, sign_in):
    Standing.objects.all().delete()
    page = shown(sign_in("Manager"))
    assert "As soon as a session is completed, its patient stands here" in page
    assert "Nobody was treated here yet." in page


# --- charts -----------------------------------------------------------------------------------------------------------


def test_the_charts_come_after_the_page_or_by_a_link(clinic, manager):
    page = shown(manager, "bucket=all")
    assert "<figure" not in page
    assert 'href="?bucket=all&part=charts"' in page

    part = htmx(manager, "bucket=all")
    assert part.count("<figure") == 2
    assert "<html" not in part
    assert shown(manager, "bucket=all&part=charts").count("<figure") == 2


def test_who_becomes_due_is_drawn_and_stands_below(clinic, manager):
    coming, _past = manager.get(f"{PAGE}?part=charts").context["charts"]

    assert [column.month_said for column in coming.columns] == [
        *("December 2026", "January 2027", "February 2027", "March 2027", "April 2027", "May 2027")
    ]
    assert {row.name: list(row.values)[:2] for row in coming.numbers} == {
        "Not yet booked": ["2", "0"],
        "Booked": ["1", "0"],
        "Due": ["3", "0"],
        "Worth, USD": ["1,920", "0"],
    }
    assert f"{coming.figure} {coming.said}" == "3 patients become due by May 31, 2027. 2 aren’t booked yet: 1,280\u00a0USD."
    december = coming.columns[0]
    assert [bar.part for bar in december.bars] == ["booked", "open"]
    assert names(manager, december.query) == ["Ana Alvarez", "Ben Brooks", "Chloe Chen"]


def test_who_came_back_in_time_is_told_from_who_came_late_or_has_not(clinic, manager):
    olga, pia, quinn = (patient(name, number) for number, name in enumerate(("Olga Other", "Pia Parker", "Quinn Quick"), start=90))
    for who, first, back in ((olga, "2026-09-25", "2026-11-05"), (pia, "2026-09-26", "2026-11-20"), (quinn, "2026-09-28", "2026-12-10")):
        clinic.treat(who, at(first))  # due on the 42nd day: 6, 7 and 9 November
        clinic.treat(who, at(back))

    def november(query=""):
        past = manager.get(f"{PAGE}?part=charts&{query}").context["charts"][1]
        assert past.columns[-1].month_said == "November 2026"
        return {row.name: row.values[-1] for row in past.numbers}, [bar.part for bar in past.columns[-1].bars], past.columns[-1].label

    assert november() == ({"Not yet": "0", "Late": "2", "In time": "1", "Due": "3"}, ["in-time", "late"], "1/3")
    assert november("as_of=2026-12-05") == (
        {"Not yet": "1", "Late": "1", "In time": "1", "Due": "3"},
        ["in-time", "late", "not-yet"],
        "1/3",
    )
    assert november(f"treatment={clinic.scalp.pk}")[0]["Due"] == "0"
    assert november("as_of=2027-06-15") == november()  # what is yet to come is neither in time nor late


def test_it_says_whether_it_gets_better():
    class Asked:
        def query(self, **changed):
            return ""

    def drawn(*in_time, of=10):
        return past_chart([Past(date(2026, 1 + at, 1), good, of - good, 0) for at, good in enumerate(in_time)], Asked())

    def trend(*in_time):
        return drawn(*in_time).trend

    assert trend(4, 4, 4, 5, 5, 5).said == "Better: 10 points more than in the three months before."
    assert trend(5, 5, 5, 4, 4, 4).said == "Worse: 10 points less than in the three months before."
    assert trend(5, 5, 5, 5, 5, 5).said == "As many as in the three months before."
    assert [column.label for column in drawn(4, 4, 4, 5, 5, 5).columns] == ["40%", "40%", "40%", "50%", "50%", "50%"]

    assert [column.label for column in drawn(5, 25, 0, 40, 39, 1, of=40).columns] == ["13%", "63%", "0%", "100%", "98%", "3%"]

    few = drawn(0, 0, 1, 3, 2, 3, of=3)
    assert few.trend is None  # of nine, one patient would have made it eleven points better
    assert f"{few.figure} {few.said}" == "8 of 9 sessions due in the last three months were in time."
    assert [column.label for column in few.columns] == ["0/3", "0/3", "1/3", "3/3", "2/3", "3/3"]
    none = drawn(0, 0, 0, 0, 0, 0, of=0)
    assert f"{none.figure} {none.said}" == "0 sessions were due in the last three months."


def test_what_takes_too_long_is_said(clinic, manager, monkeypatch):
    def too_slow(*args, **kwargs):
        raise TooSlow("This took longer than 5 seconds.")

    monkeypatch.setattr(page_module, "tiles", too_slow)
    monkeypatch.setattr(page_module, "months", too_slow)

    assert "This took longer than 5 seconds. Narrow it down by a location or by due dates." in shown(manager)
    assert "This took longer than 5 seconds." in htmx(manager)


# --- saved views ------------------------------------------------------------------------------------------------------


def test_filters_are_saved_under_a_name_and_shared(clinic, manager, sign_in):
    query = f"as_of=2027-01-01&treatment={clinic.face.pk}&bucket=all&sort=name"
    answer = manager.post(VIEWS, {"name": "Faces", "query": query, "is_shared": "on"}, follow=True)

    view = SavedView.objects.get()
    assert (view.name, view.is_shared, view.query) == ("Faces", True, f"bucket=all&treatment={clinic.face.pk}&sort=name")
    assert "“Faces” is kept." in unescape(answer.content.decode())
    assert [(one.view.name, one.is_shown) for one in answer.context["kept"]] == [("Faces", True)]
    other = manager_of("mia")
    assert "Faces" in shown(other)
    assert other.post(f"{VIEWS}{view.pk}/", {"delete": "on"}).status_code == 404
    assert SavedView.objects.count() == 1


def test_nothing_that_a_patient_could_be_found_by_is_kept(clinic, manager):
    """What isn't one of the report's own filters is left out, of a view and of an export, so an erasure has nothing to take out of them."""
    ana = quote(f"{clinic.ana.full_name} {clinic.ana.phone.as_e164} {clinic.ana.email}")
    asked = f"bucket=lapsed&q={ana}&name={ana}&sort={ana}&location={ana}"
    manager.post(VIEWS, {"name": "Lapsed", "query": asked})
    manager.post(f"{PAGE}export/", {"query": f"bucket=lapsed&q={ana}&name={ana}", "format": "csv"}).getvalue()

    assert SavedView.objects.get().query == "bucket=lapsed"
    export = ReportExport.objects.get()
    assert export.query == "as_of=2026-12-20&bucket=lapsed"
    assert clinic.ana.last_name not in export.words


def test_under_a_name_that_she_has_it_is_replaced(clinic, manager):
    manager.post(VIEWS, {"name": "Mornings", "query": "bucket=lapsed"})
    answer = manager.post(VIEWS, {"name": "Mornings", "query": "bucket=snoozed"}, follow=True)

    assert "“Mornings” now shows these filters." in unescape(answer.content.decode())
    assert SavedView.objects.get().query == "bucket=snoozed"


def test_hers_are_renamed_shared_and_deleted(clinic, manager):
    manager.post(VIEWS, {"name": "Mornings", "query": "bucket=lapsed"})
    manager.post(VIEWS, {"name": "Evenings", "query": ""})
    view = SavedView.objects.get(name="Mornings")

    manager.post(f"{VIEWS}{view.pk}/", {"name": "Monday", "is_shared": "on"})
    view.refresh_from_db()
    assert (view.name, view.is_shared, view.query) == ("Monday", True, "bucket=lapsed")

    refused = manager.post(f"{VIEWS}{view.pk}/", {"name": "Evenings"})
    assert "You have another view of that name." in unescape(refused.content.decode())
    view.refresh_from_db()
    assert (view.name, view.is_shared) == ("Monday", True)

    manager.post(f"{VIEWS}{view.pk}/", {"delete": "on"})
    assert [view.name for view in SavedView.objects.all()] == ["Evenings"]


@pytest.mark.parametrize("name", ["", "x" * 61, "a\0b"])
def test_a_view_without_a_proper_name_is_not_saved(clinic, manager, name):
    answer = manager.post(VIEWS, {"name": name, "query": "bucket=lapsed"})

    assert answer.status_code == 200
    assert not SavedView.objects.exists()
    assert 'value="bucket=lapsed"' in answer.content.decode()


def manager_of(username: str) -> Client:
    user = member("Manager")
    groups = list(user.groups.all())
    user.pk, user.username = None, username
    user.save()
    user.groups.set(groups)
    client = Client()
    client.force_login(user)
    return client


# --- acting -----------------------------------------------------------------------------------------------------------


def test_nobody_is_asked_back_in_the_past(clinic, manager):
    assert 'name="patient"' not in shown(manager, "as_of=2026-11-20&bucket=all")
