"""The patients' phones, for everybody at this machine. Routed in the local demo only."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from aftercare.services import has_said_stop
from clinic.demo.forms import LONGEST_TEXT, WritingForm
from clinic.demo.phones import coming_next, phones
from clinic.demo.skipping import skip
from clinic.demo.threads import thread
from clinic.demo.writing import asks_for_a_number, book_words, write_back, writes_from
from notifications.domain.states import TAKEN
from notifications.models import Message
from scheduling.models import Patient

HOURS = ("3", "24")
TRY_FIRST = ("C", "R", "STOP", "START", "HELP", "it won’t stop stinging", "my cheek won’t stop bleeding", "please stop texting me")
NUMBERS = ("1", "2", "3")
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'"


@require_safe
@never_cache
def phone_page(request: HttpRequest) -> HttpResponse:
    return render(request, "demo/phone_page.html", _what_the_phones_show(request.GET.get("patient", "")))


@require_safe
@never_cache
def phones_now(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes."""
    return render(request, "demo/_phones.html", _what_the_phones_show(request.GET.get("patient", "")))


@require_POST
def skip_hours(request: HttpRequest) -> HttpResponse:
    hours = request.POST.get("hours", "")
    if hours not in HOURS:
        return HttpResponse(f"Skip {' or '.join(HOURS)} hours.", status=400, content_type="text/plain")
    skip(timedelta(hours=int(hours)), now=timezone.now())
    chosen = request.POST.get("patient", "")
    return _back_to(chosen if chosen.isdecimal() else "")


@require_POST
def write(request: HttpRequest) -> HttpResponse:
    """A text written on a phone. One that can't go is still in its field, under the reason."""
    form = WritingForm(request.POST)
    if form.is_valid():
        patient = form.cleaned_data["patient"]
        write_back(patient, form.cleaned_data["text"], now=timezone.now())
        return _back_to(f"{patient.pk}#newest")
    page = _what_the_phones_show(request.POST.get("patient", ""))
    unsent = {"unsent": request.POST.get("text", ""), "what_is_wrong": form.what_is_wrong}
    return render(request, "demo/phone_page.html", page | unsent, status=400)


@require_safe
@xframe_options_sameorigin
def mail(request: HttpRequest, message_id: int) -> HttpResponse:
    """An email as the mailbox shows it: in a sandbox, with its own styles and nothing else."""
    message = get_object_or_404(Message.objects.exclude(html=""), pk=message_id, status__in=TAKEN)
    return HttpResponse(message.html, headers={"Content-Security-Policy": MAIL_POLICY})


def _back_to(chosen: object) -> HttpResponse:
    return redirect(reverse("demo:phone") + (f"?patient={chosen}" if chosen else ""))


def _what_the_phones_show(asked_for: str) -> dict[str, Any]:
    now = timezone.now()
    newest = phones(now)
    patient = Patient.objects.known().filter(pk=asked_for).first() if asked_for.isdecimal() and len(asked_for) < 19 else None
    patient = patient or (newest[0].patient if newest else None)
    arrivals = thread(patient, now) if patient else []
    number = writes_from(patient) if patient else ""
    return {
        "phones": newest,
        "patient": patient,
        "arrivals": arrivals,
        "sender": next((arrival.sender for arrival in reversed(arrivals) if arrival.sender), "Your clinic"),
        "coming": coming_next(patient, now) if patient else [],
        "may_write": bool(number),
        "has_stopped": bool(number) and has_said_stop("sms", number),
        "try_first": (*NUMBERS[: asks_for_a_number(patient, number, now)], *book_words(patient, number), *TRY_FIRST),
        "longest_text": LONGEST_TEXT,
    }
