"""Ana is in the waiting room."""

from datetime import timedelta

import pytest

from scheduling import services
from scheduling.errors import IllegalMove
from tests.clinic_world import FIRST, WEEK


@pytest.fixture
def arrived(clinic):
    return services.arrive(clinic.book(clinic.ana), now=FIRST)


def test_she_can_be_taken_to_another_room_or_be_made_to_wait(clinic, arrived):
    moved = services.move(arrived, starts_at=FIRST + timedelta(minutes=20), room=clinic.other_room, now=FIRST)

    assert (moved.room, moved.starts_at, moved.status) == (clinic.other_room, FIRST + timedelta(minutes=20), "arrived")


def test_her_session_isnt_moved_to_another_day(arrived):
    with pytest.raises(IllegalMove, match="Ana has arrived already, so the session stays on its day"):
        services.move(arrived, starts_at=FIRST + WEEK, now=FIRST)

    arrived.refresh_from_db()
    assert arrived.starts_at == FIRST


def test_nobody_arrives_the_day_before(clinic):
    booked = clinic.book(clinic.ana)

    with pytest.raises(IllegalMove, match="This appointment is on November 3, 2026: nobody can arrive for it before"):
        services.arrive(booked, now=FIRST - timedelta(days=1))

    booked.refresh_from_db()
    assert booked.status == "booked"
