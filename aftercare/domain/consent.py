"""What patients are asked to agree to, word for word. A version that somebody agreed to stays here for good: it is the evidence."""

from dataclasses import dataclass
from enum import StrEnum

from aftercare.domain.protocol import Kind


class Purpose(StrEnum):
    """Care and recalls are agreed to on their own: in some places a recall is marketing."""

    CARE = "care"
    RECALL = "recall"


def purpose_of(kind: Kind) -> Purpose:
    return Purpose.RECALL if kind is Kind.RECALL else Purpose.CARE


def kinds_of(purpose: Purpose) -> list[str]:
    """An answer to what she asked is part of neither: she gets it whatever she agreed to."""
    return [kind.value for kind in Kind if kind is not Kind.REPLY and purpose_of(kind) is purpose]


@dataclass(frozen=True, slots=True)
class Wording:
    """`most_per_day` is what the words promise: she is never sent more on a day of hers."""

    most_per_day: int
    texts: dict[str, str]  # language → words


CURRENT = "2026-11"

# Version → purpose, channel → wording. 12: 8 doses of the first 24 hours, the day's advice, a confirmation and two reminders.
WORDINGS: dict[str, dict[tuple[str, str], Wording]] = {
    "2026-11": {
        ("care", "sms"): Wording(
            12,
            {
                "en": "I agree to text messages about my care: appointments, and what to do after a session. Up to 12 texts a day in the "
                "first 24 hours, at night too unless I ask for quiet nights, and fewer later. Message and data rates may apply. "
                "Reply STOP to end them, HELP for help.",
                "es": "Acepto mensajes de texto sobre mi atención: mis citas y qué hacer después de una sesión. Hasta 12 mensajes al día "
                "en las primeras 24 horas, también de noche si no pido noches tranquilas, y menos después. Pueden aplicarse tarifas de "
                "mensajes y datos. Responda STOP para terminarlos, HELP para recibir ayuda.",
            },
        ),
        ("care", "email"): Wording(
            12,
            {
                "en": "I agree to emails about my care: appointments, and what to do after a session. Up to 12 emails a day in the first "
                "24 hours where texts can't reach me, otherwise one or two. I can end them with the link in each, "
                "or by telling the clinic.",
                "es": "Acepto correos electrónicos sobre mi atención: mis citas y qué hacer después de una sesión. Hasta 12 correos al "
                "día en las primeras 24 horas si los mensajes de texto no me llegan; si no, uno o dos. Puedo terminarlos con el "
                "enlace de cada correo o avisando a la clínica.",
            },
        ),
        ("recall", "sms"): Wording(
            1,
            {
                "en": "I agree to a text message when my next session or my half-yearly one is due: at most 3 for each, never more than "
                "one a day. I don't have to agree in order to be treated. Message and data rates may apply. Reply STOP to end them.",
                "es": "Acepto un mensaje de texto cuando toque mi próxima sesión o la semestral: 3 como máximo para cada una, nunca más de "
                "uno al día. No es condición para recibir el tratamiento. Pueden aplicarse tarifas de mensajes y datos. Responda STOP "
                "para terminarlos.",
            },
        ),
        ("recall", "email"): Wording(
            1,
            {
                "en": "I agree to an email when my next session or my half-yearly one is due: at most 3 for each, never more than one a "
                "day. I don't have to agree in order to be treated. I can end them with the link in each, or by telling the clinic.",
                "es": "Acepto un correo electrónico cuando toque mi próxima sesión o la semestral: 3 como máximo para cada una, nunca más "
                "de uno al día. No es condición para recibir el tratamiento. Puedo terminarlos con el enlace de cada correo o avisando a "
                "la clínica.",
            },
        ),
    },
}


def wording_of(version: str, purpose: str, channel: str) -> Wording | None:
    return WORDINGS.get(version, {}).get((purpose, channel))
