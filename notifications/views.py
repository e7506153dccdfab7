"""What Twilio tells us: receipts and replies. Answered with 2xx only once it is committed."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden, QueryDict, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from notifications import services
from notifications.forms import ReceiptForm, ReplyForm

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]
FORM = "application/x-www-form-urlencoded"


def from_twilio(view: View) -> View:
    """Let in what is signed with our account's token, for the address at which we are known outside: Host is what a proxy makes of it."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if settings.CHANNELS["sms"] != "twilio" or not settings.TWILIO_AUTH_TOKEN:  # what is signed with nothing, anybody can sign
            return _forbidden("No text messages are sent from here through Twilio, so there is nothing that it could tell.")
        fields = _fields(request)
        if fields is None:
            return _bad("The request is no form that can be read.")
        if not _is_signed(request, fields):
            _warn_of_a_bad_signature()
            return _forbidden("The signature is missing, or isn't that of this address with these fields.")
        return view(request, **kwargs)

    return guarded


@from_twilio
def status(request: HttpRequest, message_id: int) -> HttpResponse:
    form = ReceiptForm({**request.POST.dict(), "attempt": request.GET.get("attempt", "")})
    if not form.is_valid():
        return _bad(_what_is_wrong(form))
    said = form.cleaned_data
    is_ours = services.record_receipt(
        message_id, said["attempt"], provider_id=said["MessageSid"], status=said["MessageStatus"], error_code=said["ErrorCode"]
    )
    return HttpResponse(status=204) if is_ours else _forbidden("No try to send this message is known by that token.")


@from_twilio
def inbound(request: HttpRequest) -> HttpResponse:
    form = ReplyForm(request.POST.dict())
    if not form.is_valid():
        return _bad(_what_is_wrong(form))
    said = form.cleaned_data
    answer = services.receive_reply(
        "sms",
        said["From"],
        said["Body"],
        provider_id=said["MessageSid"],
        opt_out_type=said["OptOutType"],
        pictures=said["NumMedia"] or 0,
    )
    response = MessagingResponse()
    if answer:
        response.message(answer)
    return HttpResponse(str(response), content_type="text/xml")


def _fields(request: HttpRequest) -> QueryDict | None:
    if request.content_type != FORM:
        return None
    try:
        return request.POST
    except (BadRequest, SuspiciousOperation, UnreadablePostError):  # another charset, too large, too many fields, broken off
        return None


def _is_signed(request: HttpRequest, fields: QueryDict) -> bool:
    # Without the prefix under which a proxy may serve us: where there is one, PUBLIC_BASE_URL ends in it.
    address = settings.PUBLIC_BASE_URL + request.get_full_path_info()
    return bool(RequestValidator(settings.TWILIO_AUTH_TOKEN).validate(address, fields, request.headers.get("X-Twilio-Signature", "")))


def _warn_of_a_bad_signature() -> None:
    """Once a minute at most: anybody can make this happen as often as they like."""
    if cache.add("warned-of-a-bad-signature", True, timeout=60):
        logger.warning("A webhook's signature didn't fit: check PUBLIC_BASE_URL and TWILIO_AUTH_TOKEN")


def _what_is_wrong(form: Form) -> str:
    """The fields' names, and never what they held."""
    return f"Missing, or not as Twilio writes it: {', '.join(form.errors)}."


def _forbidden(sentence: str) -> HttpResponse:
    return HttpResponseForbidden(sentence, content_type="text/plain")


def _bad(sentence: str) -> HttpResponse:
    return HttpResponseBadRequest(sentence, content_type="text/plain")
