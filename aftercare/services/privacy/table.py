"""All that is held of a patient, model by model: what is handed to her, and what is left of it once she is erased.

A test fails for a model, or a field, that isn't here: whoever adds one decides. Beside a name that is blanked stands what is left in its
place, where its rows are written: in each app's own BLANKS. What `clinic` and Django themselves hold is in clinic/privacy.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, F, Model, OuterRef, Value, When

from aftercare.models import CareMessage, Concern, ConcernEvent, Consent, Plan
from aftercare.services.plans.starting import NEXT_SESSION, REOPENED
from notifications.models import Attempt, Message, Receipt, Reply
from notifications.services import erasing as notifications
from scheduling.models import Appointment, Course, Move, Offer, Opening, Patient, Recall, RecallAction, Standing, WaitlistEntry
from scheduling.services import erasing as scheduling

# Where a session was completed once more, what isn't told says why its plan was stopped: in a clinician's own words, or in ours.
_STOPPED_FOR_IT = Plan.objects.filter(appointment__patient=OuterRef("patient"), stop_reason=OuterRef("reason"))
_BY_HAND = _STOPPED_FOR_IT.exclude(stop_reason__in=["", NEXT_SESSION, REOPENED, scheduling.WHY])

BLANKS: dict[type[Model], dict[str, Any]] = {
    CareMessage: {"reason": Case(When(Exists(_BY_HAND), then=Value("erased")), default=F("reason"))},
    Plan: {"stop_reason": ""},
    Concern: {"said": "", "flags": [], "note": "erased"},  # none is resolved without a note
    Consent: {"address": ""},
}


@dataclass(frozen=True, slots=True)
class Held:
    """`hers` leads from a row to the patient. Every field but the row's number is handed to her or left out, and is blanked or kept.

    What is left out is about the staff, about the machinery, or worked out from the rest. `goes`: the rows themselves are deleted.
    """

    key: str  # in the file that she gets
    hers: str
    exported: str = ""
    left_out: str = ""
    kept: str = ""
    blanks: Mapping[str, Any] | None = None
    goes: bool = False

    @property
    def names(self) -> list[str]:
        return self.exported.split()


TABLE: dict[type[Model], Held] = {
    Patient: Held(
        "patient",
        hers="pk",
        exported="first_name last_name birth_date phone email time_zone language wants_quiet_nights hyperpigmentation_risk active_products"
        " notes reached_by created_at",
        left_out="erased_at searchable",
        kept="reached_by created_at erased_at searchable",  # reached by nothing, and searchable by a number
        blanks=scheduling.BLANKS[Patient],
    ),
    Course: Held(
        "courses",
        hers="patient",
        exported="treatment skin_area planned_sessions minimum_interval_days started_at ended_at",
        left_out="patient",
        kept="patient treatment skin_area planned_sessions minimum_interval_days started_at ended_at",
    ),
    Appointment: Held(
        "appointments",
        hers="patient",
        exported="course course.treatment skin_area practitioner room location time_zone during duration_minutes minimum_interval_days"
        " recovery status status_reason status_at completed_at confirmed_at move_requested_at price course.treatment.currency booked_at",
        left_out="patient status_by revision booked_by",
        kept="course patient skin_area practitioner room location time_zone during duration_minutes minimum_interval_days recovery status"
        " status_at status_by completed_at confirmed_at move_requested_at revision price booked_by booked_at",
        blanks=scheduling.BLANKS[Appointment],
    ),
    Move: Held(
        "moves",
        hers="appointment__patient",
        exported="appointment from_starts_at from_practitioner from_room from_confirmed_at from_move_requested_at moved_at",
        left_out="revision along_with moved_by takes_back",
        kept="appointment revision from_starts_at from_practitioner from_room from_confirmed_at from_move_requested_at along_with moved_at"
        " moved_by takes_back",
    ),
    Recall: Held(
        "recalls",
        hers="patient",
        exported="course treatment location practitioner last_session kind last_session_on due_on came_back_on",
        left_out="patient",
        kept="patient course treatment location practitioner last_session kind last_session_on due_on came_back_on",
    ),
    RecallAction: Held(
        "recall_actions",
        hers="patient",
        exported="session way outcome reason note hidden_until wording at answered_at taken_back_at",
        left_out="patient step by taken_back_by",
        kept="session patient way outcome hidden_until step wording at by answered_at taken_back_at taken_back_by",
        blanks=scheduling.BLANKS[RecallAction],
    ),
    Standing: Held(
        "",
        hers="patient",
        left_out="patient stands_from stands_until recall kind stage treatment location practitioner last_session_on due_on booked_on"
        " went_by hidden_until reached_by attempts last_outcome sort_name",
        goes=True,
    ),
    WaitlistEntry: Held(
        "waits",
        hers="patient",
        exported="treatment location practitioner appointment first_on last_on starts_from starts_until status created_at closed_at",
        left_out="patient created_by",
        kept="patient treatment location practitioner appointment first_on last_on starts_from starts_until status created_at created_by"
        " closed_at",
    ),
    Offer: Held(
        "offers",
        hers="entry__patient",
        exported="entry opening.during offered_at answer_by outcome answered_at appointment",
        kept="opening entry offered_at answer_by outcome answered_at appointment",
    ),
    Opening: Held(  # a time that was free again, whosever it had been
        "",
        hers="freed_by__patient",
        left_out="practitioner room location during freed_by freed_at closed_at",
        kept="practitioner room location during freed_by freed_at closed_at",
    ),
    Plan: Held(
        "plans",
        hers="appointment__patient",
        exported="appointment protocol completed_at product stopped_at stop_reason",
        left_out="stopped_by",
        kept="appointment protocol completed_at product stopped_at stopped_by",
        blanks=BLANKS[Plan],
    ),
    CareMessage: Held(
        "conversation",
        hers="patient",
        exported="kind channel planned_for message reason reply answers stands_in_for appointment plan concern recall_action",
        left_out="patient key written_by read_at read_by dealt_with_at dealt_with_by",
        kept="patient appointment plan kind channel planned_for key message stands_in_for reply answers concern recall_action"
        " written_by read_at read_by dealt_with_at dealt_with_by",
        blanks=BLANKS[CareMessage],
    ),
    Message: Held(
        "messages",
        hers="caremessage__patient",
        exported="channel address subject body due_at status reason accepted_at delivered_at",
        left_out="dedupe_key reference is_urgent pause_key address_hash html from_name unsubscribe_url send_at expires_at quiet_from"
        " quiet_until time_zone attempts token lease_until lookups provider_id error_code created_at poll_at",
        kept="dedupe_key reference is_urgent pause_key channel from_name due_at send_at expires_at quiet_from quiet_until time_zone status"
        " attempts token lease_until lookups provider_id error_code created_at accepted_at delivered_at poll_at",
        blanks=notifications.BLANKS[Message],
    ),
    Attempt: Held(
        "",
        hers="message__caremessage__patient",
        left_out="message token started_at finished_at verdict provider_id error_code",
        kept="message token started_at finished_at verdict provider_id error_code",
    ),
    Receipt: Held(
        "",
        hers="message__caremessage__patient",
        left_out="message provider_id provider_status error_code received_at",
        kept="message provider_id provider_status error_code received_at",
    ),
    Reply: Held(
        "replies",
        hers="caremessage__patient",
        exported="channel address body meaning received_at",
        left_out="provider_id",
        kept="channel meaning provider_id received_at",
        blanks=notifications.BLANKS[Reply],
    ),
    Consent: Held(
        "consents",
        hers="patient",
        exported="purpose channel address is_granted wording_version most_per_day source given_at",
        left_out="patient actor",
        kept="patient purpose channel is_granted wording_version most_per_day source actor given_at",
        blanks=BLANKS[Consent],
    ),
    Concern: Held(
        "concerns",
        hers="patient",
        exported="location severity flags said raised_at acknowledge_by acknowledged_at resolved_at note",
        left_out="patient raised_by escalate_at remind_at acknowledged_by resolved_by",
        kept="patient location severity raised_at raised_by acknowledge_by escalate_at remind_at acknowledged_at acknowledged_by"
        " resolved_at resolved_by",
        blanks=BLANKS[Concern],
    ),
    ConcernEvent: Held(
        "steps_of_concerns",
        hers="concern__patient",
        exported="concern what at",
        left_out="by contact detail",
        kept="concern what at by contact detail",
    ),
}

# The other models, and why nothing of a patient is in them.
ABOUT_NO_PATIENT = {
    "scheduling.absence": "a practitioner's",
    "scheduling.calendarfeed": "a practitioner's",
    "scheduling.closure": "the clinic's",
    "scheduling.location": "the clinic's",
    "scheduling.openinghours": "the clinic's",
    "scheduling.patientfile": "a list that is being imported: gone with the import, within the hour, and when anybody is erased",
    "scheduling.practitioner": "a practitioner's",
    "scheduling.product": "the clinic's",
    "scheduling.recallpolicy": "the clinic's",
    "scheduling.reportexport": "who took the report, and by which filters; what was in it isn't kept",
    "scheduling.room": "the clinic's",
    "scheduling.savedview": "filters under a name that somebody gave them; none of them is a search",
    "scheduling.treatment": "the clinic's",
    "scheduling.workinghours": "a practitioner's",
    "aftercare.oncallcontact": "a colleague's",
    "aftercare.protocol": "the clinic's",
    "aftercare.protocolstep": "the clinic's",
    "aftercare.steptext": "the clinic's",
    "notifications.alarm": "what went wrong, without an address and without words",
    "notifications.dailycount": "a number a day",
    "notifications.pace": "when late messages went to a keyed hash of an address: forgotten after a day, and with her",
    "notifications.pause": "that messages to a patient, by number, wait",
    "notifications.suppression": "a keyed hash of an address that said stop: kept for good, or she would be written to again",
}
