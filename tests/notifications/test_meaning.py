"""What a patient's words ask for: an end of the texts, or something that a person should read."""

import re
import time

import pytest

from notifications.domain.replies import english, is_answered_by_twilio, meaning_of, says_more, spanish, without_stop
from tests.notifications.phrases import PHRASES


def test_every_phrase_is_understood():
    """Some 500 of them, half of them false friends. The language matters where an opt-out is answered in it."""
    wrong = []
    for phrase, meaning, language in PHRASES:
        found, said_in = meaning_of(phrase)
        if found != meaning or (meaning == "stop" and said_in != language):
            wrong.append(f"{phrase!r:60} is {meaning} ({language}), taken for {found} ({said_in})")
    assert not wrong, "\n".join(wrong)


def test_the_table_is_large_and_even():
    meant = [meaning for _, meaning, _ in PHRASES]
    assert len({phrase for phrase, _, _ in PHRASES}) == len(PHRASES)
    assert meant.count("stop") >= 200
    assert meant.count("words") >= 200


def test_control_a_word_alone_would_take_false_friends_for_opt_outs():
    """What looking for “stop” anywhere, as is often done, would do with the table."""
    taken = [phrase for phrase, meaning, _ in PHRASES if meaning == "words" and "stop" in phrase.lower()]
    missed = [phrase for phrase, meaning, _ in PHRASES if meaning == "stop" and "stop" not in phrase.lower()]
    assert len(taken) >= 50
    assert len(missed) >= 50


@pytest.mark.parametrize("opt_out_type", ["STOP", "START", "HELP"])
def test_twilios_own_word_for_it_counts(opt_out_type):
    assert meaning_of("palabra", opt_out_type)[0] == opt_out_type.lower()
    assert is_answered_by_twilio("palabra", opt_out_type)
    assert not says_more("palabra", opt_out_type)


def test_a_word_of_twilios_that_is_none_doesnt():
    assert meaning_of("it stings", "MAYBE") == ("words", "en")


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ("STOP", False),
        ("stop. thank you", False),
        ("Please stop texting me, thanks", False),
        ("2 STOP", True),
        ("STOP\n3", True),
        ("Stop texting me. My face is swollen", True),
        ("Don't text me, call me", True),
        ("Déjenme en paz, me arde la cara", True),
        ("Número equivocado, no me escriban más", False),
    ],
)
def test_what_else_is_said_with_an_opt_out(body, more):
    assert meaning_of(body)[0] == "stop"
    assert says_more(body) is more


@pytest.mark.parametrize(
    ("body", "answer"), [("2 STOP", "2"), ("Stop, 3!", "3"), ("STOP", "STOP"), ("stop 1 2", "stop 1 2"), ("2 end", "2 end")]
)
def test_a_number_beside_a_stop_is_an_answer_of_its_own(body, answer):
    assert without_stop(body) == answer


def test_a_long_clause_asks_for_more_than_one_thing():
    assert meaning_of("please " * 40 + "stop texting me")[0] == "words"


@pytest.mark.parametrize(
    "body",
    [
        *(
            words * 800
            for words in ("please ", "stop ", "no more the ", "quiero que ya ", "no me ya mas ", "i want to stop the all any ", "a.b?")
        ),
        *("x" * 5000, "." * 5000, "stop texting me. " * 300, "hi " * 20 + "stop texting me " + "now " * 20 + "zz", "un subscribe " * 15),
        *(phrase * 40 + "zz" for phrase in ("ok ", "okay ok ", "and thanks ", "favor de por favor ", "muchas gracias ", "ya no si ")),
        *("please dont you please ever " * 7, "i want to unsubscribe and i want to " * 5, "quiero dejar de recibir los las mas " * 5),
    ],
)
def test_no_text_takes_long(body):
    begun = time.process_time()
    meaning_of(body)
    assert time.process_time() - begun < 0.5


def test_control_one_pattern_for_a_whole_clause_would_never_come_to_an_end():
    """“ok” is a courtesy in both languages: four more of them take sixteen times as long."""

    def seconds(words: int) -> float:
        begun = time.process_time()
        re.fullmatch(f"(?:(?:{english.COURTESY}|{spanish.COURTESY})(?: |$))+", "ok " * words + "zz")
        return time.process_time() - begun

    assert seconds(16) > 5 * seconds(12)
