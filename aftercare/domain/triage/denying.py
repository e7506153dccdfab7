"""What is said not to be, no longer to be, to be little, only to be feared, or to be somebody else's.

In doubt a sign stands: a denial reaches no further than words that it may pass over, and stops at the first that it doesn't know.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aftercare.domain.triage.lexicon import NOWHERE, Places
from aftercare.domain.triage.phrases import Span
from aftercare.domain.triage.reading import Clause

FURTHEST = 6  # words between a “no” and what it denies
LITTLE_FURTHEST = 3
GONE_FURTHEST = 8
FEARED_FURTHEST = 8


@dataclass(slots=True)
class Marks:
    """The numbers of the words that …"""

    denied: set[int] = field(default_factory=set)
    little: set[int] = field(default_factory=set)
    feared: set[int] = field(default_factory=set)
    fading: set[int] = field(default_factory=set)
    of_others: set[int] = field(default_factory=set)

    def let_go(self, span: Span, *, is_gone: bool) -> None:
        words = range(*span)
        if is_gone:
            self.denied.update(words)
        else:
            self.little.update(words)
            self.fading.update(words)


@dataclass(frozen=True, slots=True)
class Passage:
    """A clause with the places of all groups of words, and of all signs, in it."""

    clause: Clause
    places: Mapping[str, Places]
    signs: Mapping[int, int]  # where one begins → where it ends

    def has(self, group: str, place: int) -> bool:
        return place in self.places.get(group, NOWHERE)

    def is_number(self, place: int) -> bool:
        """1, 2 or 3, also in letters."""
        return any(self.has(group, place) for group in ("ONE", "TWO", "THREE"))

    def end_of(self, group: str, place: int) -> int:
        return max(self.places[group][place])

    def past(self, groups: Sequence[str], place: int, *, most: int, over_commas: bool = False) -> int:
        """Behind the words of these groups that stand there, at most that many."""
        start, last = place, place + most
        while place < last and (over_commas or place == start or place not in self.clause.commas):
            group = next((group for group in groups if self.has(group, place)), None)
            if group is None:
                break
            place = self.end_of(group, place)
        return place


def marks_of(passages: Sequence[Passage]) -> list[Marks]:
    marks = [Marks() for _ in passages]
    named = {group for passage in passages for group in passage.places}
    for_another = "FOR-ANOTHER" in named and not named & {"BODY", "MINE"}
    is_about_visits = "TOPIC" in named and "BODY" not in named
    for number, (passage, mark) in enumerate(zip(passages, marks, strict=True)):
        _deny(passage, mark)
        if number and "EXCEPT" in passage.places and passage.has("EXCEPT", 0):  # “no bleeding until this morning”
            marks[number - 1].denied -= {place for first, last in passages[number - 1].signs.items() for place in range(first, last)}
        _belittle(passage, mark)
        _fear(passage, mark)
        if for_another and (passage.clause.asks or "FOR-ANOTHER" in passage.places):  # “will I bleed? asking for my mom”
            mark.of_others |= set(range(len(passage.clause.words)))
        if is_about_visits:
            _leave_to_others(passage, mark)
        if "AGAIN" not in named and not passage.clause.asks:
            before = (passages[number - 1], marks[number - 1]) if number else None
            after = passages[number + 1] if number + 1 < len(passages) else None
            _let_go(passage, mark, before, after)
    return marks


def _deny(passage: Passage, mark: Marks) -> None:
    for start in passage.places.get("NOT", NOWHERE):
        end = passage.end_of("NOT", start)
        if end in passage.clause.commas:  # “no, it is bleeding”
            continue
        if passage.has("STOP", start) and passage.has("NOT", start - 1):  # “no paro de vomitar”
            continue
        light = passage.past(("LIGHT",), end, most=FURTHEST)
        if passage.has("VERY", light) or passage.has("MUCH", light):  # “not very swollen”
            if not passage.has("NEVER", start):
                _mark_little(passage, mark, light)
            continue
        # “No red streaks”: the words of a kind before the sign are denied with it, and may be all that is: “not red”.
        place = light if light in passage.clause.commas else passage.past(("LIGHT", "KIND"), light, most=FURTHEST)
        if place in passage.signs and (place not in passage.clause.commas or place == end):
            place = passage.signs[place]
        mark.denied |= set(range(end, place))
        if place > end:
            for first, last in _listed(passage, place):
                mark.denied |= set(range(first, last))
    for place in passage.signs:  # “fever no”
        end = passage.signs[place]
        if passage.has("NONE", end) and passage.end_of("NONE", end) in {len(passage.clause.words), *passage.clause.commas}:
            mark.denied |= set(range(place, end))


def _listed(passage: Passage, place: int) -> Iterator[Span]:
    """“No bleeding, bruising or pain”: up to the last “or”. Without one, what comes after a comma is said anew."""
    pending: list[Span] = []
    after_or = False
    while True:
        place = passage.past(("TAIL",), place, most=LITTLE_FURTHEST)
        if passage.has("OR", place):
            after_or = True
            place = passage.end_of("OR", place)
        first = place
        place = passage.past(("LIGHT", "KIND") if after_or else ("KIND",), place, most=LITTLE_FURTHEST, over_commas=True)
        if place not in passage.signs:
            return
        pending.append((first, passage.signs[place]))
        place = passage.signs[place]
        if after_or:
            yield from pending
            pending, after_or = [], False


def _mark_little(passage: Passage, mark: Marks, place: int) -> None:
    group = "VERY" if passage.has("VERY", place) else "MUCH"
    end = passage.end_of(group, place)
    mark.denied |= set(range(place, end))
    sign = passage.past(("LIGHT", "KIND", "VERY", "MUCH"), end, most=LITTLE_FURTHEST)
    if sign in passage.signs:
        mark.little |= set(range(sign, passage.signs[sign]))


def _belittle(passage: Passage, mark: Marks) -> None:
    for start in passage.places.get("LITTLE", NOWHERE):
        end = passage.end_of("LITTLE", start)
        furthest = passage.past(("LIGHT", "KIND", "LITTLE"), end, most=LITTLE_FURTHEST)
        for place in range(end, furthest + 1):  # “a little swollen”, where “swollen” may be of a kind, too
            if place in passage.signs:
                mark.little |= set(range(place, passage.signs[place]))
    for start, end in passage.signs.items():  # “bleeding a little”
        if passage.has("LITTLE", passage.past(("LIGHT", "JUST"), end, most=LITTLE_FURTHEST)):
            mark.little |= set(range(start, end))


def _fear(passage: Passage, mark: Marks) -> None:
    for start in passage.places.get("WHAT-IF", NOWHERE):
        end = passage.end_of("WHAT-IF", start)
        mark.feared |= set(range(end, end + FEARED_FURTHEST))


def _leave_to_others(passage: Passage, mark: Marks) -> None:
    """“My daughter has a fever”, in a text about visits: an illness of somebody else, and of nobody's face."""
    for start in passage.places.get("RELATIVE", NOWHERE):
        end = passage.end_of("RELATIVE", start)
        place = passage.past(("HAVING",), end, most=LITTLE_FURTHEST)
        if passage.has("ILLNESS", place):
            mark.of_others |= set(range(place, passage.end_of("ILLNESS", place)))


def _let_go(passage: Passage, mark: Marks, before: tuple[Passage, Marks] | None, after: Passage | None) -> None:
    """“The swelling is gone”, “it bled a little, but it stopped”, “se me quitó la hinchazón”."""
    for group in ("GONE", "LESS"):
        for start in passage.places.get(group, NOWHERE):
            end = passage.end_of(group, start)
            if _is_denied_there(passage, start) or _goes_on(passage, end, after):
                continue
            is_gone = group == "GONE" and not any(passage.has("ALMOST", place) for place in range(max(start - LITTLE_FURTHEST, 0), start))
            signs = list(_subjects(passage, start))
            for span in signs:
                mark.let_go(span, is_gone=is_gone)
            if signs:
                continue
            place = passage.past(("LIGHT",), end, most=GONE_FURTHEST)
            if place in passage.signs and end not in passage.clause.commas:  # not “it's gone, looks infected”
                mark.let_go((place, passage.signs[place]), is_gone=is_gone)
            elif before and _says_of_it(passage, start):
                earlier, theirs = before
                for span in earlier.signs.items():
                    theirs.let_go(span, is_gone=is_gone)


def _says_of_it(passage: Passage, place: int) -> bool:
    """“But it stopped”: of what the clause before spoke of. “Everything has healed” is said of nothing."""
    if any(passage.has("ALL", earlier) for earlier in range(place)):
        return False
    return not any(sign < place for sign in passage.signs) and passage.past(("LIGHT", "WHERE", "TURN"), 0, most=FURTHEST) == place


def _goes_on(passage: Passage, place: int, after: Passage | None) -> bool:
    """“It went down to my neck”, “ya pasó una semana”: that isn't gone."""
    if place == len(passage.clause.words):
        return after is not None and after.has("ONWARD", 0)
    return passage.has("ONWARD", place)


def _is_denied_there(passage: Passage, place: int) -> bool:
    """“Hasn't gone”, “no se ha quitado”, “won't stop”."""
    for start in range(max(place - FURTHEST, 0), place):
        if passage.has("NOT", start) and passage.past(("LIGHT", "ALMOST"), passage.end_of("NOT", start), most=FURTHEST) >= place:
            return True
    return False


def _subjects(passage: Passage, place: int) -> Iterator[Span]:
    """The signs that it is said of: those before it, with nothing between but words that may be passed over."""
    ends = {end: start for start, end in passage.signs.items()}
    light = {
        number
        for group in ("LIGHT", "WHERE", "ALMOST", "TAIL")
        for start in passage.places.get(group, NOWHERE)
        for number in range(start, passage.end_of(group, start))
    }
    furthest = max(place - GONE_FURTHEST, 0)
    found = joined = False
    while place > furthest:
        if place in ends and (joined or not found):
            yield ends[place], place
            place = ends[place]
            found = True
            joined = joined and place in passage.clause.commas
        elif found and (passage.has("AND", place - 1) or passage.has("OR", place - 1)):
            joined = True
            place -= 1
        elif not found and place - 1 in light:
            place -= 1
        else:
            return
