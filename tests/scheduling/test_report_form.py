"""What the report's address asks for."""

from datetime import UTC, date, datetime

import pytest
from django.http import QueryDict

from scheduling.domain.cadence import Bucket
from scheduling.domain.recalls import TO_ACT_ON
from scheduling.forms.due import ReportForm
from scheduling.models import Location
from scheduling.reports import Filters

NOW = datetime(2026, 11, 3, 18, tzinfo=UTC)  # one in the afternoon in New York


def asked(query, now=NOW):
    return ReportForm(query, now=now)


def test_nothing_asked_for_is_whom_to_act_on_today(db):
    form = asked("")

    assert form.filters() == Filters.to_call(date(2026, 11, 3))
    assert (form.sorted_by, form.is_descending, form.problems, form.query()) == ("due", False, [], "")


def test_everything_that_is_asked_for_counts_and_comes_back_in_one_order(clinic):
    query = (
        f"dir=desc&sort=name&treatment={clinic.face.pk}&due_until=2027-02-28&due_from=2027-01-01&practitioner={clinic.dana.pk}"
        f"&bucket=lapsed&bucket=snoozed&location={clinic.location.pk}&as_of=2026-12-24&after=abc&x=1"
    )

    form = asked(QueryDict(query))

    assert form.filters() == Filters(
        date(2026, 12, 24),
        (Bucket.LAPSED, Bucket.SNOOZED),
        clinic.location.pk,
        clinic.dana.pk,
        clinic.face.pk,
        date(2027, 1, 1),
        date(2027, 2, 28),
    )
    assert (form.sorted_by, form.is_descending, form.chosen("after")) == ("name", True, "abc")
    assert form.query() == (
        f"as_of=2026-12-24&bucket=lapsed&bucket=snoozed&location={clinic.location.pk}&practitioner={clinic.dana.pk}"
        f"&treatment={clinic.face.pk}&due_from=2027-01-01&due_until=2027-02-28&sort=name&dir=desc"
    )
    assert asked(form.query()).filters() == form.filters()
    assert asked(form.query(bucket=None, as_of=None)).buckets == TO_ACT_ON


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("as_of=soon", "“soon” is not a date."),
        ("as_of=0001-01-01", "The year 1 is out of the report’s reach."),
        ("due_from=9999-12-31", "The year 9999 is out of the report’s reach."),
        ("due_until=2026-02-30", "“2026-02-30” is not a date."),
        ("bucket=nonsense", "There is no such group."),
        ("location=0", "There is no such location."),
        ("practitioner=x", "There is no such practitioner."),
        ("treatment=99999999999999999999999", "There is no such treatment."),
        ("after=%00", "There is no such page."),
        (f"before={501 * 'a'}", "There is no such page."),
        ("sort=shoe_size", "There is no such order."),
        ("sort=shoe_size&dir=up", "There is no such order."),
    ],
)
def test_what_cannot_be_understood_is_said_and_the_rest_counts(db, query, said):
    form = asked(f"{query}&bucket=lapsed")

    assert form.problems == [f"{said} The rest of what you asked for is shown."]
    assert form.filters() == Filters(date(2026, 11, 3), (Bucket.LAPSED,))
    assert form.query() == "bucket=lapsed"


def test_today_is_the_locations_own_day_and_a_kept_view_moves_with_it(clinic):
    tokyo = Location.objects.create(name="Ginza", address="1 Ginza, Tokyo", phone="+81312345678", time_zone="Asia/Tokyo")

    form = asked(f"location={tokyo.pk}&as_of=2026-11-04")

    assert form.today == date(2026, 11, 4)
    assert form.query() == f"location={tokyo.pk}"


def test_a_bucket_counts_once_however_often_it_is_named(db):
    assert asked("bucket=snoozed&" * 200 + "bucket=lapsed").query() == "bucket=lapsed&bucket=snoozed"


def test_everybody_is_every_bucket(db):
    form = asked("bucket=lapsed&bucket=all")

    assert set(form.buckets) == set(Bucket)
    assert form.query() == "bucket=all"
