"""The report page by page: whichever way somebody turns them, all rows and each once."""

import json
from base64 import urlsafe_b64encode
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling import services
from scheduling.domain.cadence import Bucket, due_soon_until
from scheduling.domain.recalls import TO_ACT_ON
from scheduling.models import Standing
from scheduling.reports.due import SORTS, Filters, matching, page, paging, stream, streaming, tiles
from tests.clinic_world import FIRST, WEEK, at, patient
from tests.clock import freeze_time
from tests.worlds import once_a_module

TODAY = date(2026, 12, 16)  # the day after those of 3 November were due
DAYS = {"past": date(2026, 11, 20), "today": TODAY, "later": date(2027, 2, 1)}


def crowded(clinic):
    """Six patients: four of one day, two of them of one name; one on two skins; one who is booked; prices of two kinds."""
    clinic.scalp.list_price = 390
    clinic.scalp.save()
    people = [
        clinic.ana,
        clinic.ben,
        clinic.chloe,
        *(patient(name, 10 + n) for n, name in enumerate(("Dee Diaz", "Dee Diaz", "Émile Ézra"))),
    ]
    for number, person in enumerate(people[:4]):
        clinic.treat(person, FIRST - timedelta(hours=4) + number * timedelta(minutes=75))
    clinic.treat(people[4], FIRST + WEEK, treatment=clinic.scalp)
    clinic.treat(people[5], FIRST + 2 * WEEK)
    clinic.treat(clinic.ben, FIRST + 2 * WEEK + timedelta(days=1), treatment=clinic.scalp)
    clinic.book(clinic.chloe, at("2026-12-20"), now=at("2026-11-10"))
    clinic.agrees_to_recalls(clinic.ana, clinic.ben, *people[3:])
    return clinic, people


made, world = once_a_module(crowded)


@pytest.fixture
def clinic(world):
    return world[0]


@pytest.fixture
def crowd(world):
    return world[1]


def walked(filters, *, size, backwards=False, **order):
    """All rows, page after page, from one end to the other."""
    pages = [page(filters, size=size, today=TODAY, **order)]
    while pages[-1].after:
        pages.append(page(filters, size=size, today=TODAY, after=pages[-1].after, **order))
    if backwards:
        pages = pages[-1:]
        while pages[0].before:
            pages.insert(0, page(filters, size=size, today=TODAY, before=pages[0].before, **order))
    assert all(0 < len(one.rows) <= size for one in pages) or pages[0].rows == []
    return [due for one in pages for due in one.rows]


@pytest.mark.parametrize("as_of", DAYS.values(), ids=DAYS)
@pytest.mark.parametrize("sort", SORTS)
def test_pages_have_the_rows_of_the_stream(crowd, sort, as_of):
    filters = Filters(as_of)
    for descending in (False, True):
        order = {"sort": sort, "descending": descending}
        rows = list(stream(filters, today=TODAY, **order))
        assert {due.patient_id for due in rows} == {person.pk for person in crowd if as_of > date(2026, 11, 19) or person != crowd[4]}
        assert len(rows) == len({due.patient_id for due in rows})
        for size in (1, 2, 4, 50):
            assert walked(filters, size=size, **order) == rows
            assert walked(filters, size=size, backwards=True, **order) == rows
    assert rows == list(stream(filters, today=TODAY, sort=sort))[::-1]


def test_the_orders(crowd):
    ana, ben, chloe, dee, dee_too, emile = (person.pk for person in crowd)

    def order(**said):
        return [due.patient_id for due in page(Filters(TODAY), today=TODAY, **said).rows]

    assert order() == [ana, ben, chloe, dee, dee_too, emile]
    assert order(sort="last_session", descending=True) == [emile, dee_too, dee, chloe, ben, ana]
    assert order(sort="name") == [ana, ben, chloe, dee, dee_too, emile]
    assert order(sort="value") == [dee_too, ana, ben, chloe, dee, emile]
    assert order(sort="value", descending=True) == [emile, dee, chloe, ben, ana, dee_too]


@pytest.mark.parametrize(("sort", "few"), [*((sort, 1000) for sort in SORTS), ("name", 1), ("last_session", 0)])
def test_filters_narrow_pages_and_stream_alike(clinic, crowd, monkeypatch, sort, few):
    monkeypatch.setattr(paging, "FEW", few)
    for as_of in DAYS.values():
        everybody, soon = list(stream(Filters(as_of), today=TODAY, sort=sort)), due_soon_until(as_of)
        for filters, holds in (
            (Filters(as_of, buckets=[Bucket.NEXT_SESSION_OVERDUE]), lambda due: due.bucket is Bucket.NEXT_SESSION_OVERDUE),
            (Filters(as_of, buckets=[Bucket.NEXT_SESSION_BOOKED]), lambda due: due.bucket is Bucket.NEXT_SESSION_BOOKED),
            (Filters(as_of, treatment=clinic.scalp.pk), lambda due: due.treatment_id == clinic.scalp.pk),
            (Filters(as_of, practitioner=clinic.eli.pk), lambda due: False),
            (Filters(as_of, location=clinic.location.pk), lambda due: True),
            (Filters(as_of, due_from=date(2026, 12, 16)), lambda due: due.due_on >= date(2026, 12, 16)),
            (Filters(as_of, due_until=date(2026, 12, 15)), lambda due: due.due_on <= date(2026, 12, 15)),
            (Filters(as_of, buckets=[]), lambda due: False),
            (Filters.to_call(as_of), lambda due, soon=soon: due.bucket in TO_ACT_ON and due.due_on <= soon),
        ):
            wanted = [due for due in everybody if holds(due)]
            assert walked(filters, size=2, sort=sort) == wanted
            assert list(stream(filters, today=TODAY, sort=sort)) == wanted


@pytest.mark.parametrize(("day", "number", "worth"), [("past", 3, 1920), ("today", 5, 2950), ("later", 5, 2950)])
def test_whom_to_call_is_counted_as_it_is_listed(crowd, day, number, worth):
    """Of six, one is booked; on 20 November two were here so lately that they are called later."""
    filters = Filters.to_call(DAYS[day])
    counted = tiles(Filters(DAYS[day]), today=TODAY)

    assert matching(counted, filters) == (number, {"USD": worth})
    assert len(list(stream(filters, today=TODAY))) == number
    assert all(tile.soon <= tile.count for tile in counted)
    assert sum(tile.count for tile in counted) == sum(matching(counted, Filters(DAYS[day], [bucket]))[0] for bucket in Bucket)


def test_a_row_says_what_the_desk_needs(clinic, crowd):
    services.note_reach({clinic.ana.pk: "sms,email"})
    clinic.book(clinic.ana, at("2026-12-08"), now=at("2026-12-01"))  # nobody completed it

    (due,) = page(Filters(TODAY, due_until=date(2026, 12, 15)), today=TODAY, size=1).rows

    assert (due.patient, due.treatment, due.location, due.practitioner) == (
        *("Ana Alvarez", "Microneedling, face", "Maple Street Clinic", "Dana Diaz"),
    )
    assert (due.days_late, due.booked_on, due.went_by, due.reached_by, due.has_phone) == (1, None, date(2026, 12, 8), "sms,email", True)
    assert "Ana" not in repr(due)


class TestWhileRowsComeAndGo:
    """Whoever stays where she is isn't missed, nor seen twice."""

    def test_the_last_row_of_a_page_leaves(self, clinic, crowd):
        first = page(Filters(TODAY), size=2, today=TODAY)
        Standing.objects.filter(patient=first.rows[-1].patient_id).delete()
        second = page(Filters(TODAY), size=2, today=TODAY, after=first.after)
        assert [due.patient_id for due in second.rows] == [crowd[2].pk, crowd[3].pk]

    def test_nobody_is_left_on_the_page_asked_for(self, clinic, crowd):
        first = page(Filters(TODAY), size=4, today=TODAY)
        Standing.objects.filter(patient__in=crowd[4:]).delete()
        again = page(Filters(TODAY), size=4, today=TODAY, after=first.after)
        assert (again.rows, again.before, again.after) == (first.rows, "", "")

    def test_nobody_is_left_before_it(self, clinic, crowd):
        first = page(Filters(TODAY), size=4, today=TODAY)
        second = page(Filters(TODAY), size=4, today=TODAY, after=first.after)
        Standing.objects.filter(patient__in=crowd[:4]).delete()
        again = page(Filters(TODAY), size=4, today=TODAY, before=second.before)
        assert (again.rows, again.before, again.after) == (second.rows, "", "")

    def test_one_of_another_name_has_no_place_any_more(self, clinic, crowd):
        first = page(Filters(TODAY), sort="name", size=1, today=TODAY)
        clinic.ana.last_name = "Zimmer"
        clinic.ana.save()
        with pytest.raises(ValueError, match="isn't where she was"):
            page(Filters(TODAY), sort="name", size=1, today=TODAY, after=first.after)


def encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        *("soon", "é", "====", "\0", "🙂", "a" * 10_000, encoded("[" * 100), encoded("null"), encoded("[]")),
        encoded('["due", 0, "tomorrow", 1]'),
        encoded('["due", 0, "2026-12-01", -1]'),
        encoded('["due", 0, "2026-12-01", 99999999999999999999]'),
        encoded('["due", 0, "2026-12-01", true]'),
        encoded('["due", 7, "2026-12-01", 1]'),
        encoded('["name", 0, "2026-12-01", 1]'),
        encoded('["due", 0, ["2026-12-01"], 1]'),
    ],
)
@pytest.mark.parametrize("way", ["after", "before"])
def test_a_cursor_that_is_none_is_a_value_error(clinic, cursor, way):
    with pytest.raises(ValueError):
        page(Filters(TODAY), today=TODAY, **{way: cursor})


@pytest.mark.parametrize("cursor", ['["name", 0, "abc", 999999]', '["value", 999999, "2026-12-01", 1]'])
def test_a_place_in_another_order_is_none_in_this(clinic, cursor):
    with pytest.raises(ValueError):
        page(Filters(TODAY), sort=cursor.split('"')[1], today=TODAY, after=encoded(cursor))


def test_another_sort_is_a_value_error(clinic):
    with pytest.raises(ValueError, match="isn't sorted by luck"):
        page(Filters(TODAY), sort="luck", today=TODAY)


@pytest.mark.parametrize("as_of", DAYS.values(), ids=DAYS)
def test_the_command_gives_the_rows_of_the_pages(crowd, as_of):
    out = StringIO()
    with freeze_time(at(TODAY.isoformat(), "12:00")):
        call_command("maintenance_due", "--as-of", as_of.isoformat(), "--format", "json", stdout=out)
    assert json.loads(out.getvalue()) == [
        {
            "patient_id": due.patient_id,
            "last_session_on": due.last_session_on.isoformat(),
            "due_on": due.due_on.isoformat(),
            "days_late": due.days_late,
            "bucket": due.bucket.value,
            "value": str(due.value),
        }
        for due in walked(Filters(as_of), size=2)
    ]


class TestStream:
    @pytest.fixture(autouse=True)
    def two_at_once(self, monkeypatch):
        monkeypatch.setattr(streaming, "ROWS_AT_ONCE", 2)

    def test_rows_are_fetched_as_they_are_read(self, crowd):
        with CaptureQueriesContext(connection) as asked:
            rows = stream(Filters(TODAY), today=TODAY)
            next(rows), next(rows)
            assert fetches(asked) == 1
            next(rows)
            assert fetches(asked) == 2
            rows.close()
            assert asked[-1]["sql"].startswith("CLOSE report_")

    def test_it_is_of_one_moment(self, crowd):
        rows = stream(Filters(TODAY), today=TODAY)
        first = next(rows)
        Standing.objects.all().delete()
        assert [due.patient_id for due in (first, *rows)] == [person.pk for person in crowd]

    def test_two_at_once(self, crowd):
        both = zip(stream(Filters(TODAY), today=TODAY), stream(Filters(TODAY), today=TODAY, descending=True), strict=True)
        assert [one.patient_id for one, _ in both] == [person.pk for person in crowd]

    def test_the_command_writes_as_it_reads(self, crowd):
        """However many there are, it holds a few."""

        class Paper(StringIO):
            fetched_before_first_row = 0

            def write(self, text):
                if "2026-" in text and not self.fetched_before_first_row:
                    self.fetched_before_first_row = fetches(asked)
                return super().write(text)

        for written_as in ("table", "csv", "json"):
            with CaptureQueriesContext(connection) as asked, freeze_time(at(TODAY.isoformat(), "12:00")):
                paper = Paper()
                call_command("maintenance_due", "--format", written_as, stdout=paper)
                assert (paper.fetched_before_first_row, fetches(asked)) == (1, 4)


def fetches(asked):
    return sum(query["sql"].startswith("FETCH") for query in asked)
