"""From words to a verdict."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aftercare.domain.triage.answering import is_plainly_well, numbers_of
from aftercare.domain.triage.comparing import Comparison, ours
from aftercare.domain.triage.denying import Passage
from aftercare.domain.triage.flags import FLAGS
from aftercare.domain.triage.levels import Flag, Level, Verdict
from aftercare.domain.triage.passages import RULES, Seen, see
from aftercare.domain.triage.phrases import Span
from aftercare.domain.triage.reading import Said
from aftercare.domain.triage.rules import Rule

NOTE_OF_PICTURES = re.compile(r"\n?\[with (?:a picture|\d+ pictures), to be seen in the Twilio console\]\s*\Z")
WELL = ("FINE", "PRAISE")


@dataclass(frozen=True, slots=True)
class Hit:
    rule: Rule
    is_little: bool
    is_fading: bool
    is_feared: bool
    is_of_others: bool


def triage(body: str, *, asked: bool = False, compared: Comparison | None = None) -> Verdict:
    """`asked`: a check-in awaits an answer, so that 1, 2 and 3 mean something. `compared` with other examples than all of ours.

    Takes time that grows with the text's length only.
    """
    text = NOTE_OF_PICTURES.sub("", body)
    has_pictures = text != body
    seen = see(text)
    hits = _hits(seen)
    flagged = {key: level for key, level in _flagged(hits, asked=asked).items() if level.is_concern}
    numbers = frozenset(numbers_of(seen.passages)) if asked else frozenset()
    is_doubted = bool(
        any(not hit.rule.about and not hit.is_little for hit in hits)
        or seen.said.has_unread
        or (has_pictures and not numbers and not seen.names(*WELL, "TOPIC"))
        or numbers - {1}
        or (numbers and _only_asks(seen.said))
        or (seen.said.is_unhappy and (asked or (seen.names("BODY") and not seen.names(*WELL))))
    )
    is_well = asked and not hits and not has_pictures and is_plainly_well(seen.passages, seen.marks, answered_one=numbers == {1})
    if is_well and not is_doubted:
        return Verdict(Level.FINE, numbers=numbers)
    level = Level.worst([*flagged.values(), Level.SOON if is_doubted else Level.WORDS])
    if level is not Level.URGENT:
        level = Level.worst([level, (compared or ours()).level_of(seen, asked=asked, can_wait=bool(flagged))])
    return Verdict(level, tuple(key for key in FLAGS if key in flagged), numbers)


def _only_asks(said: Said) -> bool:
    """“1?”"""
    return len(said.words) == 1 and said.clauses[0].asks


def _flagged(hits: Sequence[Hit], *, asked: bool) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for hit in hits:
        if about := hit.rule.about:
            found[about] = Level.worst([found.get(about, Level.FINE), _level_of(hit, FLAGS[about], asked=asked)])
    return found


def _level_of(hit: Hit, flag: Flag, *, asked: bool) -> Level:
    if hit.is_fading and flag.fading and hit.rule.strength != "urgent":
        return flag.fading
    if hit.rule.strength == "plain" and hit.is_little:
        return flag.mild_when_asked if asked else flag.mild
    level = flag.severity if hit.rule.strength == "plain" else Level(hit.rule.strength)
    if hit.is_of_others:
        return Level.SOON if level is Level.URGENT else Level.WORDS
    return Level.SOON if hit.is_feared else level


def _is_question(passage: Passage) -> bool:
    return passage.clause.asks or any(passage.has("OPENER", place) for place in range(3))


def _hits(seen: Seen) -> list[Hit]:
    hits = []
    for passage, mark in zip(seen.passages, seen.marks, strict=True):
        is_question = _is_question(passage)
        for rule in RULES.beginning_with(passage.places):
            if rule.phrase.is_question and not is_question:
                continue
            denied = () if rule.denies_itself else mark.denied
            for spans in rule.phrase.found(passage.places, without=denied):
                stands = not (rule.denies_itself and any(start < comma < end for start, end in spans for comma in passage.clause.commas))
                is_of_others = _touches(spans, mark.of_others)
                if stands and (rule.about or not is_of_others):
                    little, fading, feared = (_touches(spans, numbers) for numbers in (mark.little, mark.fading, mark.feared))
                    hits.append(Hit(rule, little, fading, feared, is_of_others))
    return hits


def _touches(spans: Sequence[Span], numbers: set[int]) -> bool:
    return any(number in numbers for start, end in spans for number in range(start, end))
