"""A clinician's words are filled in, never evaluated."""

from hypothesis import given
from hypothesis import strategies as st

from aftercare.domain.placeholders import PLACEHOLDERS, fill, unknown
from aftercare.domain.protocol import Text
from aftercare.wording import render
from tests.aftercare.test_texts import values

ODD = ["{clinic.__class__}", "{clinic!r}", "{phone:>500000}", "{0}", "{}", "{", "}", "{{clinic}", "{ clinic }", "{nobody}", "%(clinic)s"]


def test_a_name_of_the_set_is_filled_in_as_often_as_it_stands_there():
    assert fill("{clinic}: {number} of {of}, {clinic}", {"clinic": "Maple", "number": "3", "of": "8"}) == "Maple: 3 of 8, Maple"


def test_what_is_filled_in_is_not_filled_in_again():
    assert fill("{clinic} {phone}", {"clinic": "{phone}", "phone": "911"}) == "{phone} 911"


def test_anything_else_stays_as_it_is_in_all_three_forms():
    for odd in ODD:
        written = render(Text(odd, odd, f"So: {odd}"), "en", values("en"))
        expected = odd.replace("{clinic}", values("en")["clinic"])
        assert (written.sms, written.subject) == (expected, expected)
        assert f"So: {expected}" in written.email


@given(st.text(alphabet="{}abcdeilnoprtu_.!:0[]% \n", max_size=60))
def test_no_text_makes_it_fail(text):
    known = dict.fromkeys(PLACEHOLDERS, "x")
    if not unknown(text):
        assert "{" not in fill(text, known)
    fill(text, {})


def test_what_would_be_left_is_named_once_and_in_order():
    assert unknown("{clinic}: {nobody} {phone} {clinic.name} {nobody} {") == ["{nobody}", "{clinic.name}", "{"]
    assert unknown("{clinic} {phone} {product} {number} {of} {address} {emergency}") == []
    assert unknown("{{clinic}}") == ["{", "}"]
    assert unknown("{}") == ["{}"]
