"""One practitioner's working days, filled from both ends: what was booked early in the morning's places, the rest in the evening's."""

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

BACK, AHEAD = 1460, 120  # days of the diary before and after today
FIRST_SESSION = 20  # the diary's first days are for booking it
SHORTEST_MINUTES = 60  # a session with its turnaround; a day with less left is full
CLOCK = tuple(f"{minute // 60:02}:{minute % 60:02}:00" for minute in range(24 * 60))

At = tuple[int, int]  # a day's number, counted from the diary's first, and the minute of that day


class Days:
    """Minutes are those of the location's clock."""

    def __init__(self, now: datetime, zone: ZoneInfo, weekdays: tuple[int, ...], opens: int, closes: int, random: Random) -> None:
        here = now.astimezone(zone)
        self.random = random
        self.today = BACK
        self.minute_now = here.hour * 60 + here.minute
        first = here.date() - timedelta(days=BACK)
        self.dates = [first + timedelta(days=number) for number in range(BACK + AHEAD + 1)]
        self.texts = [day.isoformat() for day in self.dates]
        self.offsets = [_offset(day, zone) for day in self.dates]
        works = [day.weekday() in weekdays for day in self.dates]
        self._starts = [opens] * len(works)
        self._ends = [closes if does else opens for does in works]
        # Where a day is full, the next one before or after it that isn't, as far as is known.
        self._back, self._on = list(range(len(works))), list(range(len(works)))
        for vacation in range(0, len(works) - 14, 182):
            away = vacation + random.randrange(150)
            for day in range(away, min(away + 7, len(works))):
                self._ends[day] = opens

    def text(self, at: At) -> str:
        day, minute = at
        return f"{self.texts[day]} {CLOCK[minute]}{self.offsets[day]}"

    def number_of(self, day: date) -> int:
        return (day - self.dates[0]).days

    def has_passed(self, at: At) -> bool:
        return at < (self.today, self.minute_now)

    def take_before(self, day: int, minutes: int) -> At | None:
        """The last free place on `day` or before it that is over by now."""
        day = min(day, self.today)
        while (day := self._open(day, self._back, -1)) >= FIRST_SESSION:
            if self._ends[day] - self._starts[day] >= minutes:
                if day < self.today:
                    return self._take(day, minutes)
                if self._starts[day] + minutes <= self.minute_now:
                    self._starts[day] += minutes
                    return day, self._starts[day] - minutes
            day -= 1
        return None

    def take_after(self, day: int, minutes: int) -> At | None:
        """The first free place on `day` or after it that is still to come."""
        day = max(day, self.today)
        last = len(self.dates) - 1
        while (day := self._open(day, self._on, 1)) <= last:
            if self._ends[day] - self._starts[day] >= minutes:
                if day > self.today:
                    return self._take(day, minutes)
                if self._ends[day] - minutes > self.minute_now:
                    self._ends[day] -= minutes
                    return day, self._ends[day]
            day += 1
        return None

    def _take(self, day: int, minutes: int) -> At:
        if self.random.random() < 0.6:
            self._starts[day] += minutes
            return day, self._starts[day] - minutes
        self._ends[day] -= minutes
        return day, self._ends[day]

    def _open(self, day: int, links: list[int], step: int) -> int:
        """Follows the links to a day that isn't full, and shortens the way for the next one."""
        seen = []
        while 0 <= day < len(links) and self._ends[day] - self._starts[day] < SHORTEST_MINUTES:
            seen.append(day)
            day = links[day] if links[day] != day else day + step
        for one in seen:
            links[one] = day
        return day


def _offset(day: date, zone: ZoneInfo) -> str:
    """That of noon: nobody is treated at night, when the clocks change."""
    seconds = datetime.combine(day, time(12), zone).utcoffset()
    minutes = round(seconds.total_seconds() / 60) if seconds else 0
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
