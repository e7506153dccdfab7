"""From words to a verdict."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aftercare.domain.triage.answering import is_plainly_well, numbers_of
from aftercare.domain.triage.denying import Marks, Passage, marks_of
from aftercare.domain.triage.flags import FLAGS
from aftercare.domain.triage.levels import Flag, Level, Verdict
from aftercare.domain.triage.phrases import Span
from aftercare.domain.triage.reading import Clause, read
from aftercare.domain.triage.rules import Rule, load

RULES = load()
PICTURES = re.compile(r"\n?\[with (?:a picture|\d+ pictures), to be seen in the Twilio console\]\s*\Z")
ORDER = list(Level)


@dataclass(frozen=True, slots=True)
class Hit:
    rule: Rule
    is_little: bool
    is_feared: bool


def triage(body: str, *, asked: bool = False) -> Verdict:
    """`asked`: a check-in awaits an answer, so that 1, 2 and 3 mean something. Takes time that grows with the text's length only."""
    text = PICTURES.sub("", body)
    has_pictures = text != body
    said = read(text, turns=RULES.turns)
    passages = [_passage(clause) for clause in said.clauses]
    marks = marks_of(passages)
    hits = _hits(passages, marks)
    level, flags = _flagged(hits, asked=asked)
    numbers = numbers_of(passages) if asked else set()
    if level < _rank(Level.SOON) and (
        numbers - {1}
        or said.is_foreign
        or (has_pictures and not said.words)
        or _is_in_doubt(hits, passages, asked=asked)
        or (said.is_unhappy and (asked or _is_about_her_skin(passages)))
        or (numbers and said.clauses[0].words[1:] == () and said.clauses[0].asks)  # “1?”
    ):
        level = _rank(Level.SOON)
    if asked and level == _rank(Level.FINE) and not has_pictures and is_plainly_well(passages, marks, answered_one=numbers == {1}):
        return Verdict(Level.FINE)
    return Verdict(max(ORDER[level], Level.WORDS, key=_rank), flags)


def _rank(level: Level) -> int:
    return ORDER.index(level)


def _passage(clause: Clause) -> Passage:
    mended = RULES.lexicon.mended(clause)
    idioms = RULES.lexicon.places(mended).get("IDIOM", {})
    if idioms:
        covered = {place for start, ends in idioms.items() for place in range(start, max(ends))}
        words = tuple("~" if place in covered else word for place, word in enumerate(mended.words))
        mended = Clause(words, mended.commas, mended.asks)
    places = RULES.lexicon.places(mended)
    signs: dict[int, int] = {}
    for group in RULES.signs & places.keys():
        for start, ends in places[group].items():
            signs[start] = max(signs.get(start, 0), *ends)
    return Passage(mended, places, signs)


def _flagged(hits: Sequence[Hit], *, asked: bool) -> tuple[int, tuple[str, ...]]:
    found: dict[str, Level] = {}
    for hit in hits:
        if hit.rule.about:
            level = _level_of(hit, FLAGS[hit.rule.about], asked=asked)
            found[hit.rule.about] = max(found.get(hit.rule.about, Level.FINE), level, key=_rank)
    level = max(map(_rank, found.values()), default=0)
    return level, tuple(key for key in FLAGS if key in found and found[key].is_concern)


def _level_of(hit: Hit, flag: Flag, *, asked: bool) -> Level:
    if hit.rule.strength == "plain" and hit.is_little:
        return flag.mild_when_asked if asked else flag.mild
    level = flag.severity if hit.rule.strength == "plain" else Level(hit.rule.strength)
    return Level.SOON if hit.is_feared else level


def _is_in_doubt(hits: Sequence[Hit], passages: Sequence[Passage], *, asked: bool) -> bool:
    about_ordinary = any("TOPIC" in passage.places for passage in passages)
    counts = {"strong": True, "weak": not about_ordinary, "asked": asked}
    return any(counts.get(hit.rule.strength, not hit.is_little) for hit in hits if not hit.rule.about)


def _is_about_her_skin(passages: Sequence[Passage]) -> bool:
    return any("FACE" in passage.places or "skin" in passage.places for passage in passages) and not any(
        "FINE" in passage.places for passage in passages
    )


def _hits(passages: Sequence[Passage], marks: Sequence[Marks]) -> list[Hit]:
    hits = []
    for passage, mark in zip(passages, marks, strict=True):
        is_question = passage.clause.asks or any(passage.has("OPENER", place) for place in range(3))
        for rule in RULES.beginning_with(passage.places):
            if rule.phrase.is_question and not is_question:
                continue
            for spans in rule.phrase.found(passage.places):
                if rule.denies_itself:
                    stands = not any(start < comma < end for start, end in spans for comma in passage.clause.commas)
                else:
                    stands = not _touches(spans, mark.denied)
                if stands:
                    hits.append(Hit(rule, is_little=_touches(spans, mark.little), is_feared=_touches(spans, mark.feared)))
    return hits


def _touches(spans: Sequence[Span], numbers: set[int]) -> bool:
    return any(number in numbers for start, end in spans for number in range(start, end))
