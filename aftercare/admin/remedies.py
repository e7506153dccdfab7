"""What the desk can do about a message that doesn't reach the patient."""

from aftercare.domain.reasons import NO_ADDRESS, NO_CONSENT, SAID_STOP
from aftercare.models import CareMessage
from notifications.domain.states import MessageStatus
from scheduling.models import Patient

TO_REACH = {
    NO_CONSENT: "Ask {name}, and tick it on the patient's page.",
    NO_ADDRESS: "Ask {name} for a number or an email address, and enter it on the patient's page.",
    SAID_STOP: "Ask {name} to text START from it, or to agree to emails.",
}
NOT_ARRIVED = {"sms": "Call {name}, and ask for another number.", "email": "Call {name}, and ask for another email address."}
MAYBE_ARRIVED = "Call {name}: it may have arrived, and may not."
TOO_LATE = "It came too late to be of use. Call {name} if it matters still."


def to_reach(patient: Patient, why: str) -> str:
    return TO_REACH[why].format(name=patient.first_name)


def remedy(line: CareMessage) -> str:
    """What to do about a line that went wrong."""
    if line.message is None:
        words = TO_REACH.get(line.reason, "")
    elif line.message.status == MessageStatus.EXPIRED:
        words = TOO_LATE
    else:
        words = MAYBE_ARRIVED if line.message.status == MessageStatus.UNCERTAIN else NOT_ARRIVED[line.channel]
    return words.format(name=line.patient.first_name) if line.patient else ""
