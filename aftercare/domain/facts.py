"""The clinical facts that steps rest on, F1 to F21, each in a sentence."""

import re

FACTS = {
    "F1": "Tiny punctures make the skin remodel, so that wrinkles, discoloration and stretch marks lessen.",
    "F2": "Visible marks from shedding or swelling are usually light and clear in a few days.",
    "F3": "Skin may look older for a short while, as it is inflamed and sheds its older layers.",
    "F4": "Lines can look worse in the first days because the skin loses water; that is temporary.",
    "F5": "Some people break out (“purging”); it is gone within a few days to weeks.",
    "F6": "Purging shows as small red bumps, whiteheads, blackheads and dry patches, where the person usually breaks out.",
    "F7": "Large, swollen, painful knots under the skin point to a true breakout, not to purging.",
    "F8": "Retinoids, AHA, BHA, PHA, peels, microneedling and lasers can all start a purge.",
    "F9": "Burning, tightness, dryness and flaking can last for days to weeks; a moisturizer helps the flaking.",
    "F10": "Short-term redness, swelling and flaking last a few days.",
    "F11": "Swelling is subtle and gone in about three days.",
    "F12": "With bruising, bleeding, peeling or signs of infection that are more than mild, the patient calls the clinic at once.",
    "F13": "Mild bleeding, bruising, redness, tightness, itching and peeling commonly go away untreated, in days or weeks.",
    "F14": "In some people healing makes too much pigment: dark patches in treated areas.",
    "F15": "Inflammation can make acne look worse for a while.",
    "F16": "The serum goes on every 3 hours for the first 24 hours after the session.",
    "F17": "The serum goes on twice a day for the first week.",
    "F18": "Skin is brighter within a few days; full results appear within two to four weeks and go on improving.",
    "F19": "Sessions are 4 to 6 weeks apart, as the skin needs time to make collagen and elastin.",
    "F20": "Results hold with a session every six months.",
    "F21": "A session costs about $640 on average in the US.",
}


def facts_in(text: str) -> list[str]:
    """“f2, F3” → F2 and F3: as they are written, in capitals, each once."""
    return list(dict.fromkeys(part.upper() for part in re.split(r"[\s,;]+", text) if part))


def unknown_facts(text: str) -> list[str]:
    return [fact for fact in facts_in(text) if fact not in FACTS]
