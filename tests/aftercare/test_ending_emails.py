"""The link in an email that ends emails like it: one press is enough, and only a press."""

from datetime import timedelta

import pytest
from django.test import Client

from aftercare.models import Consent
from aftercare.services import give_consent, reachable_by
from aftercare.services.telling.ending import link_to_end
from notifications.services import dispatch
from tests.clinic_world import FIRST, TODAY, at, ledger, outbox
from tests.clock import freeze_time
from tests.staff import member

END = FIRST + timedelta(hours=1)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}  # what a mail program posts (RFC 8058)


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_BASE_URL = "https://clinic.example.org"


@pytest.fixture
def treated(clinic):
    """Ana agreed to texts and emails, and was treated: 22 texts of doses, 3 check-ins, and 7 emails are ahead."""
    clinic.treat(clinic.consents(clinic.ana))
    return clinic


def path_of(link: str) -> str:
    return link.removeprefix("https://clinic.example.org")


def look(link: str, now=END):
    with freeze_time(now):
        return Client(enforce_csrf_checks=True).get(path_of(link))


def press(link: str, now=END):
    with freeze_time(now):
        return Client(enforce_csrf_checks=True).post(path_of(link), ONE_CLICK)


def words_of(answer) -> str:
    return answer.content.decode().replace("&#x27;", "'")


class TestTheLink:
    def test_every_email_that_she_agreed_to_holds_it_and_no_text_does(self, treated):
        link = link_to_end(treated.ana)
        emails, texts = outbox(channel="email"), outbox(channel="sms")
        assert (len(emails), len(texts)) == (7, 25)
        for email in emails:
            assert f"End these emails: {link}\n" in email.body
            assert f'<a href="{link}">End these emails</a>' in email.html
            assert "Nobody reads replies to this email: please call us at (212) 555-0100." in email.body
            assert (email.from_name, email.unsubscribe_url) == ("Maple Street Clinic", link)
        assert {(text.from_name, text.unsubscribe_url) for text in texts} == {("", "")}

    def test_a_confirmation_by_email_holds_it_too(self, clinic):
        clinic.ana.phone, clinic.ana.language = "", "es"
        clinic.ana.save()
        clinic.book(clinic.consents(clinic.ana, "email"))
        confirmation = outbox()[0]
        assert f"Dejar de recibir estos correos: {link_to_end(clinic.ana)}" in confirmation.body
        assert "Nadie lee las respuestas a este correo: por favor, llámenos al (212) 555-0100." in confirmation.body

    def test_it_is_the_same_in_each_and_shows_nothing_of_her(self, clinic):
        link = link_to_end(clinic.ana)
        assert link == link_to_end(clinic.ana)
        assert link.startswith(f"https://clinic.example.org/emails/{clinic.ana.pk}-care-")
        assert "ana1" not in link

    def test_without_an_address_there_is_none(self, clinic):
        clinic.ana.email = ""
        assert link_to_end(clinic.ana) == ""


class TestLooking:
    def test_it_asks_and_changes_nothing(self, treated):
        answer = look(link_to_end(treated.ana))
        assert answer.status_code == 200
        assert "End these emails?" in words_of(answer)
        assert "Maple Street Clinic emails you about your appointments" in words_of(answer)
        assert "Text messages go on." in words_of(answer)
        assert "<button>End these emails</button>" in words_of(answer)
        assert (len(outbox(channel="email")), Consent.objects.count()) == (7, 2)
        assert "ana1@example.org" not in words_of(answer)
        assert "Alvarez" not in words_of(answer)

    def test_in_her_language(self, treated):
        treated.ana.language = "es"
        treated.ana.save()
        answer = look(link_to_end(treated.ana))
        assert '<html lang="es">' in words_of(answer)
        assert "¿Dejar de recibir estos correos?" in words_of(answer)
        assert "Si tiene preguntas, llámenos." in words_of(answer)

    def test_nobody_keeps_the_page_or_hears_of_its_address(self, treated):
        answer = look(link_to_end(treated.ana))
        assert "no-store" in answer["Cache-Control"]
        assert (answer["Referrer-Policy"], answer["X-Robots-Tag"]) == ("no-referrer", "noindex")
        assert answer.cookies == {}


class TestPressing:
    def test_it_ends_them_with_evidence_and_what_was_queued_goes_by_text(self, treated):
        answer = press(link_to_end(treated.ana))
        assert answer.status_code == 200
        assert "These emails have ended" in words_of(answer)
        assert "Reply STOP to one of them to end those, too." in words_of(answer)
        evidence = Consent.objects.latest("pk")
        assert (evidence.purpose, evidence.channel, evidence.is_granted, evidence.address) == ("care", "email", False, "ana1@example.org")
        assert (evidence.source, evidence.actor, evidence.given_at) == ("the link in an email", None, END)
        assert outbox(channel="email") == []
        assert {message.reason for message in outbox("cancelled", channel="email")} == {"consent was withdrawn"}
        assert len(outbox(channel="sms")) == 25 + 7
        assert reachable_by(treated.ana, "care") == {"sms": "+12125550101"}

    def test_twice_is_once(self, treated):
        link = link_to_end(treated.ana)
        first, second = press(link), press(link, END + timedelta(minutes=1))
        assert (first.content, second.status_code) == (second.content, 200)
        assert Consent.objects.count() == 3
        assert look(link).content == first.content

    def test_who_gets_no_texts_is_told_what_she_goes_without(self, clinic):
        clinic.treat(clinic.consents(clinic.ana, "email"))
        link = link_to_end(clinic.ana)
        assert "Then no reminders and no advice after a session reach you" in words_of(look(link))
        assert "Text messages" not in words_of(press(link))
        assert outbox() == []
        assert {line.reason for line in ledger(message__status="cancelled", planned_for__gt=END)} == {"no consent for texts or emails"}

    def test_recalls_are_another_matter(self, clinic):
        clinic.consents(clinic.ana)
        give_consent(clinic.ana, "recall", "email", source="front desk", now=TODAY)
        answer = press(link_to_end(clinic.ana, "recall"))
        assert "Maple Street Clinic won't email you any more when a session is due." in words_of(answer)
        assert (reachable_by(clinic.ana, "recall"), set(reachable_by(clinic.ana, "care"))) == ({}, {"sms", "email"})

    def test_agreed_again_at_the_desk_the_link_ends_them_again(self, treated):
        link = link_to_end(treated.ana)
        press(link)
        give_consent(treated.ana, "care", "email", source="front desk", now=END + timedelta(minutes=1))
        assert "End these emails?" in words_of(look(link))
        press(link, END + timedelta(minutes=2))
        assert "email" not in reachable_by(treated.ana, "care")

    def test_an_email_to_an_address_that_isnt_hers_any_more_ends_nothing_of_hers(self, treated):
        link = link_to_end(treated.ana)
        treated.ana.email = "ana.new@example.org"
        with freeze_time(END):
            treated.ana.save()
        give_consent(treated.ana, "care", "email", source="front desk", now=END + timedelta(minutes=1))
        assert "These emails have ended" in words_of(press(link, END + timedelta(minutes=2)))
        assert reachable_by(treated.ana, "care")["email"] == "ana.new@example.org"

    def test_one_that_has_left_stays_in_the_ledger(self, treated):
        dispatch(now=at("2026-11-04", "10:00"))
        [gone] = outbox("accepted", channel="email")
        press(link_to_end(treated.ana), at("2026-11-04", "11:00"))
        gone.refresh_from_db()
        assert gone.status == "accepted"


class TestGarbage:
    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize(
        "change",
        [lambda token: token[:-1], lambda token: f"{token}x", lambda token: token.replace("-care-", "-recall-"), lambda _: "x.y.z"],
    )
    def test_a_link_that_we_never_made_gets_a_sentence_in_both_languages_and_does_nothing(self, treated, method, change):
        token = link_to_end(treated.ana).rstrip("/").rpartition("/")[2]
        answer = getattr(Client(), method)(f"/emails/{change(token)}/")
        assert answer.status_code == 404
        assert "We don't know this link" in words_of(answer)
        assert "No conocemos este enlace" in words_of(answer)
        assert reachable_by(treated.ana, "care")["email"] == "ana1@example.org"

    def test_nor_does_one_of_a_patient_who_is_gone(self, clinic):
        link = link_to_end(clinic.ana)
        clinic.ana.delete()
        assert press(link).status_code == 404

    def test_any_other_method_is_none(self, treated):
        assert Client().delete(path_of(link_to_end(treated.ana))).status_code == 405


def test_whoever_talks_to_her_sees_that_she_ended_them(treated):
    def conversation() -> str:
        desk = Client()
        with freeze_time(END + timedelta(days=1)):
            desk.force_login(robin)
            return desk.get(f"/admin/inbox/{treated.ana.pk}/").content.decode()

    robin = member("Front desk")
    assert "Ended emails" not in conversation()
    press(link_to_end(treated.ana))
    assert "Ended emails on Tue, Nov 3" in conversation()
    with freeze_time(END + timedelta(hours=1)):
        give_consent(treated.ana, "care", "email", source="front desk", now=END + timedelta(hours=1))
    assert "Ended emails" not in conversation()
