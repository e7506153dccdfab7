"""What each page of the site shows of patients, for the trail. A test fails for an address that isn't here.

ONE names the pages about one patient, and how the address leads to her. SEVERAL are lists, of which one row an hour says that they were
looked at, and never what was searched. FOR_WHOM are for one patient, and say themselves whom they show. TAKEN leaves the house. The rest is
NOBODYS, each with its reason.

What answers with no page of its own may still say a sentence, which whatever page comes next shows, on the trail or not: it counts here.
"""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin.utils import unquote
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from clinic.models.trail import Action
from clinic.services.trail import NOBODY, Look, note_look, note_named
from scheduling.admin.names import named_in

BIGGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """`by` is the part of the address that names an `about`, and `patient` how that leads to its patient's number, in Django's words."""

    words: str
    about: str
    patient: str = "patient"
    by: str = "pk"


# Model → its patient, what its page is called, and what its list is.
MODELS = {
    "scheduling.patient": ("pk", "the patient’s page", "the list of patients"),
    "scheduling.appointment": ("patient", "the appointment", "the list of appointments"),
    "scheduling.course": ("patient", "the course", "the list of courses"),
    "scheduling.waitlistentry": ("patient", "the waitlist entry", "the waitlist"),
    "scheduling.recallaction": ("patient", "the recall made", "the list of recalls made"),
    "aftercare.caremessage": ("patient", "the message to the patient", "the list of messages to patients"),
    "aftercare.consent": ("patient", "the consent", "the list of consents"),
    "aftercare.plan": ("appointment__patient", "the aftercare plan", "the list of aftercare plans"),
    "notifications.message": ("caremessage__patient", "the message", "the list of messages"),
    "notifications.reply": ("caremessage__patient", "the reply", "the list of replies"),
}
APPOINTMENT, CONCERN, PATIENT = "scheduling.appointment", "aftercare.concern", "scheduling.patient"


def _pages_of(model: str) -> dict[str, Page]:
    patient, words, _listed = MODELS[model]
    named = f"admin:{model.replace('.', '_')}"
    return {
        f"{named}_change": Page(words, model, patient, "object_id"),
        f"{named}_history": Page(f"{words}: history", model, patient, "object_id"),
        f"{named}_delete": Page(f"{words}: before deleting it", model, patient, "object_id"),
    }


ONE: dict[str, Page] = {
    **{name: page for model in MODELS for name, page in _pages_of(model).items()},
    "admin:scheduling_appointment_card": Page("the appointment’s card", APPOINTMENT),
    "admin:scheduling_appointment_step": Page("the appointment: before its next step", APPOINTMENT),
    "admin:scheduling_appointment_preview": Page("the appointment: what would be sent", APPOINTMENT),
    "admin:scheduling_appointment_next": Page("the appointment: the next session", APPOINTMENT),
    "admin:scheduling_appointment_move": Page("the appointment: moving it", APPOINTMENT),
    "admin:scheduling_patient_hand_out": Page("the page that hands out what is held of the patient", PATIENT, "pk"),
    "admin:scheduling_patient_erase": Page("the page that erases the patient", PATIENT, "pk"),
    "admin:inbox_thread": Page("the conversation", PATIENT, "pk"),
    "admin:inbox_answer": Page("the conversation", PATIENT, "pk"),
    "admin:inbox_read": Page("the conversation", PATIENT, "pk"),
    "admin:concern_raise": Page("the conversation", PATIENT, "pk"),
    "admin:concern_acknowledge": Page("the conversation", CONCERN),
    "admin:concern_resolve": Page("the conversation", CONCERN),
    "admin:inbox_unknown": Page("the conversation", "notifications.reply", "caremessage__patient"),
    "admin:inbox_unknown_read": Page("the conversation", "notifications.reply", "caremessage__patient"),
    "admin:recall_call": Page("the call page", PATIENT, "pk"),
    "admin:aftercare_plan_stop": Page("the aftercare plan: stopping it", "aftercare.plan", "appointment__patient"),
    # These only take a button's word, and lead on.
    "admin:scheduling_appointment_confirm": Page("the appointment", APPOINTMENT),
    "admin:scheduling_move_undo": Page("the appointment: moving it", "scheduling.move", "appointment__patient"),
    "admin:scheduling_waitlistentry_withdraw": Page("the waitlist entry", "scheduling.waitlistentry"),
    "admin:scheduling_waitlistentry_accept": Page("the waitlist entry", "scheduling.offer", "entry__patient"),
    "admin:recall_resume": Page("the call page", PATIENT, "pk"),
    "admin:recall_take_back": Page("the call page", PATIENT, "pk"),
    "admin:aftercare_caremessage_read": Page("the message to the patient", "aftercare.caremessage"),
    "admin:aftercare_caremessage_deal": Page("the message to the patient", "aftercare.caremessage"),
    "admin:aftercare_plan_start_again": Page("the aftercare plan", "aftercare.plan", "appointment__patient"),
}

SEVERAL: dict[str, str] = {
    **{f"admin:{model.replace('.', '_')}_changelist": listed for model, (_patient, _words, listed) in MODELS.items()},
    "admin:index": "today’s appointments",
    "admin:board": "the board",
    "admin:inbox": "the inbox",
    "admin:calls": "the list of whom to call",
    "admin:maintenance_due": "the maintenance-due report",
    "admin:recall_send": "the page that sends recalls",
    "admin:recall_snooze": "the page that snoozes recalls",
    "admin:autocomplete": "what was found while typing",
    "admin:trail": "the trail",
    "admin:scheduling_appointment_booking_patients": "the patients found while booking",
    "admin:scheduling_patient_import_preview": "a file of patients",
    "admin:aftercare_protocol_move_over": "whose plans move over",
}

# Nobody, until a patient is chosen: the page's context has her as `patient`, or several as `found`, or as `likely` to be who is added.
FOR_WHOM: dict[str, str] = {
    "admin:scheduling_appointment_add": "the booking page",
    "admin:scheduling_waitlistentry_add": "the waitlist’s form",
}

TAKEN: dict[str, str] = {
    "admin:maintenance_due_export": "the maintenance-due report",
    "admin:trail_export": "the trail",
}

LEADS_ON = "leads on, and names nobody"
SETS_UP = "shows how the clinic is set up"
COUNTS = "counts, and names nobody"
OWN = "is about whoever is signed in"
OPEN = "is open to whoever has the key in its address: nobody is signed in"
NO_PAGE = "is for a program, and shows nobody anything"
DEMO = "belongs to the demo, whose patients are made up"

SET_UP = (
    *("scheduling.treatment", "scheduling.product", "scheduling.practitioner", "scheduling.location", "scheduling.room"),
    *("scheduling.reportexport", "aftercare.protocol", "aftercare.oncallcontact", "notifications.alarm", "auth.user", "auth.group"),
)
PAGES = ("changelist", "add", "change", "history", "delete")
EMPTY = "is empty, or shut to everybody"
PROTOCOLS = "is about a protocol, and whom it is shown for is made up"

NOBODYS: dict[str, str] = {
    **{f"admin:{model.replace('.', '_')}_{page}": SETS_UP for model in SET_UP for page in PAGES},
    **{name: EMPTY for model in MODELS if (name := f"admin:{model.replace('.', '_')}_add") not in FOR_WHOM},
    **{
        f"admin:aftercare_{page}": PROTOCOLS
        for page in (
            *("protocol_preview", "protocol_preview_email", "protocol_publish", "protocol_retire", "protocol_discard", "protocol_draft"),
            *("protocolstep_add", "protocolstep_change", "protocolstep_remove", "protocolstep_shift"),
        )
    },
    **{f"demo:{page}": DEMO for page in ("phone", "phones_now", "skip", "write", "mail")},
    "admin:login": OWN,
    "admin:logout": OWN,
    "admin:password_change": OWN,
    "admin:password_change_done": OWN,
    "admin:my_calendar": OWN,
    "admin:second_factor": OWN,
    "admin:second_factor_set_up": OWN,
    "admin:recovery_codes": OWN,
    "admin:session": OWN,
    "admin:reset_second_factor": SETS_UP,
    "admin:jsi18n": NO_PAGE,
    "admin:view_on_site": LEADS_ON,
    "admin:app_list": SETS_UP,
    "admin:auth_user_password_change": SETS_UP,
    "admin:scheduling_practitioner_calendar": SETS_UP,
    "admin:inbox_count": COUNTS,
    "admin:recall_outcomes": COUNTS,
    "admin:recall_policy": COUNTS,
    "admin:maintenance_due_views": "names filters",
    "admin:maintenance_due_view": LEADS_ON,
    "admin:scheduling_patient_import": EMPTY,
    "admin:scheduling_patient_import_template": EMPTY,
    "readyz": NO_PAGE,
    "metrics": NO_PAGE,
    "calendar": OPEN,
    "end_emails": OPEN,
    "twilio_status": OPEN,
    "twilio_inbound": OPEN,
}


def note_what_is_shown(request: HttpRequest, response: HttpResponse) -> None:
    """After what was answered to somebody signed in. One statement, one more where a sentence is said, and none where nobody is shown.

    A page about one patient is a row each time that it is opened; what is fetched into it, and what comes back with a sentence instead of
    doing what it was to do, once an hour. HEAD is a GET: the length of its answer tells whether somebody was found.
    """
    match = request.resolver_match
    if match is None:
        return
    name, is_page = match.view_name, response.status_code == 200
    says = getattr(get_messages(request), "added_new", False)
    look = _look(request, response, name, match.kwargs) if is_page or (says and name in SEVERAL) else None
    if look and request.user.is_authenticated:
        is_opened = request.method in ("GET", "HEAD") and name in ONE and _is_whole(response)
        note_look(look, user=request.user, once_an_hour=not is_opened and look.action == Action.SAW)
    if says and request.user.is_authenticated:
        whose = _whose(ONE[name], match.kwargs) if name in ONE and not is_page else NOBODY
        if named_in(request) or whose is not NOBODY:
            note_named(named_in(request), whose, user=request.user)


def _is_whole(response: HttpResponse) -> bool:
    """A page, and not a part of one. Any browser may say that it asks for a part."""
    return response.streaming or response.content[:200].lstrip()[:9].lower() == b"<!doctype"


def _whose(page: Page, given: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """Whom the address leads to. What it names needn't be there, nor be a number."""
    try:
        return _at_one(page, given[page.by]).patient
    except ValidationError:
        return NOBODY


def _look(request: HttpRequest, response: HttpResponse, name: str, given: dict[str, Any]) -> Look | None:
    if page := ONE.get(name):
        return _at_one(page, given[page.by])
    if words := SEVERAL.get(name):
        if not _lists_patients(request, name):
            return None
        searched = ", searched" if request.GET.get("q") else ""
        return Look(f"{words}{searched}", patient=_asked_for(request))
    if words := FOR_WHOM.get(name):
        return _for_whom(words, getattr(response, "context_data", None) or {})
    if words := TAKEN.get(name):
        return Look(words, action=Action.EXPORTED) if request.method == "POST" else None
    return None


def _at_one(page: Page, given: Any) -> Look:
    model = apps.get_model(page.about)
    number = model._meta.pk.to_python(unquote(str(given)))
    if not 0 < number <= BIGGEST:
        raise ValidationError("This is nobody's number.")
    if page.patient == "pk":
        return Look(page.words, page.about, number, ("%s", (number,)))
    whose = model._default_manager.filter(pk=number, **{f"{page.patient}__isnull": False}).order_by().values(page.patient)[:1]
    return Look(page.words, page.about, number, whose.query.sql_with_params())


def _for_whom(words: str, context: dict[str, Any]) -> Look | None:
    if patient := context.get("patient"):
        return Look(words, patient=("%s", (patient.pk,)))
    if context.get("found") or context.get("likely"):
        return Look(f"{words}, searched")
    return None


def _lists_patients(request: HttpRequest, name: str) -> bool:
    """Two that don't always: the first page of somebody who has no role yet, and what is typed to find a treatment."""
    if name == "admin:index":
        return request.user.has_perm("scheduling.view_appointment")
    if name == "admin:autocomplete":
        model = apps.get_model(request.GET.get("app_label", ""), request.GET.get("model_name", ""))
        found: Any = model._meta.get_field(request.GET.get("field_name", ""))
        return found.related_model._meta.label_lower in MODELS
    return True


def _asked_for(request: HttpRequest) -> tuple[str, tuple[Any, ...]]:
    """The one whom `patient` names in what is asked or sent, where there is such a patient."""
    asked = {*request.GET.getlist("patient"), *request.POST.getlist("patient")}
    number = asked.pop() if len(asked) == 1 else ""
    if not (number.isascii() and number.isdigit()) or int(number) > BIGGEST:
        return NOBODY
    return "SELECT id FROM scheduling_patient WHERE id = %s", (int(number),)
