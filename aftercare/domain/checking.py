"""What must be mended in a protocol before it is published. All of it at once, in sentences for whoever wrote it."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise, permutations, product
from zoneinfo import ZoneInfo

from aftercare.domain.discretion import reserved, revealing
from aftercare.domain.expansion import Planned, expand
from aftercare.domain.facts import unknown_facts
from aftercare.domain.placeholders import PLACEHOLDERS, fill, unknown
from aftercare.domain.protocol import Kind, Protocol, Step, Text
from aftercare.domain.reminders import REMINDERS
from notifications.domain.quiet import QuietHours, at_wall_clock
from notifications.domain.segments import GSM_7, GSM_7_ESCAPED, MOST, fitted, lost_in, segments

BESIDES = 1 + len(REMINDERS)  # a confirmation and the reminders of a session may fall on the same day
# The eves of a day of 23 hours and of one of 25, and ordinary days after them.
ZONE = "America/New_York"
EVES = (date(2027, 3, 13), date(2027, 11, 6))
PARTS = (("sms", "text message"), ("subject", "email’s subject"), ("email", "email"))
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Problem:
    """`step` is a slug and `language` a code, "" where it is about the whole. The sentence says what to do."""

    step: str
    language: str
    sentence: str

    @property
    def said(self) -> str:
        """The sentence without its step and language, for where these are plain to see."""
        said = re.sub(rf"^“{re.escape(self.step)}”(?:, [^:]+)?: ", "", self.sentence)
        return said[:1].upper() + said[1:]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a protocol is checked against.

    `values` are, in each language, what the placeholders may stand for: every location with every product. `night` writes the text message
    that stands for a night's doses. `most_per_day`: what patients were told, the lesser of texts and emails.
    """

    languages: Mapping[str, str]  # code → how people call it
    values: Mapping[str, Sequence[Mapping[str, str]]]
    how_to_stop: Mapping[str, str]
    night: Callable[[Planned, str, Mapping[str, str]], str]
    treatments: Sequence[str]
    most_per_day: int
    quiet: QuietHours


def problems_in(protocol: Protocol, around: Surroundings) -> list[Problem]:
    """In the order of the steps, what is about the whole first. Empty: it may be published."""
    if not protocol.steps:
        return [Problem("", "", "It has no step yet: add what patients are to be told.")]
    plans = _plans(protocol, around.quiet)
    by_step = [problem for step in protocol.steps for problem in (*_of_times(step, plans, around), *_of_texts(step, around))]
    return [*_twice(protocol), *_too_many(plans, around), *_nights(plans, around), *_late_doses(protocol, plans), *by_step]


def problems_in_text(text: Text, step: Step, language: str, around: Surroundings) -> list[Problem]:
    """Those of one step's words in one language, whatever else there is."""
    called = around.languages[language]
    named = f"“{step.slug}”, {called}"
    return [Problem(step.slug, language, f"{named}: {said}") for said in _of_words(text, step, language, around)]


def longest(text: str, step: Step, language: str, around: Surroundings) -> str:
    """The text message as long and as dear as it can get, as the last of its step.

    The first text of all says how to stop, too. That may make it cheaper: where it would burst, it goes without its accents.
    """
    both = [way for ways in _as_written(text, step, language, around) for way in ways]
    return max(map(fitted, both), key=lambda sent: (segments(sent).number, len(sent)), default=text)


def accents_lost(text: str, step: Step, language: str, around: Surroundings) -> tuple[list[str], list[str]]:
    """The characters that may be left out so that it fits: wherever it is sent, and only where it is the first text of all."""
    ways = _as_written(text, step, language, around)
    always = dict.fromkeys(lost for later, _first in ways for lost in lost_in(later, fitted(later)))
    at_first = dict.fromkeys(lost for _later, first in ways for lost in lost_in(first, fitted(first)))
    return list(always), [lost for lost in at_first if lost not in always]


def _as_written(text: str, step: Step, language: str, around: Surroundings) -> list[tuple[str, str]]:
    """With each name that may stand in it: (alone, as the first text of all)."""
    own = {"number": str(step.times), "of": str(step.times)}
    filled = [fill(text, {**values, **own}) for values in around.values[language]]
    return [(alone, f"{alone} {around.how_to_stop[language]}") for alone in filled]


# --- words ------------------------------------------------------------------------------------------------------------


def _of_texts(step: Step, around: Surroundings) -> Iterator[Problem]:
    for language, called in around.languages.items():
        if language in step.texts:
            yield from problems_in_text(step.texts[language], step, language, around)
        else:
            yield Problem(step.slug, language, f"“{step.slug}” has no words in {called} yet.")


def _of_words(text: Text, step: Step, language: str, around: Surroundings) -> Iterator[str]:
    for part, called in PARTS:
        words = getattr(text, part)
        if not words.strip():
            yield f"the {called} is empty. {_why_needed(part, step.channel)}"
        for left in unknown(words):
            yield _left_in_braces(left, called)
    if "\n" in text.subject.strip() or "\r" in text.subject.strip():
        yield "the email’s subject has more than one line."
    if text.sms.strip():
        yield from _of_sms(text.sms, step, language, around)


def _of_sms(sms: str, step: Step, language: str, around: Surroundings) -> Iterator[str]:
    for word in revealing(fill(sms, dict.fromkeys(PLACEHOLDERS, "")), around.treatments):
        yield f"the text message says “{word}”. Anybody may read it on a locked phone: name neither the treatment nor a part of the body."
    for word in reserved(sms):
        yield f"the text message says “{word}” in capitals. Answered with that word, it would stop or start all texts: ask for another."
    if not sms.lstrip().startswith("{clinic}"):
        yield "the text message doesn’t say whom it is from: begin it with {clinic}."
    if step.kind is Kind.EDUCATION and "{phone}" not in sms:  # F12
        yield "the text message doesn’t give the clinic’s number: say when to call {phone}."
    yield from _too_long("the text message", longest(sms, step, language, around))


def _too_long(what: str, sent: str) -> Iterator[str]:
    size = segments(sent)
    if size.number <= MOST:
        return
    # Halving it: a text of nothing but addresses is 20,000 characters long, and is looked at while it is typed.
    fits = bisect_right(range(len(sent)), MOST, key=lambda length: segments(sent[:length]).number) - 1
    over = len(sent) - fits
    dear = dict.fromkeys(letter for letter in sent if letter not in GSM_7 | GSM_7_ESCAPED)
    why = f" A text with {_list(dear)} in it holds less than half as much." if dear else ""
    yield (
        f"{what} can take {size.number} SMS segments, and {MOST} are the most: with the longest names, and as the first text of "
        f"all, it is {over} {'character' if over == 1 else 'characters'} too long.{why}"
    )


def _why_needed(part: str, channel: str) -> str:
    if part == "sms":
        return "It is what patients get." if channel == "sms" else "It goes to patients whom no email reaches."
    return "It is what patients get." if channel == "email" else "It goes to patients whom no text reaches."


def _left_in_braces(left: str, where: str) -> str:
    if len(left) == 1:
        return f"“{left}” in the {where} belongs to no placeholder, and patients would see it: take it out."
    known = _list([f"{{{name}}}" for name in PLACEHOLDERS])
    return f"“{left}” in the {where} stands for nothing. There are {known}."


# --- times ------------------------------------------------------------------------------------------------------------


def _of_times(step: Step, plans: Sequence[list[Planned]], around: Surroundings) -> Iterator[Problem]:
    def say(sentence: str) -> Problem:
        return Problem(step.slug, "", f"“{step.slug}”: {sentence}")

    if not any(message.step.slug == step.slug for plan in plans for message in plan):
        yield say("it sends nothing. It begins later than its last message may be.")
    quiet = around.quiet
    hours = f"{quiet.starts:%-I:%M %p} to {quiet.ends:%-I:%M %p}"
    for clock in step.at:
        if quiet.covers(datetime.combine(EVES[0], clock, tzinfo=ZoneInfo(ZONE))):
            yield say(f"{clock:%-I:%M %p} is in the quiet hours, {hours}, in which nothing is sent: choose another time of day.")
    longest_wait = (datetime.combine(EVES[0], quiet.ends) - datetime.combine(EVES[0], quiet.starts)) % timedelta(days=1)
    if not step.at and step.kind is not Kind.DOSE and step.valid_for < longest_wait:
        yield say(
            f"it may fall into the quiet hours, {hours}, and be worthless before they end. Send it at a set time of day, or raise "
            f"“Worth sending for” to {_hours(longest_wait)}."
        )
    for fact in unknown_facts(step.facts):
        yield say(f"“{fact}” is no clinical fact: they are F1 to F21.")


def _twice(protocol: Protocol) -> Iterator[Problem]:
    for slug, number in Counter(step.slug for step in protocol.steps).items():
        if number > 1:
            yield Problem(slug, "", f"{number} steps are called “{slug}”: give each its own name.")


def _too_many(plans: Sequence[list[Planned]], around: Surroundings) -> Iterator[Problem]:
    """Whichever channel reaches her may have to carry everything."""
    zone = ZoneInfo(ZONE)
    days = (Counter(message.send_at.astimezone(zone).date() for message in plan) for plan in plans)
    # The first of the fullest days, and the step that fills it.
    fullest = ((number, -index, day) for index, counted in enumerate(days) for day, number in counted.items())
    most, index, day = max(fullest, key=lambda one: one[:2], default=(0, 0, EVES[0]))
    room = around.most_per_day - BESIDES
    if most > room:
        of_that_day = Counter(message.step.slug for message in plans[-index] if message.send_at.astimezone(zone).date() == day)
        [(slug, number)] = of_that_day.most_common(1)
        yield Problem(
            "",
            "",
            f"On one day it can send {most} messages, {number} of them from “{slug}”. Patients agreed to {around.most_per_day} a day, and "
            f"{BESIDES} of those are kept for a confirmation and two reminders: {most - room} too many.",
        )


def _nights(plans: Sequence[list[Planned]], around: Surroundings) -> Iterator[Problem]:
    """The longest of the texts that name a quiet night's doses."""
    nights = [message for plan in plans for message in plan if message.folded]
    # One that goes at the time of a dose says so, too.
    kinds = (nights, [message for message in nights if message.overnight != message.folded])
    longest = [max(of_kind, key=_times_named) for of_kind in kinds if of_kind]
    if not longest:
        return
    night = longest[0]
    for language, called in around.languages.items():
        texts = [around.night(each, language, values) for each in longest for values in around.values[language]]
        sent = [fitted(f"{text} {around.how_to_stop[language]}") for text in texts]
        dearest = max(sent, key=lambda text: (segments(text).number, len(text)), default="")
        what = f"The evening text that stands for a quiet night’s {len(night.overnight)} doses"
        for said in _too_long(what, dearest):
            yield Problem(night.step.slug, language, f"“{night.step.slug}”, {called}: {said} Fewer doses in a night make it shorter.")


def _times_named(night: Planned) -> tuple[int, int]:
    return len(night.overnight), sum(len(_clock(at)) for at in night.overnight)


def _late_doses(protocol: Protocol, plans: Sequence[list[Planned]]) -> Iterator[Problem]:
    """No dose goes out once another is due: she would take two at once.

    Where it hangs on the hour of the session's end how soon the other is due (from counted hours to times of day), it may be due any
    moment. There a dose mustn't go out once the other is worthless itself.
    """
    late: dict[str, tuple[timedelta, str]] = {}
    overlaps = _overlaps(plans)
    for (sooner, later), number in overlaps.items():
        yield Problem(
            sooner,
            "",
            f"“{sooner}”: its doses go on once “{later}” has begun. Send {number} of them at most, or let “{later}” begin later.",
        )
    for plan in plans:
        doses = sorted((message for message in plan if message.step.kind is Kind.DOSE), key=_due_at)
        for dose, following in pairwise(doses):
            if {(dose.step.slug, following.step.slug), (following.step.slug, dose.step.slug)} & overlaps.keys():
                continue  # that is what is wrong, not how late they may go out
            is_fixed = dose.step.slug == following.step.slug or not (dose.step.at or following.step.at)
            latest = _due_at(following) if is_fixed else following.expires_at
            if dose.expires_at > latest:
                found = (latest - dose.send_at, following.step.slug)
                late[dose.step.slug] = min(late.get(dose.step.slug, found), found)
    for step in protocol.steps:
        if step.slug in late:
            gap, due = late.pop(step.slug)
            next_one = "the next one is due" if due == step.slug else f"“{due}” is due"
            advice = f"Lower “Worth sending for” to {_hours(_typed(gap))}." if gap > timedelta() else "Leave one of them out."
            yield Problem(
                step.slug,
                "",
                f"“{step.slug}”: a dose may go out up to {_hours(step.valid_for)} late, which can be after {next_one}. {advice}",
            )


def _overlaps(plans: Sequence[list[Planned]]) -> dict[tuple[str, str], int]:
    """Of two steps of doses, where the one that begins sooner (its slug, the other's) goes on once the other has begun: how many of its
    doses are due by then, in the plan in which these are fewest."""
    found: dict[tuple[str, str], int] = {}
    for plan in plans:
        if any(message.folded for message in plan):
            continue  # a night's doses are one message, and can't be counted
        due: dict[str, list[datetime]] = {}
        for message in plan:
            if message.step.kind is Kind.DOSE:
                due.setdefault(message.step.slug, []).append(message.send_at)
        for sooner, later in permutations(due, 2):
            begins = min(due[later])
            if min(due[sooner]) < begins < max(due[sooner]):
                number = sum(at < begins for at in due[sooner])
                found[sooner, later] = min(number, found.get((sooner, later), number))
    return found


def _typed(length: timedelta) -> timedelta:
    """What people type for it: whole hours, and what is shorter as it is."""
    return length // HOUR * HOUR or length


def _due_at(message: Planned) -> datetime:
    return message.folded[0] if message.folded else message.send_at


@lru_cache(maxsize=8)
def _plans(protocol: Protocol, quiet: QuietHours) -> list[list[Planned]]:
    """The plans that there can be, with quiet nights and without: sessions that end at every hour and around it, and around the times that
    the steps name, before a day of 23 hours and before one of 25. A protocol's words make no difference to when they are sent."""
    zone = ZoneInfo(ZONE)
    named = {clock.minute for step in protocol.steps for clock in step.at} | {quiet.starts.minute, quiet.ends.minute, 0}
    minutes = sorted({(minute + near) % 60 for minute in named for near in (-1, 0, 1)})
    plans = []
    for day, hour, minute in product(EVES, range(24), minutes):
        end = at_wall_clock(day, time(hour, minute), zone)
        plans.append(expand(protocol, end, ZONE))
        if minute in (1, 59):  # what a night's messages do hangs on the hour, and on whether a dose comes just before
            plans.append(expand(protocol, end, ZONE, quiet))
    return plans


def _clock(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(ZONE)):%-I:%M %p}"


def _hours(length: timedelta) -> str:
    hours, minutes = divmod(length // timedelta(minutes=1), 60)
    parts = [f"{hours} hour{'s' if hours > 1 else ''}" if hours else "", f"{minutes} minute{'s' if minutes > 1 else ''}" if minutes else ""]
    return " and ".join(part for part in parts if part) or "no time"


def _list(words: Sequence[str] | Mapping[str, object]) -> str:
    *all_but_last, last = words
    return f"{', '.join(all_but_last)} and {last}" if all_but_last else last
