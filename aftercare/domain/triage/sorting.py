"""From words to a verdict."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aftercare.domain.triage.answering import is_plainly_well, numbers_of
from aftercare.domain.triage.denying import Marks, Passage, marks_of
from aftercare.domain.triage.flags import FLAGS
from aftercare.domain.triage.levels import Flag, Level, Verdict
from aftercare.domain.triage.lexicon import NOWHERE
from aftercare.domain.triage.phrases import Span
from aftercare.domain.triage.reading import Clause, Said, read
from aftercare.domain.triage.rules import Rule, load

RULES = load()
NOTE_OF_PICTURES = re.compile(r"\n?\[with (?:a picture|\d+ pictures), to be seen in the Twilio console\]\s*\Z")
LEFT_OUT = "~"
WELL = ("FINE", "PRAISE")
EXPLAINS = ("TOPIC", "CARE", "ASK", "EXPECTED", "GONE", "GOES", "LESS", "IDIOM")


@dataclass(frozen=True, slots=True)
class Hit:
    rule: Rule
    is_little: bool
    is_fading: bool
    is_feared: bool
    is_of_others: bool


def triage(body: str, *, asked: bool = False) -> Verdict:
    """`asked`: a check-in awaits an answer, so that 1, 2 and 3 mean something. Takes time that grows with the text's length only."""
    text = NOTE_OF_PICTURES.sub("", body)
    has_pictures = text != body
    said = read(text, turns=RULES.turns)
    passages = [_passage(clause) for clause in said.clauses]
    marks = marks_of(passages)
    hits = _hits(passages, marks)
    numbers = numbers_of(passages) if asked else set()
    flagged = {key: level for key, level in _flagged(hits, asked=asked).items() if level.is_concern}
    if flagged:
        return Verdict(Level.worst(flagged.values()), tuple(key for key in FLAGS if key in flagged))
    if (
        said.has_unread
        or (has_pictures and not numbers and not _names(passages, "FINE", "PRAISE", "TOPIC"))
        or numbers - {1}
        or (numbers and _only_asks(said))
        or _is_doubted(hits, passages, asked=asked)
        or _is_unexplained(passages, marks, asked=asked and not numbers)
        or (said.is_unhappy and (asked or (_names(passages, "BODY") and not _names(passages, "FINE", "PRAISE"))))
    ):
        return Verdict(Level.SOON)
    if asked and not hits and not has_pictures and is_plainly_well(passages, marks, answered_one=numbers == {1}):
        return Verdict(Level.FINE)
    return Verdict(Level.WORDS)


def _only_asks(said: Said) -> bool:
    """“1?”"""
    return len(said.words) == 1 and said.clauses[0].asks


def _passage(clause: Clause) -> Passage:
    """With what is said of something else altogether left out: “dying to see you”, “hot yoga”."""
    mended = RULES.lexicon.mended(clause)
    places = RULES.lexicon.places(mended)
    idioms = places.get("IDIOM", NOWHERE)
    if idioms:
        covered = {place for start, ends in idioms.items() for place in range(start, max(ends))}
        mended = replace(mended, words=tuple(LEFT_OUT if place in covered else word for place, word in enumerate(mended.words)))
        places = RULES.lexicon.places(mended) | {"IDIOM": idioms}
    signs: dict[int, int] = {}
    for group in RULES.signs & places.keys():
        for start, ends in places[group].items():
            signs[start] = max(signs.get(start, 0), *ends)
    return Passage(mended, places, signs)


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


def _is_doubted(hits: Sequence[Hit], passages: Sequence[Passage], *, asked: bool) -> bool:
    is_about_visits = _names(passages, "TOPIC")
    counts = {"strong": True, "weak": not is_about_visits, "advice": not is_about_visits and not _names(passages, "CARE"), "asked": asked}
    return any(counts.get(hit.rule.strength, not hit.is_little) for hit in hits if not hit.rule.about)


def _is_unexplained(passages: Sequence[Passage], marks: Sequence[Marks], *, asked: bool) -> bool:
    """She speaks of her face, or answers a check-in, and nothing that the rules know says what she means."""
    for passage, mark in zip(passages, marks, strict=True):
        denies_a_sign = any(place in mark.denied for place in passage.signs)  # more than “my face doesn't feel like mine”
        if _names([passage], "BODY") and not denies_a_sign and not _says_well(passage) and not _names([passage], *EXPLAINS):
            return True
    is_explained = any(mark.denied or _is_question(passage) for passage, mark in zip(passages, marks, strict=True))
    return asked and bool(passages) and not is_explained and not _names(passages, *WELL, *EXPLAINS, "THANKS")


def _says_well(passage: Passage) -> bool:
    """Not “I can't move my lip well”: with no “no” before it but in another part of the sentence."""
    commas = passage.clause.commas
    for place in (place for group in WELL for place in passage.places.get(group, NOWHERE)):
        denials = [start for start in passage.places.get("NOT", NOWHERE) if start < place]
        if all(any(start < comma <= place for comma in commas) for start in denials):
            return True
    return False


def _names(passages: Sequence[Passage], *groups: str) -> bool:
    return any(passage.places.get(group) for passage in passages for group in groups)


def _is_question(passage: Passage) -> bool:
    return passage.clause.asks or any(passage.has("OPENER", place) for place in range(3))


def _hits(passages: Sequence[Passage], marks: Sequence[Marks]) -> list[Hit]:
    hits = []
    for passage, mark in zip(passages, marks, strict=True):
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
