from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from unicodedata import normalize
from zoneinfo import ZoneInfo

from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, Value
from django.db.models.functions import Concat

from scheduling.domain.moving import UNDO_FOR
from scheduling.domain.searching import MOST_WORDS, pieces
from scheduling.domain.states import BLOCKING, COMING, Status
from scheduling.fields import plain, unaccented

# Days from today: first, and first no more.
SPANS = {"on": (0, 36_500), "today": (0, 1), "tomorrow": (1, 2), "week": (0, 7), "past": (-36_500, 0)}


class RecallActionQuerySet(models.QuerySet):
    def in_effect(self) -> "RecallActionQuerySet":
        """Without calls that were logged by mistake."""
        return self.filter(taken_back_at=None)


class PatientQuerySet(models.QuerySet):
    def known(self) -> "PatientQuerySet":
        """Without those who were erased."""
        return self.filter(erased_at=None)

    def matching(self, typed: str) -> "PatientQuerySet":
        """Those of whom every word is a part of name, phone number, email or birth date; all that are known where nothing is typed.

        `contains` and not `icontains`, which the trigram index doesn't serve: both sides are in small letters and without accents.
        """
        found = self.known()
        for piece in pieces(typed):
            in_one_spelling = Q()
            for spelling in piece:
                in_one_spelling |= Q(searchable__contains=plain(spelling))
            found = found.filter(in_one_spelling)
        return found

    def named(self, typed: str) -> "PatientQuerySet":
        """Those of whom every word is a part of the name, and nothing else of them is looked at: for whoever may know no more."""
        found = self.known().annotate(whole_name=unaccented(Concat("first_name", Value(" "), "last_name")))
        for word in normalize("NFC", typed).replace("\0", " ").split()[:MOST_WORDS]:
            found = found.filter(whole_name__contains=plain(word))
        return found

    def resembling(self, *, first_name: str, last_name: str, birth_date: date, phone: str) -> "PatientQuerySet":
        """Those born that day who have that number (E.164, "" for none) or that name: who may be the same person once more."""
        same_name = Q(searchable__startswith=plain(f"{first_name.strip()} {last_name.strip()} "))
        return self.known().filter(same_name | Q(phone=phone) if phone else same_name, birth_date=birth_date)


class AppointmentQuerySet(models.QuerySet):
    def blocking(self) -> "AppointmentQuerySet":
        """Those that take up a practitioner, a room, a patient and her skin."""
        return self.filter(status__in=BLOCKING)

    def fulfilled(self) -> "AppointmentQuerySet":
        return self.filter(status=Status.FULFILLED)

    def coming(self) -> "AppointmentQuerySet":
        """Booked or arrived, whatever their date: the session is still to be completed."""
        return self.filter(status__in=COMING)


def unconfirmed() -> Q:
    """Booked, and the patient hasn't said that she comes."""
    return Q(status=Status.BOOKED, confirmed_at=None)


def asked_to_move() -> Q:
    """The patient can't come then, and hasn't got another time yet."""
    return Q(status__in=COMING, move_requested_at__isnull=False)


def starting_within(zones: Iterable[ZoneInfo], now: datetime, first: int, end: int) -> Q:
    """What starts on one of the days from `first` to before `end`, counted from today, on the calendar of its own location.

    `zones` are those of all locations: half past midnight in New York is still yesterday in Phoenix.
    """
    within = Q(pk=None)
    for zone in set(zones):
        start, over = _midnight(zone, now, first), _midnight(zone, now, end)
        # The overlap is what the index knows; an appointment belongs to the day on which it starts.
        within |= Q(time_zone=zone.key, during__overlap=DateTimeTZRange(start, over), during__startswith__gte=start)
    return within


def _midnight(zone: ZoneInfo, now: datetime, days: int) -> datetime:
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=days), time.min, zone)


class MoveQuerySet(models.QuerySet):
    def by_her_answer(self) -> Q:
        """She took an offer by text, and was told at once that the time is hers."""
        offers = self.model._meta.apps.get_model("scheduling", "Offer")._default_manager
        taken = offers.filter(outcome="accepted", appointment=models.OuterRef("appointment"), answered_at=models.OuterRef("moved_at"))
        return Q(models.Exists(taken), moved_by=None)

    def open(self, now: datetime) -> "MoveQuerySet":
        """Those that can be taken back: made just now, the last of their appointment, not told yet, and no way back themselves."""
        later = self.model._default_manager.filter(appointment=models.OuterRef("appointment"), pk__gt=models.OuterRef("pk"))
        made = self.filter(moved_at__gt=now - UNDO_FOR, takes_back=None, appointment__status__in=COMING)
        return made.exclude(models.Exists(later)).exclude(self.by_her_answer())
