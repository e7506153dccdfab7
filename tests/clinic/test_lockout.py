"""Who guesses passwords has to wait, whether there is somebody of that name or not; who has forgotten hers shuts out nobody else."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from clinic.masking import masked
from clinic.models import Entry
from clinic.signing_in.lockout import old_failures
from tests.clinic.signing_in import PASSWORD, give_password, on_the_trail, robin, sentences
from tests.clock import freeze_time

NOW = timezone.make_aware(timezone.datetime(2026, 11, 3, 10, 0))
WRONG = "That is no name and password of somebody who may sign in here."
LOCKED = "Too many tries. You can try again at 10:15 AM"


@pytest.fixture(autouse=True)
def clock(db):
    with freeze_time(NOW) as clock:
        yield clock


@pytest.fixture(autouse=True)
def her(clock) -> User:
    return robin()


def guess(times: int = 1, username: str = "robin", address: str = "203.0.113.7", browser: str = "") -> str:
    """What the page says to the last one."""
    for _ in range(times):
        answer = give_password(Client(), "not-her-password", username, REMOTE_ADDR=address, headers={"User-Agent": browser})
    return sentences(answer)


def test_the_log_says_from_where_and_not_who(caplog):
    guess(username="robin")
    guess(username="somebody", address="2001:db8::7")

    lines = [record.getMessage() for record in caplog.records if record.name.startswith(("clinic.signing_in", "axes"))]
    assert lines == ["A sign-in failed, from 203.0.113.7", "A sign-in failed, from 2001:db8::7"]
    assert masked(lines[0]) == lines[0]  # as it stands in production


def without_token(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)


def gets_in(address: str = "203.0.113.7", username: str = "robin") -> bool:
    return give_password(Client(), username=username, REMOTE_ADDR=address).status_code == 302


def test_the_fifth_wrong_password_locks_her_out_from_there_for_a_quarter_of_an_hour(clock):
    assert WRONG in guess(4)
    assert LOCKED in guess()

    answer = give_password(Client(), REMOTE_ADDR="203.0.113.7")  # the right one isn't looked at
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert LOCKED in sentences(answer)
    assert gets_in(address="203.0.113.8")  # at home

    clock.tick(timedelta(minutes=14))
    guess(3)  # puts it off no further
    clock.tick(timedelta(minutes=1, seconds=1))
    assert gets_in()


def test_a_name_that_nobody_has_is_answered_just_the_same():
    known = [guess() for _ in range(6)]
    unknown = [guess(username="nobody") for _ in range(6)]

    assert [without_token(page).replace("robin", "nobody") for page in known] == [without_token(page) for page in unknown]


def test_somebody_who_isnt_staff_or_has_left_is_answered_the_same():
    User.objects.create_user("patient", password=PASSWORD)
    User.objects.create_user("leaver", password=PASSWORD, is_staff=True, is_active=False)

    for username in ("patient", "leaver"):
        assert WRONG in sentences(give_password(Client(), username=username))


def test_one_who_has_forgotten_hers_doesnt_shut_out_the_clinic():
    User.objects.create_user("dana", password=PASSWORD, is_staff=True)
    guess(30)

    assert gets_in(username="dana")


def test_another_browser_doesnt_begin_anew():
    for number in range(4):
        guess(browser=f"browser {number}")

    assert LOCKED in guess(browser="another one")


def test_a_name_that_is_tried_from_everywhere_is_locked_everywhere():
    for number in range(5):
        guess(4, address=f"203.0.113.{number}")

    assert not gets_in(address="198.51.100.1")


def test_an_address_that_tries_all_names_is_locked():
    for number in range(12):
        assert WRONG in guess(4, username=f"somebody{number}")
    guess(2, username="one more")

    assert not gets_in()
    assert gets_in(address="198.51.100.1")


def test_whoever_has_a_network_of_addresses_is_one():
    for number in range(5):
        guess(address=f"2001:db8:1:2::{number}")

    assert not gets_in(address="2001:db8:1:2:3::4")
    assert gets_in(address="2001:db8:1:3::1")


def test_signing_in_forgets_her_own_failures_from_there_and_no_others():
    guess(4)
    guess(4, address="198.51.100.1")
    guess(4, username="dana")

    assert gets_in()

    left = AccessAttempt.objects.order_by("pk").values_list("username", "ip_address", "failures_since_start")
    assert list(left) == [("robin", "198.51.100.1", 4), ("dana", "203.0.113.7", 4)]
    assert WRONG in guess(4)


def test_failures_are_forgotten(clock):
    guess(3)
    clock.tick(timedelta(days=90))

    assert not old_failures(timezone.now() - timedelta(days=91)).exists()
    old = old_failures(timezone.now() - timedelta(days=90) + timedelta(seconds=1))
    assert old.count() == 1


def test_whoever_runs_it_lets_her_in_before_that(capsys):
    guess(5)
    call_command("axes_reset_username", "robin")

    assert gets_in()


def test_no_password_is_kept_not_even_one_typed_into_the_wrong_field():
    give_password(Client(), "whatever-it-was", PASSWORD)
    give_password(Client(), "her-old-password")

    [row, _other] = AccessAttempt.objects.order_by("pk")
    assert "whatever" not in row.post_data
    assert PASSWORD not in f"{row.post_data}{row.get_data}"
    assert on_the_trail() == [
        ("sign_in_failed", "a name that nobody has", "from 127.0.0.1"),
        ("sign_in_failed", "robin", "from 127.0.0.1"),
    ]


def test_whom_somebody_had_searched_for_isnt_kept_with_a_failed_try():
    """Her session had ended, and the way back says where she was."""
    back = "/admin/scheduling/patient/?q=alvarez"
    for _ in range(2):
        Client().post(f"/admin/login/?next={back}", {"username": "robin", "password": "not-hers", "next": back})

    [kept] = AccessAttempt.objects.values()
    assert (kept["username"], kept["ip_address"], kept["failures_since_start"]) == ("robin", "127.0.0.1", 2)
    assert {kept[name] for name in ("get_data", "post_data", "path_info", "http_accept")} == {""}


def test_what_came_of_each_try_is_on_the_trail(her):
    guess(7)
    client = Client()
    give_password(client, REMOTE_ADDR="198.51.100.1")
    client.post("/admin/logout/")

    assert [action for action, _who, _note in on_the_trail()] == [*["sign_in_failed"] * 5, "locked_out", "signed_in", "signed_out"]
    assert set(Entry.objects.filter(action="sign_in_failed").values_list("about", "object_id")) == {("auth.user", her.pk)}


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_are_looked_at(her, at_once):
    answers = at_once([guess] * 16)

    assert all(WRONG in answer or LOCKED in answer for answer in answers)
    assert [action for action, _who, _note in on_the_trail()] == [*["sign_in_failed"] * 5, "locked_out"]


class TestTheOldPassword:
    """Whoever finds the computer unlocked would like to know it."""

    @pytest.fixture
    def unlocked(self, her) -> Client:
        client = Client()
        client.force_login(her)
        return client

    def try_with(self, client: Client, old: str) -> str:
        new = {"new_password1": "copper-lantern-44", "new_password2": "copper-lantern-44"}
        return sentences(client.post("/admin/password_change/", {"old_password": old} | new))

    def test_can_be_guessed_as_often_as_at_the_sign_in(self, unlocked, her, clock):
        for _ in range(4):
            assert "Your old password was entered incorrectly." in self.try_with(unlocked, "not-hers")
        assert LOCKED in self.try_with(unlocked, "not-hers")
        assert LOCKED in self.try_with(unlocked, PASSWORD)
        her.refresh_from_db()
        assert her.check_password(PASSWORD)
        assert not gets_in(address="127.0.0.1")

        clock.tick(timedelta(minutes=15, seconds=1))
        self.try_with(unlocked, PASSWORD)
        her.refresh_from_db()
        assert her.check_password("copper-lantern-44")

    def test_each_try_is_on_the_trail(self, unlocked, her):
        for _ in range(6):
            self.try_with(unlocked, "not-hers")

        said = ("robin", "from 127.0.0.1, to choose another password")
        assert on_the_trail() == [*[("sign_in_failed", *said)] * 5, ("locked_out", *said)]


@pytest.mark.parametrize("username", ["", " ", "\0", "robin\0", "r" * 151, "ｒｏｂｉｎ", "'; --", "‮robin"])
def test_whatever_is_typed_gets_a_page(username):
    assert give_password(Client(), username=username).status_code in (200, 302)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("violet-91", "at least 12 characters"),
        ("q1w2e3r4t5y6", "too common"),
        ("robin-castellano", "too similar to"),
        ("834512907746", "entirely numeric"),
        ("clinicadmin1", "little more than a name or a word"),
        ("Castellano2026!", "little more than a name or a word"),
    ],
)
def test_a_password_is_long_and_no_word_that_others_guess(her, password, sentence):
    her.last_name = "Castellano"

    with pytest.raises(ValidationError, match=sentence):
        validate_password(password, her)
    validate_password(PASSWORD, her)
