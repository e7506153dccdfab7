"""The page behind the link in an email that ends emails like it."""

from typing import NamedTuple

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from aftercare.domain.consent import Purpose
from aftercare.domain.placeholders import fill

ASK = gettext_noop("End these emails?")
ABOUT = {
    Purpose.CARE: gettext_noop("{clinic} emails you about your appointments, and about what to do after a session."),
    Purpose.RECALL: gettext_noop("{clinic} emails you when your next session is due."),
}
BUTTON = gettext_noop("End these emails")
DONE = gettext_noop("These emails have ended")
NOTHING_MORE = {
    Purpose.CARE: gettext_noop("{clinic} won't email you about your appointments and your care any more."),
    Purpose.RECALL: gettext_noop("{clinic} won't email you any more when a session is due."),
}
TEXTS_GO_ON = gettext_noop("Text messages go on. Reply STOP to one of them to end those, too.")
NO_OTHER_WAY = gettext_noop("Then no reminders and no advice after a session reach you.")
QUESTIONS = gettext_noop("With any question, call us.")
WANTED_AGAIN = gettext_noop("To get them again, or with any question, call us.")
UNKNOWN = gettext_noop("We don't know this link")
LOOK_AGAIN = gettext_noop("It may be cut off. Open it from the email once more, or call the clinic and say that you want no more emails.")

TOO_MANY = gettext_noop("Please try again in a minute")
BUSY = gettext_noop("This page was opened too often in a short time.")


class EndingPage(NamedTuple):
    language: str
    title: str
    lines: list[str]
    button: str = ""
    closing: str = ""  # above the clinic's number


def asking_to_end(purpose: Purpose, language: str, values: dict[str, str], *, texts_go_on: bool) -> EndingPage:
    """Before it is done. `texts_go_on`: she is reached by text for the same."""
    with translation.override(language):
        after = TEXTS_GO_ON if texts_go_on else NO_OTHER_WAY if purpose is Purpose.CARE else ""
        lines = [fill(_(line), values) for line in (ABOUT[purpose], after) if line]
        return EndingPage(language, _(ASK), lines, _(BUTTON), _(QUESTIONS))


def ended(purpose: Purpose, language: str, values: dict[str, str], *, texts_go_on: bool) -> EndingPage:
    with translation.override(language):
        lines = [NOTHING_MORE[purpose], *([TEXTS_GO_ON] if texts_go_on else []), WANTED_AGAIN]
        return EndingPage(language, _(DONE), [fill(_(line), values) for line in lines])


def unknown_link(language: str) -> EndingPage:
    with translation.override(language):
        return EndingPage(language, _(UNKNOWN), [_(LOOK_AGAIN)])


def too_many_at_once(language: str) -> EndingPage:
    with translation.override(language):
        return EndingPage(language, _(TOO_MANY), [_(BUSY)])
