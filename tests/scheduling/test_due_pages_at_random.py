"""The report's pages, tiles and stream, each by its own way to the rows, over people of all kinds and filters of all kinds.

No other test notices where a page by last session is looked for among too few days, or where a booking's last days are forgotten.
"""

import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from scheduling import services
from scheduling.domain.cadence import Bucket, due_soon_until
from scheduling.domain.outcomes import OF_A_CALL
from scheduling.errors import BookingRefused, NothingToRecall
from scheduling.models import Location, Practitioner, Room, Standing, Treatment
from scheduling.reports.due import SORTS, Filters, page, paging, stream, tiles
from tests.clinic_world import at, patient

TODAY = date(2026, 12, 16)
NOW = at("2026-12-16", "12:00")
DAY = timedelta(days=1)
PEOPLE = 30
ASKED = 100
KINDS_OF_DAYS = (0, 1, 3, 20, 60, 200, 400, -30)  # after today


@pytest.fixture
def crowd(clinic):
    """Two locations, three treatments of different prices, currencies and cadences; people on one or two skins, who were called, snoozed,
    booked and not completed, and booked for a day to come."""
    chance = random.Random(14)
    elsewhere = Location.objects.create(name="Oak Avenue", address="2 Oak Avenue", phone="+12125550180", time_zone="America/New_York")
    nine = Room.objects.create(location=elsewhere, name="Room 9")
    places = [(clinic.room, clinic.dana), (clinic.other_room, clinic.eli), (nine, clinic.eli)]
    clinic.eli.locations.add(elsewhere)
    neck = Treatment.objects.create(
        name="Neck", skin_area="neck", recommended_within_days=60, maintenance_months=4, planned_sessions=1, list_price=390, currency="CAD"
    )
    for practitioner in (clinic.dana, clinic.eli):
        practitioner.treatments.add(neck)
    for number in range(PEOPLE):
        person = patient(f"Pat{number % 7} Perry{number % 5}", 10 + number, phone="" if number % 11 == 0 else f"+1212555{110 + number:04}")
        if chance.random() < 0.7:
            clinic.agrees_to_recalls(person)
        for treatment in chance.sample([clinic.face, clinic.scalp, neck], chance.choice((1, 1, 2))):
            _treated(clinic, chance, person, treatment, places)
    return chance


def _treated(clinic, chance, person, treatment, places):
    def try_it(does, days):
        room, practitioner = chance.choice(places)
        starts_at = at((TODAY + days * DAY).isoformat(), f"{chance.randint(9, 18):02}:00")
        with suppress(BookingRefused):
            return does(person, starts_at, treatment=treatment, room=room, practitioner=practitioner, now=min(starts_at - DAY, NOW - DAY))

    session = None
    first = -chance.randint(5, 650)
    for days in (first, *(first + n * chance.randint(28, 60) for n in range(1, chance.randint(1, 3)))):
        if days < 0:
            session = try_it(clinic.treat, days) or session
    if session is None:
        return
    if chance.random() < 0.25:
        try_it(clinic.book, -chance.randint(1, 40))  # nobody completed it
    if chance.random() < 0.35:
        try_it(clinic.book, chance.randint(0, 90))
    with suppress(NothingToRecall):
        if chance.random() < 0.3:
            services.log_call(person, chance.choice(OF_A_CALL), session=session.pk, reason="no time", now=NOW - DAY)
    if chance.random() < 0.2:
        services.snooze([person.pk], until=TODAY + chance.randint(1, 120) * DAY, now=NOW)


@dataclass
class Question:
    filters: Filters
    sort: str
    descending: bool
    size: int
    few: int  # `paging.FEW`

    @classmethod
    def any(cls, chance):
        as_of = TODAY + chance.choice(KINDS_OF_DAYS) * DAY

        def id_of(model):
            return chance.choice([None, None, *model.objects.order_by("pk").values_list("pk", flat=True)])

        few = tuple(chance.sample(list(Bucket), 3))
        filters = Filters(
            as_of,
            chance.choice((tuple(Bucket), Filters.to_call(as_of).buckets, few[:1], few)),
            location=id_of(Location),
            practitioner=id_of(Practitioner),
            treatment=id_of(Treatment),
            due_from=chance.choice((None, None, as_of + chance.randint(-200, 60) * DAY)),
            due_until=chance.choice((None, None, as_of + chance.randint(-60, 200) * DAY)),
            is_due_soon=chance.random() < 0.3,
        )
        return cls(filters, chance.choice(list(SORTS)), chance.random() < 0.5, chance.choice((2, 5, 50)), chance.choice((0, 2, 1000)))

    def holds(self, due):
        asked = self.filters
        return (
            due.bucket in asked.buckets
            and asked.location in (None, due.location_id)
            and asked.practitioner in (None, due.practitioner_id)
            and asked.treatment in (None, due.treatment_id)
            and (asked.due_from or date.min) <= due.due_on <= (asked.due_until or date.max)
            and (not asked.is_due_soon or due.due_on <= due_soon_until(asked.as_of))
        )

    def place(self, due):
        by_value = due.value, due.treatment_id, due.due_on
        key = {"due": due.due_on, "last_session": due.last_session_on, "name": due.sort_name, "value": by_value}
        return key[self.sort], due.patient_id

    def pages(self, backwards=False):
        """All rows, as somebody finds them who turns the pages on, or back from the last one."""
        order = {"sort": self.sort, "descending": self.descending, "size": self.size, "today": TODAY}
        pages = [page(self.filters, **order)]
        while pages[-1].after:
            pages.append(page(self.filters, after=pages[-1].after, **order))
        if backwards:
            pages = pages[-1:]
            while pages[0].before:
                pages.insert(0, page(self.filters, before=pages[0].before, **order))
        return [due for one in pages for due in one.rows]


def test_whatever_is_asked_all_ways_to_the_rows_find_the_same(crowd, monkeypatch):
    everybody = {days: list(stream(Filters(TODAY + days * DAY), today=TODAY)) for days in KINDS_OF_DAYS}
    assert {due.bucket for rows in everybody.values() for due in rows} == set(Bucket)
    assert Standing.objects.filter(went_by__gte=TODAY).exists()
    assert Standing.objects.filter(went_by__lt=TODAY).exists()
    for _number in range(ASKED):
        asked = Question.any(crowd)
        monkeypatch.setattr(paging, "FEW", asked.few)
        rows = everybody[(asked.filters.as_of - TODAY).days]
        wanted = sorted(filter(asked.holds, rows), key=asked.place, reverse=asked.descending)

        assert asked.pages() == wanted, asked
        assert asked.pages(backwards=True) == wanted, asked
        assert list(stream(asked.filters, sort=asked.sort, descending=asked.descending, today=TODAY)) == wanted, asked
        named = [tile for tile in tiles(asked.filters, today=TODAY) if tile.bucket in asked.filters.buckets]
        counted = {tile.bucket: tile.soon if asked.filters.is_due_soon else tile.count for tile in named}
        assert {bucket: count for bucket, count in counted.items() if count} == Counter(due.bucket for due in wanted), asked
