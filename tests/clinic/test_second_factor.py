"""Name and password, and then the phone's code: nobody sees a page of the clinic's with less."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from clinic.models import Entry, Phone, RecoveryCodes
from clinic.models.second_factor import as_typed
from clinic.signing_in import second_factor
from clinic.signing_in.second_factor import CodeRefused
from tests.clinic.matrix import NOBODY, PEOPLE, pages
from tests.clinic.signing_in import HALF_A_MINUTE, PASSWORD, give_password, on_the_trail, robin, sentences, shown_by, wrong_for
from tests.clinic_world import wait_until, waiting_for_a_lock
from tests.clock import freeze_time
from tests.staff import group, member

NOW = timezone.make_aware(timezone.datetime(2026, 11, 3, 10, 0))
CODE, SET_UP, CODES = "/admin/second-factor/", "/admin/second-factor/set-up/", "/admin/second-factor/codes/"


@pytest.fixture(autouse=True)
def clock(settings, db):
    settings.SECOND_FACTOR = True
    with freeze_time(NOW) as clock:
        yield clock


@pytest.fixture
def at_the_desk() -> User:
    user = robin()
    user.groups.add(group("Front desk"))
    return user


@pytest.fixture
def with_phone(at_the_desk, clock) -> User:
    key = second_factor.new_phone(at_the_desk).key
    at_the_desk.codes = second_factor.set_up(at_the_desk, key, shown_by(Phone(key=key)), in_place_of=None, turn=0)[1]
    clock.tick(HALF_A_MINUTE)
    return at_the_desk


def halfway(**options) -> Client:
    """Somebody's browser, after the password."""
    client = Client(**options)
    give_password(client)
    return client


def phone() -> Phone:
    return Phone.objects.get()


# --- the first time ---------------------------------------------------------------------------------------------------


def key_in(page) -> str:
    return re.search(r'name="key" value="([^"]+)"', page.content.decode())[1]


def secret_in(page) -> Phone:
    return page.context["form"].phone


def test_the_first_time_a_phone_is_set_up_and_leads_to_where_one_wanted(at_the_desk):
    client = Client()
    gate = give_password(client, follow=True)
    assert gate.redirect_chain[-1] == (f"{SET_UP}?next=/admin/board/", 302)
    assert "<svg" in gate.content.decode()
    assert Phone.objects.count() == 0  # looking changes nothing

    answer = client.post(SET_UP, {"key": key_in(gate), "code": shown_by(secret_in(gate)), "next": "/admin/board/"})

    assert "They are shown only now" in answer.content.decode()
    codes = re.findall(r"<li><code>([a-z2-9]{5}-[a-z2-9]{5})</code>", answer.content.decode())
    assert len(set(codes)) == 10
    assert 'href="/admin/board/">I have kept them' in answer.content.decode()
    assert client.get("/admin/").status_code == 200
    assert on_the_trail() == [("password_given", "robin", "from 127.0.0.1"), ("second_factor_set_up", "robin", "the first phone")]


def test_a_phone_that_shows_something_else_isnt_taken_and_the_picture_stays(at_the_desk):
    client = halfway()
    page = client.get(SET_UP)

    again = client.post(SET_UP, {"key": key_in(page), "code": wrong_for(secret_in(page))})

    assert "This isn’t what the app should show." in sentences(again)
    assert secret_in(again).key == secret_in(page).key
    assert not Phone.objects.exists()
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "١٢٣٤٥٦", "12345678901234567890", "-1", "1_0"])
def test_what_is_no_code_gets_a_sentence(at_the_desk, code):
    client = halfway()
    page = client.get(SET_UP)

    assert client.post(SET_UP, {"key": key_in(page), "code": code}).status_code == 200
    assert not Phone.objects.exists()


@pytest.mark.parametrize("key", ["", "nonsense", "\0", "somebody else's", "an hour ago"])
def test_a_secret_that_isnt_from_this_page_is_replaced(at_the_desk, clock, key):
    """With a secret of somebody else's choosing, his phone would do."""
    client = halfway()
    page = client.get(SET_UP)
    signed, known = key_in(page), secret_in(page)
    if key == "somebody else's":
        User.objects.create_user("mallory", password=PASSWORD, is_staff=True)
        client = Client()
        give_password(client, username="mallory")
    clock.tick(timedelta(minutes=61 if key == "an hour ago" else 0))
    sent = signed if key in ("somebody else's", "an hour ago") else key

    answer = client.post(SET_UP, {"key": sent, "code": shown_by(known)})

    assert answer.status_code == 200
    assert not Phone.objects.exists()
    assert secret_in(answer).key != known.key


def test_of_two_who_set_up_a_phone_with_one_password_the_first_gets_in(at_the_desk):
    first, second = halfway(), halfway()
    pages = [first.get(SET_UP), second.get(SET_UP)]
    first.post(SET_UP, {"key": key_in(pages[0]), "code": shown_by(secret_in(pages[0]))})
    hers = phone()

    refused = second.post(SET_UP, {"key": key_in(pages[1]), "code": shown_by(secret_in(pages[1]))})

    assert refused["Location"].startswith(CODE)
    assert phone() == hers
    with pytest.raises(CodeRefused, match="just now"):  # at the very same moment
        second_factor.set_up(at_the_desk, secret_in(pages[1]).key, shown_by(secret_in(pages[1])), in_place_of=None, turn=0)
    assert phone() == hers
    assert second.get("/admin/").status_code == 302


# --- each time --------------------------------------------------------------------------------------------------------


def test_then_each_sign_in_takes_its_code(with_phone):
    client = Client()
    assert give_password(client, follow=True).redirect_chain[-1] == (f"{CODE}?next=/admin/board/", 302)

    wrong = client.post(CODE, {"code": wrong_for(phone()), "next": "/admin/board/"})
    assert "This code isn’t right, or is used up." in sentences(wrong)
    assert client.get("/admin/").status_code == 302

    with freeze_time(timezone.now() + timedelta(seconds=2)):
        right = client.post(CODE, {"code": shown_by(phone()), "next": "/admin/board/"})
        assert right["Location"] == "/admin/board/"
        assert client.get("/admin/").status_code == 200
    assert on_the_trail()[-3:] == [
        ("password_given", "robin", "from 127.0.0.1"),
        ("sign_in_failed", "robin", "wrong code of the phone"),
        ("signed_in", "robin", ""),
    ]


def test_a_code_is_taken_as_people_type_it(with_phone):
    code = shown_by(phone())

    assert halfway().post(CODE, {"code": f" {code[:3]} {code[3:]}"})["Location"] == "/admin/"


def test_a_code_is_for_once(with_phone):
    code = shown_by(phone())
    halfway().post(CODE, {"code": code})

    looked_over_her_shoulder = halfway().post(CODE, {"code": code})

    assert "used up" in sentences(looked_over_her_shoulder)


def test_half_a_minute_late_will_do_and_two_will_not(with_phone, clock):
    late = shown_by(phone())
    clock.tick(timedelta(seconds=90))
    assert "isn’t right" in sentences(halfway().post(CODE, {"code": late}))
    late = shown_by(phone())
    clock.tick(HALF_A_MINUTE)
    assert halfway().post(CODE, {"code": late}).status_code == 302


def test_after_wrong_codes_one_waits_and_a_right_one_isnt_looked_at(with_phone, clock):
    client = halfway()
    for seconds in (1, 2, 4, 8, 16):
        assert "isn’t right" in sentences(client.post(CODE, {"code": wrong_for(phone())}))
        clock.tick(timedelta(seconds=seconds - 0.5))
        assert "Too many wrong codes. Try again in" in sentences(client.post(CODE, {"code": shown_by(phone())}))
        clock.tick(timedelta(seconds=1))

    assert client.post(CODE, {"code": shown_by(phone())}).status_code == 302


def test_the_wait_doesnt_grow_for_ever(with_phone, clock):
    """Somebody who has the password only could otherwise shut her out for good."""
    for _guess in range(20):
        halfway().post(CODE, {"code": wrong_for(phone())})
        clock.tick(timedelta(minutes=69))
    client = halfway()
    client.post(CODE, {"code": wrong_for(phone())})
    clock.tick(timedelta(minutes=50))

    assert "Try again at 10:" in sentences(client.post(CODE, {"code": shown_by(phone())}))
    clock.tick(timedelta(minutes=19))
    assert client.post(CODE, {"code": shown_by(phone())}).status_code == 302


def test_the_session_gets_another_number_with_each_step(with_phone):
    client = Client()
    client.get("/admin/login/")
    give_password(client)
    after_password = client.session.session_key
    client.post(CODE, {"code": shown_by(phone())})

    assert client.session.session_key != after_password
    overheard = Client()
    overheard.cookies["sessionid"] = after_password
    assert overheard.get("/admin/").status_code == 302


def test_the_password_given_twice_takes_the_code_again(with_phone, clock):
    """Or the password alone would begin a session's twelve hours anew for ever."""
    client = halfway()
    client.post(CODE, {"code": shown_by(phone())})
    before = client.session.session_key
    clock.tick(timedelta(hours=11))

    give_password(client)

    assert client.session.session_key != before
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == f"{CODE}?next=/admin/"


# --- with less --------------------------------------------------------------------------------------------------------


def test_whoever_hasnt_given_the_code_is_led_to_it_from_everywhere(with_phone):
    """From every address that takes a sign-in, even somebody who may see all of them."""
    User.objects.filter(pk=with_phone.pk).update(is_superuser=True)
    client, before = halfway(), Entry.objects.count()
    asked = [(method, re.sub(r"\{[^}]+\}", "1", path)) for method, path, codes in pages() if codes[PEOPLE.index(NOBODY)] == 302]

    answers = {row: client.generic(*row) for row in asked if row[1] not in (CODE, "/", "/favicon.ico", "/admin/logout/")}

    gates = (f"/admin/login/?next={CODE[:7]}", CODE)
    assert len(answers) > 140
    assert {row: answer for row, answer in answers.items() if answer.status_code != 302 or not answer["Location"].startswith(gates)} == {}
    assert Entry.objects.count() == before
    gate = sentences(client.get("/admin/login/?next=/admin/board/", follow=True))
    assert "type the six digits" in gate
    assert 'id="work-nav"' not in gate
    assert client.post("/admin/logout/").status_code == 200


def test_a_part_of_a_page_leads_there_too(with_phone):
    """Where htmx sees that it is another page: session.js."""
    answer = halfway().get("/admin/inbox/?part=inbox-list", headers={"HX-Request": "true"}, follow=True)

    assert answer.redirect_chain[-1][0] == f"{CODE}?next=/admin/inbox/%3Fpart%3Dinbox-list"


def test_before_the_password_there_is_no_page_about_codes(with_phone):
    for page in (CODE, SET_UP, CODES):
        assert Client().get(page)["Location"] == f"/admin/login/?next={page}"
        assert Client().post(page, {"code": shown_by(phone())})["Location"].startswith("/admin/login/")


def test_without_the_code_nobody_takes_another_phone_or_new_codes(with_phone):
    """All that somebody who has found the password wants."""
    client, hers = halfway(), phone()

    assert client.get(SET_UP)["Location"].startswith(CODE)
    assert client.post(SET_UP, {"key": "x", "code": "123456"})["Location"].startswith(CODE)
    assert client.post(CODES).status_code == 302

    assert phone() == hers
    assert second_factor.codes_left(with_phone) == 10


@pytest.mark.parametrize("elsewhere", ["https://evil.example.org/", "//evil.example.org", "/\\evil.example.org", "day", ""])
def test_the_way_on_leads_nowhere_else(with_phone, elsewhere):
    client = halfway()

    assert client.post(CODE, {"code": shown_by(phone()), "next": elsewhere})["Location"] == "/admin/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example.org/", "//evil.example.org", ""])
def test_nor_does_the_way_on_from_the_password(with_phone, elsewhere):
    assert give_password(Client(), next=elsewhere)["Location"] == "/admin/"


def test_whoever_is_signed_in_is_led_on_from_the_page_to_sign_in(with_phone):
    client = halfway()
    client.post(CODE, {"code": shown_by(phone())})

    assert client.get("/admin/login/?next=/admin/board/")["Location"] == "/admin/board/"
    assert client.get("/admin/login/?next=//evil.example.org")["Location"] == "/admin/"
    assert client.post(CODE, {"code": "1", "next": "/admin/board/"})["Location"] == "/admin/board/"  # sent twice


def test_in_the_demo_there_is_none(settings, with_phone):
    settings.SECOND_FACTOR = False
    client = Client()

    assert give_password(client)["Location"] == "/admin/board/"
    assert client.get("/admin/").status_code == 200
    assert [client.get(page).status_code for page in (CODE, SET_UP, CODES)] == [404, 404, 404]
    assert CODE not in client.get("/admin/").content.decode()


# --- recovery codes ---------------------------------------------------------------------------------------------------


def test_a_recovery_code_lets_in_once(with_phone):
    spare = with_phone.codes[3]
    client = halfway()

    assert client.post(CODE, {"recovery_code": f" {spare[:5].upper()}-{spare[5:]} "})["Location"] == "/admin/"

    assert "You signed in with a recovery code; 9 are left. " in sentences(client.get("/admin/"))
    assert on_the_trail()[-1] == ("signed_in", "robin", "with a recovery code; 9 are left")
    assert "used up" in sentences(halfway().post(CODE, {"recovery_code": spare}))


def test_somebody_elses_recovery_code_doesnt(with_phone):
    other = member("Manager")
    key = second_factor.new_phone(other).key
    _phone, codes = second_factor.set_up(other, key, shown_by(Phone(key=key)), in_place_of=None, turn=0)

    assert "isn’t right" in sentences(halfway().post(CODE, {"recovery_code": codes[0]}))
    assert second_factor.codes_left(other) == 10


def test_the_last_but_two_says_that_it_is_time_for_new_ones(with_phone):
    for spare in with_phone.codes[:7]:
        second_factor.verify(with_phone, spare)
    client = halfway()
    client.post(CODE, {"recovery_code": with_phone.codes[7]})

    said = sentences(client.get("/admin/"))
    assert 'class="warning">You signed in with a recovery code; 2 are left. <a href="/admin/second-factor/">Make new ones' in said
    assert "2 of 10 are left" in sentences(client.get(CODE))


def test_new_codes_void_the_old_ones_and_the_session_goes_on(with_phone):
    client = halfway()
    client.post(CODE, {"recovery_code": with_phone.codes[0]})

    codes = new_codes(client, with_phone.codes[1])

    assert len(set(codes) - set(with_phone.codes)) == 10
    assert client.get("/admin/").status_code == 200
    assert client.get(CODES).status_code == 405
    with pytest.raises(CodeRefused):
        second_factor.verify(with_phone, with_phone.codes[2])
    assert on_the_trail()[-2][0] == "recovery_codes_made"


def new_codes(client: Client, proof: str) -> list[str]:
    return [as_typed(code) for code in client.post(CODES, {"proof": proof}).context["codes"]]


@pytest.mark.parametrize(
    ("proof", "sentence"),
    [("", "This field is required."), ("000000", "This code isn’t right"), ("aaaaa-aaaaa", "This recovery code isn’t")],
)
def test_whoever_finds_the_computer_unlocked_takes_no_new_codes(with_phone, proof, sentence):
    client = signed_in(with_phone)
    before = set(RecoveryCodes.objects.get().token_set.values_list("token", flat=True))

    answer = client.post(CODES, {"proof": proof})

    assert sentence in sentences(answer)
    assert "Make new recovery codes" in sentences(answer)
    assert set(RecoveryCodes.objects.get().token_set.values_list("token", flat=True)) == before
    assert "recovery_codes_made" not in [action for action, _who, _note in on_the_trail()]


def test_new_codes_end_what_an_old_one_opened_and_not_what_the_phone_did(with_phone, clock):
    elsewhere, here = signed_in(with_phone), halfway()
    here.post(CODE, {"code": shown_by(phone())})
    clock.tick(HALF_A_MINUTE)

    codes = new_codes(here, shown_by(phone()))

    assert here.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 302
    elsewhere.post(CODE, {"recovery_code": codes[0]})
    new_codes(here, codes[1])
    assert here.get("/admin/").status_code == 200


def test_nothing_in_the_database_lets_anybody_in(with_phone, settings):
    """A stolen backup is worth nothing without SECRET_KEY."""
    kept = [*RecoveryCodes.objects.get().token_set.values_list("token", flat=True), phone().key]
    assert not set(kept) & {*with_phone.codes, phone().bin_key.hex()}
    read_off_it = Phone(key=phone().key)
    settings.SECRET_KEY = "the thief's own"

    guess = shown_by(read_off_it)

    settings.SECRET_KEY = "only-for-tests"
    with pytest.raises(CodeRefused):
        second_factor.verify(with_phone, guess)
    for token in kept:
        with freeze_time(timezone.now() + timedelta(hours=2)), pytest.raises(CodeRefused):
            second_factor.verify(with_phone, token)


def without_the_lock(user: User, given: str) -> bool:
    return RecoveryCodes.objects.get(user=user).verify_token(given)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verify", [second_factor.verify, without_the_lock])
def test_of_two_who_use_one_recovery_code_at_once_one_gets_in(with_phone, verify):
    spare = with_phone.codes[0]

    def come_second() -> bool:
        try:
            return bool(verify(with_phone, spare))
        except CodeRefused:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            verify(with_phone, spare)
            second = elsewhere.submit(come_second)
            wait_until(waiting_for_a_lock)
        assert second.result() is (verify is without_the_lock)


@pytest.mark.django_db(transaction=True)
def test_a_code_and_new_codes_at_once_wait_for_each_other_in_one_order(with_phone):
    """Each holding what the other waits for, PostgreSQL would end one of them."""
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=with_phone.pk)  # as new codes begin
            given = elsewhere.submit(in_a_thread, second_factor.verify, with_phone, with_phone.codes[0])
            wait_until(waiting_for_a_lock)
            assert RecoveryCodes.objects.select_for_update(nowait=True).get() == RecoveryCodes.objects.get()
        assert given.result() == RecoveryCodes.objects.get()


def in_a_thread(do, *given):
    try:
        return do(*given)
    finally:
        connection.close()


# --- another phone ----------------------------------------------------------------------------------------------------


def signed_in(user: User) -> Client:
    client = halfway()
    client.post(CODE, {"recovery_code": user.codes[-1]})
    return client


@pytest.mark.parametrize("proof", ["phone", "recovery code"])
def test_another_phone_takes_a_code_of_the_old_one_or_a_recovery_code(with_phone, proof):
    client, old = signed_in(with_phone), phone()
    elsewhere, on_paper = halfway(), halfway()
    elsewhere.post(CODE, {"code": shown_by(old)})
    on_paper.post(CODE, {"recovery_code": with_phone.codes[1]})
    assert on_paper.get("/admin/").status_code == 200
    with freeze_time(timezone.now() + HALF_A_MINUTE):
        page = client.get(SET_UP)
        given = {"phone": shown_by(old), "recovery code": with_phone.codes[0]}[proof]

        answer = client.post(SET_UP, {"key": key_in(page), "code": shown_by(secret_in(page)), "proof": given})

        assert answer["Location"] == CODE
        assert phone() != old
        assert client.get("/admin/").status_code == 200
        assert elsewhere.get("/admin/").status_code == 302  # all others are asked again
        assert on_paper.get("/admin/").status_code == 302
        assert on_the_trail()[-1] == ("second_factor_set_up", "robin", "another phone in its place")
        assert second_factor.codes_left(with_phone) == (7 if proof == "recovery code" else 8)
        assert second_factor.verify(with_phone, with_phone.codes[2])


@pytest.mark.parametrize(
    ("code", "proof", "sentence"),
    [
        ("right", "", "This field is required."),
        ("right", "000000", "This code isn’t right, or is used up."),
        ("right", "aaaaa-aaaaa", "This recovery code isn’t right"),
        ("wrong", "recovery code", "This isn’t what the app should show."),
    ],
)
def test_without_it_the_old_one_stays(with_phone, code, proof, sentence):
    client, old = signed_in(with_phone), phone()
    page = client.get(SET_UP)
    shown = {"right": shown_by, "wrong": wrong_for}[code](secret_in(page))
    proof = with_phone.codes[0] if proof == "recovery code" else proof

    answer = client.post(SET_UP, {"key": key_in(page), "code": shown, "proof": proof})

    assert sentence in sentences(answer)
    assert phone() == old
    assert second_factor.codes_left(with_phone) == 9  # none is used up in vain


# --- lost -------------------------------------------------------------------------------------------------------------


def test_the_command_lets_somebody_set_up_another_phone(with_phone, capsys):
    client = signed_in(with_phone)

    call_command("reset_second_factor", "robin")

    assert capsys.readouterr().out == "Reset: robin.\n"
    assert on_the_trail()[-1] == ("second_factor_reset", "the system", "of robin")
    assert client.get("/admin/").status_code == 302
    call_command("reset_second_factor", "robin")
    assert capsys.readouterr().out == "Nothing to reset: no phone was set up.\n"


@pytest.mark.parametrize("was", ["signed in", "halfway", "set up in it"])
def test_after_it_an_open_session_sets_up_no_phone_without_the_password(at_the_desk, clock, was):
    """Her computer was taken, with her phone; so she asks for it."""
    client = halfway()
    page = client.get(SET_UP)
    client.post(SET_UP, {"key": key_in(page), "code": shown_by(secret_in(page))})
    clock.tick(HALF_A_MINUTE)
    if was != "set up in it":
        client = halfway()
    if was == "signed in":
        assert client.post(CODE, {"code": shown_by(phone())}).status_code == 302
    second_factor.reset(at_the_desk)

    assert client.get(SET_UP)["Location"] == "/admin/login/?next=/admin/"
    assert client.post(SET_UP, {"key": key_in(page), "code": shown_by(secret_in(page))})["Location"] == "/admin/login/?next=/admin/"
    assert not Phone.objects.exists()
    gate = client.get("/admin/board/", follow=True)
    assert gate.redirect_chain == [("/admin/login/?next=/admin/board/", 302)]
    assert "Your second factor was reset. Sign in again, and set up a phone." in sentences(gate)
    assert "robin" not in sentences(gate)
    assert give_password(client, follow=True).redirect_chain[-1] == (f"{SET_UP}?next=/admin/board/", 302)


@pytest.mark.parametrize("between", ["set up elsewhere", "nothing"])
def test_nor_does_one_that_gave_the_password_before_there_was_a_phone(at_the_desk, clock, between):
    """It was to set one up and didn't: somebody else did, or nobody, and then it was reset."""
    waiting = halfway()
    page = waiting.get(SET_UP)
    if between == "set up elsewhere":
        elsewhere = halfway()
        there = elsewhere.get(SET_UP)
        elsewhere.post(SET_UP, {"key": key_in(there), "code": shown_by(secret_in(there))})
        assert Phone.objects.exists()
    assert second_factor.reset(at_the_desk) is (between == "set up elsewhere")

    assert waiting.get(SET_UP)["Location"] == "/admin/login/?next=/admin/"
    assert waiting.post(SET_UP, {"key": key_in(page), "code": shown_by(secret_in(page))})["Location"] == "/admin/login/?next=/admin/"
    assert not Phone.objects.exists()
    assert second_factor.codes_left(at_the_desk) == 0
    assert give_password(waiting, follow=True).redirect_chain[-1] == (f"{SET_UP}?next=/admin/board/", 302)
    page = waiting.get(SET_UP)
    assert waiting.post(SET_UP, {"key": key_in(page), "code": shown_by(secret_in(page))}).status_code == 200
    assert Phone.objects.exists()


def test_nor_one_that_is_just_setting_it_up(at_the_desk, monkeypatch):
    """The reset comes after the page has looked, and before the phone is kept."""
    client = halfway()
    page = client.get(SET_UP)
    begun = second_factor.set_up

    def set_up(*given, **named):
        second_factor.reset(at_the_desk)
        return begun(*given, **named)

    monkeypatch.setattr(second_factor, "set_up", set_up)
    answer = client.post(SET_UP, {"key": key_in(page), "code": shown_by(secret_in(page))})

    assert "Sign out, and sign in again." in sentences(answer)
    assert not Phone.objects.exists()


def test_a_superuser_resets_nobodys_but_others(at_the_desk, client):
    """Whoever is at her desk could, and then set up his own phone."""
    User.objects.filter(pk=at_the_desk.pk).update(is_superuser=True)
    page = halfway().get(SET_UP)
    client = halfway()
    client.post(SET_UP, {"key": key_in(page), "code": shown_by(secret_in(page))})
    hers = phone()

    for answer in (client.get(reset := f"/admin/auth/user/{at_the_desk.pk}/second-factor/"), client.post(reset)):
        assert answer["Location"] == CODE

    assert phone() == hers


def test_the_command_knows_everybody_and_says_whom_it_doesnt(with_phone, capsys):
    with pytest.raises(CommandError, match="There is no sign-in called “Robin”"):
        call_command("reset_second_factor", "Robin")
    call_command("reset_second_factor", "--everybody")

    assert capsys.readouterr().out == "Reset: robin.\n"
    assert not Phone.objects.exists()


def test_a_superuser_resets_it_on_the_persons_page_and_nobody_else(with_phone, client):
    hers, reset = f"/admin/auth/user/{with_phone.pk}/change/", f"/admin/auth/user/{with_phone.pk}/second-factor/"
    boss = User.objects.create_superuser("boss")
    key = second_factor.new_phone(boss).key
    second_factor.set_up(boss, key, shown_by(Phone(key=key)), in_place_of=None, turn=0)
    client.force_login(boss)
    with freeze_time(timezone.now() + HALF_A_MINUTE):
        client.post(CODE, {"code": shown_by(Phone.objects.get(user=boss))})
    assert "Since Nov 3, 2026; 10 recovery codes left." in sentences(client.get(hers))
    assert "be sure that it is really robin who asks" in sentences(client.get(reset))
    assert Phone.objects.count() == 2

    assert client.post(reset)["Location"] == hers

    assert "Reset: robin sets up a phone at the next sign-in." in sentences(client.get(hers))
    assert "None yet: it is set up at the next sign-in." in sentences(client.get(hers))
    assert [who.user for who in Phone.objects.all()] == [boss]
    entry = Entry.objects.get(action="second_factor_reset")
    assert (entry.actor, entry.about, entry.object_id, entry.note) == ("boss", "auth.user", with_phone.pk, "of robin")
    assert client.get("/admin/auth/user/999999/second-factor/").status_code == 404
    assert client.get("/admin/auth/user/add/").status_code == 200


def cells(row: str) -> list[str]:
    """What a list's row says; of a picture of yes or no, which it is."""
    written = re.sub(r'<img [^>]*alt="(\w+)"[^>]*>', r"\1", row)
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r'<t[hd] class="field-[^>]*>(.*?)</t[hd]>', written, re.S)]


def test_a_manager_sees_who_gets_in_and_changes_nothing_of_it(with_phone, clock):
    User.objects.create_user("leaver", is_staff=True, is_active=False)
    User.objects.create_superuser("boss", password="copper-lantern-44")
    with_phone.groups.add(group("Manager"))
    client = halfway()
    client.post(CODE, {"code": shown_by(phone())})

    page = client.get("/admin/auth/user/").content.decode()
    rows = {row[0]: row[1:] for row in map(cells, re.findall(r"<tr>(.*?)</tr>", page, re.S)) if row}
    assert "Last sign-in" in page
    assert rows["robin"][:2] == ["Robin", "Front desk, Manager"]
    assert rows["boss"][:2] == ["–", "everything"]
    assert rows["leaver"][3] == "never"
    assert [rows[name][2] for name in ("robin", "leaver")] == ["True", "False"]  # who may sign in
    assert [rows[name][4] for name in ("robin", "boss")] == ["True", "False"]  # who has a phone

    hers = sentences(client.get(f"/admin/auth/user/{with_phone.pk}/change/"))
    assert "10 recovery codes left." in hers
    for left_out in ("Reset it", "pbkdf2", "What is typed at the sign-in", "Rights"):
        assert left_out not in hers
    with_phone.user_permissions.add(Permission.objects.get(codename="view_trail"))
    assert "Rights" in sentences(client.get(f"/admin/auth/user/{with_phone.pk}/change/"))


def test_django_otps_own_pages_which_show_the_secrets_arent_there(with_phone, client, settings):
    settings.SECOND_FACTOR = False
    client.force_login(User.objects.create_superuser("boss"))

    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404
    assert client.get("/admin/otp_static/staticdevice/").status_code == 404
