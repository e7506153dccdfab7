"""What has to stand above each answer, wherever it comes from. tests/clinic/test_matrix.py holds every address to it, for everybody."""

from django.http import HttpResponseBase

ALWAYS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {"default-src 'self'", "img-src 'self' data:", "object-src 'none'"}
POLICY |= {"base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"}
NOT_USED = {"camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()"}
KEYED = ("/calendar/", "/emails/")


def wrong_headers(address: str, answer: HttpResponseBase, *, policy: set[str] = POLICY) -> list[str]:
    """In words; none for an answer as it should be."""
    if "/preview/email/" in address and answer.get("X-Frame-Options") == "SAMEORIGIN":
        return [] if "sandbox" in answer.get("Content-Security-Policy", "") else ["An email is shown without its sandbox."]
    wrong = [f"{name} is {answer.get(name)}, not {value}" for name, value in ALWAYS.items() if answer.get(name) != value]
    told_to = {"no-referrer"} if address.startswith(KEYED) else {"no-referrer", "same-origin"}
    if answer.get("Referrer-Policy") not in told_to:
        wrong.append(f"Referrer-Policy is {answer.get('Referrer-Policy')}")
    if set(answer.get("Content-Security-Policy", "").split("; ")) != policy:
        wrong.append(f"Content-Security-Policy is {answer.get('Content-Security-Policy')}")
    if not set(answer.get("Permissions-Policy", "").split(", ")) >= NOT_USED:
        wrong.append(f"Permissions-Policy is {answer.get('Permissions-Policy')}")
    kept = set(answer.get("Cache-Control", "").split(", "))
    is_asked_about = address.startswith("/calendar/") and kept == {"private", "no-cache"}
    if "no-store" not in kept and not is_asked_about:
        wrong.append(f"Cache-Control is {answer.get('Cache-Control')}")
    if "Server" in answer or "X-Powered-By" in answer:
        wrong.append("It says what it runs on.")
    return wrong
