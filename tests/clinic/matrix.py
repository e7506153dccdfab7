"""Who may do what, address by address. tests/clinic/test_matrix.py holds the site to it, and fails for an address that isn't here.

A new page needs a row for GET and one for POST; a new model in the admin needs a line in MODELS; a new action one in ACTIONS.
"""

NOBODY, NEWCOMER = "nobody", ""  # not signed in; on the staff, but without a role
ROLES = ("Front desk", "Clinician", "Manager")
PEOPLE = (NOBODY, NEWCOMER, *ROLES)

# What a role may do on the model's own six pages: view, add, change, delete.
#                               Front desk, Clinician, Manager
MODELS = {
    "scheduling.patient": ("vac", "vac", "vac"),
    "scheduling.appointment": ("vac", "vac", "vac"),
    "scheduling.waitlistentry": ("va", "va", "va"),  # changed by its steps only
    "scheduling.course": ("v", "vc", "v"),
    "scheduling.treatment": ("v", "v", "vac"),
    "scheduling.product": ("v", "v", "vac"),
    "scheduling.practitioner": ("v", "v", "vac"),
    "scheduling.location": ("v", "v", "vac"),
    "scheduling.room": ("v", "v", "vac"),
    "scheduling.recallaction": ("", "", "v"),
    "scheduling.reportexport": ("", "", "v"),
    "aftercare.caremessage": ("v", "v", "v"),
    "aftercare.consent": ("v", "v", "v"),
    "aftercare.plan": ("", "v", "v"),
    "aftercare.protocol": ("", "vac", "v"),
    "aftercare.oncallcontact": ("v", "v", "vac"),
    "notifications.message": ("", "", "v"),
    "notifications.reply": ("v", "v", "v"),
    "notifications.alarm": ("", "", "v"),
    "auth.user": ("", "", "v"),
    "auth.group": ("", "", ""),
}

# What is ticked in a list, and then done: model → action → who is offered it.
ACTIONS = {
    "scheduling.appointment": dict.fromkeys(("arrive", "complete", "cancel", "no-show", "reopen", "not-here", "confirm"), ROLES),
    "scheduling.waitlistentry": {"take_off": ROLES},
    "aftercare.caremessage": {"mark_read": ROLES, "deal_with": ROLES},
    "notifications.alarm": {"clear": ("Manager",)},
}

# Models that a field may be filled from by typing; whoever may view one may look in it.
SEARCHABLE = {
    "scheduling.waitlistentry",
    *("scheduling.patient", "scheduling.appointment", "scheduling.course", "scheduling.treatment", "scheduling.practitioner"),
    *("scheduling.location", "scheduling.room", "scheduling.product"),
    *("aftercare.caremessage", "aftercare.consent", "aftercare.plan", "auth.user", "auth.group"),
}

# What a page answers to each, in the order of PEOPLE. In braces: what of the world it is about.
PAGES = """
GET  /                                                              302 302 302 302 302
POST /                                                              302 302 302 302 302
GET  /admin/                                                        302 200 200 200 200
POST /admin/                                                        302 200 200 200 200
GET  /admin/login/                                                  200 302 302 302 302
POST /admin/login/                                                  200 200 200 200 200
GET  /admin/logout/                                                 302 405 405 405 405
POST /admin/logout/                                                 302 200 200 200 200
GET  /admin/second-factor/                                          302 404 404 404 404
POST /admin/second-factor/                                          302 404 404 404 404
GET  /admin/second-factor/set-up/                                   302 404 404 404 404
POST /admin/second-factor/set-up/                                   302 404 404 404 404
GET  /admin/second-factor/codes/                                    302 404 404 404 404
POST /admin/second-factor/codes/                                    302 404 404 404 404
GET  /admin/auth/user/{user}/second-factor/                         302 403 403 403 403
POST /admin/auth/user/{user}/second-factor/                         302 403 403 403 403
GET  /admin/session/                                                302 200 200 200 200
POST /admin/session/                                                302 200 200 200 200
GET  /admin/password_change/                                        302 200 200 200 200
POST /admin/password_change/                                        302 200 200 200 200
GET  /admin/password_change/done/                                   302 200 200 200 200
POST /admin/password_change/done/                                   302 405 405 405 405
GET  /admin/jsi18n/                                                 302 200 200 200 200
POST /admin/jsi18n/                                                 302 405 405 405 405
GET  /admin/autocomplete/                                           302 403 403 403 403
POST /admin/autocomplete/                                           302 405 405 405 405
GET  /admin/r/{patient type}/{patient}/                             302 404 404 404 404
POST /admin/r/{patient type}/{patient}/                             302 404 404 404 404
GET  /admin/nowhere/                                                302 404 404 404 404
POST /admin/nowhere/                                                302 404 404 404 404
GET  /admin/scheduling/                                             302 404 200 200 200
POST /admin/scheduling/                                             302 404 200 200 200
GET  /admin/aftercare/                                              302 404 200 200 200
GET  /admin/notifications/                                          302 404 200 200 200
GET  /admin/auth/                                                   302 404 404 404 200
GET  /admin/auth/user/{user}/password/                              302 403 403 403 403
POST /admin/auth/user/{user}/password/                              302 403 403 403 403
GET  /admin/inbox/                                                  302 403 200 200 200
POST /admin/inbox/                                                  302 405 405 405 405
GET  /admin/inbox/{patient}/                                        302 403 200 200 200
POST /admin/inbox/{patient}/                                        302 405 405 405 405
GET  /admin/inbox/{patient}/answer/                                 302 405 405 405 405
POST /admin/inbox/{patient}/answer/                                 302 403 302 302 302
GET  /admin/inbox/{patient}/count/                                  302 405 405 405 405
POST /admin/inbox/{patient}/count/                                  302 403 200 200 200
GET  /admin/inbox/{patient}/read/                                   302 405 405 405 405
POST /admin/inbox/{patient}/read/                                   302 403 302 302 302
GET  /admin/inbox/{patient}/raise/                                  302 405 405 405 405
POST /admin/inbox/{patient}/raise/                                  302 403 302 302 302
GET  /admin/inbox/unknown/{unknown reply}/                          302 403 200 200 200
POST /admin/inbox/unknown/{unknown reply}/                          302 405 405 405 405
GET  /admin/inbox/unknown/{unknown reply}/read/                     302 405 405 405 405
POST /admin/inbox/unknown/{unknown reply}/read/                     302 403 302 302 302
GET  /admin/inbox/concern/{concern}/acknowledge/                    302 405 405 405 405
POST /admin/inbox/concern/{concern}/acknowledge/                    302 403 302 302 302
GET  /admin/inbox/concern/{concern}/resolve/                        302 405 405 405 405
POST /admin/inbox/concern/{concern}/resolve/                        302 403 403 302 302
GET  /admin/calls/                                                  302 403 200 403 200
POST /admin/calls/                                                  302 405 405 405 405
GET  /admin/maintenance-due/                                        302 403 403 403 200
GET  /admin/maintenance-due/send/                                   302 403 403 403 200
POST /admin/maintenance-due/send/                                   302 403 403 403 200
GET  /admin/maintenance-due/automatic/                              302 403 403 403 200
POST /admin/maintenance-due/automatic/                              302 403 403 403 200
POST /admin/maintenance-due/                                        302 405 405 405 405
GET  /admin/maintenance-due/views/                                  302 403 403 403 200
POST /admin/maintenance-due/views/                                  302 403 403 403 302
GET  /admin/maintenance-due/views/{saved view}/                     302 405 405 405 405
POST /admin/maintenance-due/views/{saved view}/                     302 403 403 403 302
GET  /admin/maintenance-due/outcomes/                               302 403 403 403 200
POST /admin/maintenance-due/outcomes/                               302 405 405 405 405
GET  /admin/maintenance-due/snooze/                                 302 403 403 403 200
POST /admin/maintenance-due/snooze/                                 302 403 403 403 302
GET  /admin/maintenance-due/patients/{patient}/call/                302 403 200 403 200
POST /admin/maintenance-due/patients/{patient}/call/                302 403 302 403 302
GET  /admin/maintenance-due/patients/{patient}/resume/              302 405 405 405 405
POST /admin/maintenance-due/patients/{patient}/resume/              302 403 302 403 302
GET  /admin/maintenance-due/patients/{patient}/take-back/           302 405 405 405 405
POST /admin/maintenance-due/patients/{patient}/take-back/           302 403 302 403 302
GET  /admin/maintenance-due/export/                                 302 405 405 405 405
POST /admin/maintenance-due/export/                                 302 403 403 403 200
GET  /admin/trail/                                                  302 403 403 403 200
POST /admin/trail/                                                  302 405 405 405 405
GET  /admin/trail/export/                                           302 405 405 405 405
POST /admin/trail/export/                                           302 403 403 403 200
GET  /admin/scheduling/appointment/add/patients/                    302 403 200 200 200
POST /admin/scheduling/appointment/add/patients/                    302 405 405 405 405
GET  /admin/board/                                                  302 403 200 200 200
POST /admin/board/                                                  302 405 405 405 405
GET  /admin/scheduling/appointment/{appointment}/card/              302 403 200 200 200
POST /admin/scheduling/appointment/{appointment}/card/              302 405 405 405 405
GET  /admin/scheduling/appointment/{appointment}/step/arrive/       302 403 200 200 200
POST /admin/scheduling/appointment/{appointment}/step/arrive/       302 403 302 302 302
GET  /admin/scheduling/appointment/{appointment}/step/complete/     302 403 200 200 200
POST /admin/scheduling/appointment/{appointment}/step/complete/     302 403 302 302 302
GET  /admin/scheduling/appointment/{appointment}/step/cancel/       302 403 200 200 200
POST /admin/scheduling/appointment/{appointment}/step/cancel/       302 403 302 302 302
GET  /admin/scheduling/appointment/{appointment}/step/no-show/      302 403 200 200 200
POST /admin/scheduling/appointment/{appointment}/step/no-show/      302 403 302 302 302
GET  /admin/scheduling/appointment/{completed}/step/reopen/         302 403 200 200 200
POST /admin/scheduling/appointment/{completed}/step/reopen/         302 403 302 302 302
GET  /admin/scheduling/appointment/{arrived}/step/not-here/         302 403 200 200 200
POST /admin/scheduling/appointment/{arrived}/step/not-here/         302 403 302 302 302
GET  /admin/scheduling/appointment/{appointment}/step/fly/          302 404 404 404 404
GET  /admin/scheduling/appointment/{appointment}/step/complete/preview/ 302 403 200 200 200
POST /admin/scheduling/appointment/{appointment}/step/complete/preview/ 302 405 405 405 405
GET  /admin/scheduling/appointment/{completed}/next/                302 403 200 200 200
POST /admin/scheduling/appointment/{completed}/next/                302 405 405 405 405
GET  /admin/scheduling/appointment/{appointment}/confirm/            302 405 405 405 405
POST /admin/scheduling/appointment/{appointment}/confirm/            302 403 302 302 302
GET  /admin/scheduling/waitlistentry/{waitlist entry}/withdraw/      302 405 405 405 405
POST /admin/scheduling/waitlistentry/{waitlist entry}/withdraw/      302 403 302 302 302
GET  /admin/scheduling/waitlistentry/offer/{offer}/accept/           302 405 405 405 405
POST /admin/scheduling/waitlistentry/offer/{offer}/accept/           302 403 302 302 302
GET  /admin/scheduling/appointment/{appointment}/move/              302 403 200 200 200
POST /admin/scheduling/appointment/{appointment}/move/              302 403 302 302 302
GET  /admin/scheduling/appointment/move/{move}/undo/                302 405 405 405 405
POST /admin/scheduling/appointment/move/{move}/undo/                302 403 302 302 302
GET  /admin/aftercare/caremessage/{reply line}/read/                302 405 405 405 405
POST /admin/aftercare/caremessage/{reply line}/read/                302 403 302 302 302
GET  /admin/aftercare/caremessage/{wrong line}/deal/                302 405 405 405 405
POST /admin/aftercare/caremessage/{wrong line}/deal/                302 403 302 302 302
GET  /admin/aftercare/plan/{aftercare.plan}/stop/                   302 403 403 200 403
POST /admin/aftercare/plan/{aftercare.plan}/stop/                   302 403 403 302 403
GET  /admin/aftercare/plan/{aftercare.plan}/start-again/            302 405 405 405 405
POST /admin/aftercare/plan/{aftercare.plan}/start-again/            302 403 403 302 403
GET  /admin/aftercare/protocol/{aftercare.protocol}/move-over/      302 403 403 200 403
POST /admin/aftercare/protocol/{aftercare.protocol}/move-over/      302 403 403 302 403
GET  /admin/aftercare/protocol/{aftercare.protocol}/preview/        302 403 403 200 200
POST /admin/aftercare/protocol/{aftercare.protocol}/preview/        302 405 405 405 405
GET  /admin/aftercare/protocol/{aftercare.protocol}/preview/email/education-day-1-1/  302 403 403 200 200
POST /admin/aftercare/protocol/{aftercare.protocol}/preview/email/education-day-1-1/  302 405 405 405 405
GET  /admin/scheduling/patient/{patient}/export/                    302 403 403 403 200
POST /admin/scheduling/patient/{patient}/export/                    302 403 403 403 200
GET  /admin/scheduling/patient/{never booked}/erase/      302 403 403 403 200
POST /admin/scheduling/patient/{never booked}/erase/      302 403 403 403 302
GET  /admin/scheduling/patient/import/                              302 403 403 403 200
POST /admin/scheduling/patient/import/                              302 403 403 403 200
GET  /admin/scheduling/patient/import/template.csv                  302 403 403 403 200
POST /admin/scheduling/patient/import/template.csv                  302 403 403 403 200
GET  /admin/scheduling/patient/import/{file}/                       302 403 403 403 200
POST /admin/scheduling/patient/import/{file}/                       302 403 403 403 302
GET  /admin/scheduling/practitioner/{practitioner}/calendar/        302 403 403 403 200
POST /admin/scheduling/practitioner/{practitioner}/calendar/        302 403 403 403 200
GET  /admin/my-calendar/                                            302 404 404 200 404
POST /admin/my-calendar/                                            302 404 404 200 404
GET  /calendar/{token}.ics                                          200 200 200 200 200
POST /calendar/{token}.ics                                          405 405 405 405 405
GET  /calendar/unknown.ics                                          404 404 404 404 404
GET  /emails/{ending}/                                              200 200 200 200 200
POST /emails/{ending}/                                              200 200 200 200 200
GET  /emails/unknown/                                               404 404 404 404 404
POST /emails/unknown/                                               404 404 404 404 404
POST /admin/scheduling/course/{course}/change/                      302 403 403 302 403
GET  /admin/aftercare/protocol/{aftercare.protocol}/draft/          302 405 405 405 405
POST /admin/aftercare/protocol/{aftercare.protocol}/draft/          302 403 403 302 403
GET  /admin/aftercare/protocol/{draft}/publish/                     302 403 403 200 403
POST /admin/aftercare/protocol/{draft}/publish/                     302 403 403 302 403
GET  /admin/aftercare/protocol/{own protocol}/retire/               302 403 403 200 403
POST /admin/aftercare/protocol/{own protocol}/retire/               302 403 403 302 403
GET  /admin/aftercare/protocol/{draft}/discard/                     302 403 403 200 403
POST /admin/aftercare/protocol/{draft}/discard/                     302 403 403 302 403
GET  /admin/aftercare/protocol/{draft}/step/                        302 403 403 200 403
POST /admin/aftercare/protocol/{draft}/step/                        302 403 403 302 403
GET  /admin/aftercare/protocol/{draft}/step/{draft step}/                   302 403 403 200 200
POST /admin/aftercare/protocol/{draft}/step/{draft step}/                   302 403 403 302 403
GET  /admin/aftercare/protocol/{draft}/step/{draft step}/remove/            302 403 403 200 403
POST /admin/aftercare/protocol/{draft}/step/{draft step}/remove/            302 403 403 302 403
GET  /admin/aftercare/protocol/{draft}/step/{draft step}/shift/             302 405 405 405 405
POST /admin/aftercare/protocol/{draft}/step/{draft step}/shift/             302 403 403 302 403
POST /admin/notifications/alarm/{alarm}/change/                     302 403 403 403 302
GET  /favicon.ico                                                   302 302 302 302 302
POST /favicon.ico                                                   302 302 302 302 302
GET  /healthz                                                       200 200 200 200 200
POST /healthz                                                       405 405 405 405 405
GET  /readyz                                                        200 200 200 200 200
POST /readyz                                                        405 405 405 405 405
GET  /metrics                                                       404 404 404 404 404
POST /metrics                                                       405 405 405 405 405
GET  /webhooks/twilio/status/{message}/                             405 405 405 405 405
POST /webhooks/twilio/status/{message}/                             403 403 403 403 403
GET  /webhooks/twilio/inbound/                                      405 405 405 405 405
POST /webhooks/twilio/inbound/                                      403 403 403 403 403
GET  /webhooks/twilio/inbound                                       405 405 405 405 405
POST /webhooks/twilio/inbound                                       403 403 403 403 403
GET  /demo/phone/                                                   200 200 200 200 200
POST /demo/phone/                                                   405 405 405 405 405
GET  /demo/phone/now/                                               200 200 200 200 200
POST /demo/phone/now/                                               405 405 405 405 405
GET  /demo/phone/skip/                                              405 405 405 405 405
POST /demo/phone/skip/                                              400 400 400 400 400
GET  /demo/phone/write/                                             405 405 405 405 405
POST /demo/phone/write/                                             400 400 400 400 400
GET  /demo/phone/mail/{message}/                                    404 404 404 404 404
POST /demo/phone/mail/{message}/                                    405 405 405 405 405
"""

STEP = {"slug": "hello", "kind": "education", "channel": "email", "timing": "elapsed", "first_after_hours": "48"} | {
    "times": "1",
    "valid_hours": "12",
}

# What is posted: enough for a change, so that whoever may do it has done it. Nothing where it isn't here.
POSTED = {
    "/admin/aftercare/protocol/{aftercare.protocol}/draft/": {},
    "/admin/aftercare/protocol/{draft}/publish/": {},
    "/admin/aftercare/protocol/{own protocol}/retire/": {},
    "/admin/aftercare/protocol/{draft}/discard/": {},
    "/admin/aftercare/protocol/{draft}/step/": STEP,
    "/admin/aftercare/protocol/{draft}/step/{draft step}/": STEP | {"seen": "{draft step seen}"},
    "/admin/aftercare/protocol/{draft}/step/{draft step}/remove/": {},
    "/admin/aftercare/protocol/{draft}/step/{draft step}/shift/": {"later": ""},
    "/admin/maintenance-due/snooze/": {"patient": "{patient}", "until": "2026-12-01", "confirmed": "yes"},
    "/admin/maintenance-due/patients/{patient}/call/": {"outcome": "agreed", "session": "{completed}", "seen": "999999"},
    "/admin/maintenance-due/patients/{patient}/resume/": {"session": "{completed}"},
    "/admin/maintenance-due/patients/{patient}/take-back/": {"call": "{call}"},
    "/admin/maintenance-due/export/": {"format": "csv", "query": "bucket=all"},
    "/admin/scheduling/appointment/{appointment}/confirm/": {},
    "/admin/scheduling/waitlistentry/{waitlist entry}/withdraw/": {},
    "/admin/scheduling/waitlistentry/offer/{offer}/accept/": {},
    "/admin/scheduling/appointment/{appointment}/step/arrive/": {},
    "/admin/scheduling/appointment/{appointment}/step/complete/": {"completed_at": "2026-11-03T09:50"},
    "/admin/scheduling/appointment/{appointment}/step/cancel/": {"reason": "she is ill"},
    "/admin/scheduling/appointment/{appointment}/step/no-show/": {},
    "/admin/scheduling/appointment/{completed}/step/reopen/": {},
    "/admin/scheduling/appointment/{arrived}/step/not-here/": {},
    "/admin/scheduling/appointment/{appointment}/move/": {"starts_at": "2026-11-10T15:00"},
    "/admin/scheduling/appointment/move/{move}/undo/": {},
    "/admin/aftercare/caremessage/{reply line}/read/": {},
    "/admin/maintenance-due/views/": {"name": "Overdue", "query": "bucket=maintenance_overdue"},
    "/admin/maintenance-due/views/{saved view}/": {"name": "Long gone"},
    "/admin/inbox/{patient}/answer/": {"words": "Please come in.", "heard": "999999"},
    "/admin/inbox/{patient}/read/": {"seen": "999999"},
    "/admin/inbox/{patient}/raise/": {"said": "It bleeds.", "severity": "urgent"},
    "/admin/inbox/unknown/{unknown reply}/read/": {"seen": "999999"},
    "/admin/inbox/concern/{concern}/acknowledge/": {"heard": "999999"},
    "/admin/inbox/concern/{concern}/resolve/": {"note": "She is well.", "heard": "999999"},
    "/admin/aftercare/caremessage/{wrong line}/deal/": {},
    "/admin/aftercare/plan/{aftercare.plan}/stop/": {"reason": "allergic to the serum"},
    "/admin/scheduling/patient/{never booked}/erase/": {"reason": "asked for it", "name": "Nia New"},
    "/admin/scheduling/patient/import/{file}/": {"import": "Import 1 patient"},
    "/admin/scheduling/practitioner/{practitioner}/calendar/": {"make": ""},
    "/admin/my-calendar/": {"make": ""},
    "/admin/scheduling/course/{course}/change/": {"minimum_interval_days": "35"},
    "/admin/notifications/alarm/{alarm}/change/": {"_clear": ""},
    "/emails/{ending}/": {"List-Unsubscribe": "One-Click"},
}

# A mail program's button posts there without a session: the key is in the address.
KEYED = {"/emails/{ending}/", "/emails/unknown/"}

# So do those for a provider, which signs them instead.
WITHOUT_CSRF = {"/webhooks/twilio/status/{message}/", "/webhooks/twilio/inbound/", "/webhooks/twilio/inbound", *KEYED}


Row = tuple[str, str, tuple[int, ...]]


def rows() -> list[Row]:
    """(method, address, what it answers to each of PEOPLE), the models' own pages with them."""
    return [*pages(), *(row for model, rights in MODELS.items() for row in _pages_of(model, rights))]


def pages() -> list[Row]:
    """Those of PAGES. A name in braces may have a space in it."""
    lines = (line.rsplit(maxsplit=len(PEOPLE)) for line in PAGES.strip().splitlines())
    return [(head.split()[0], head.split(maxsplit=1)[1], tuple(map(int, codes))) for head, *codes in lines]


def _pages_of(model: str, rights: tuple[str, ...]) -> list[Row]:
    listed = f"/admin/{model.replace('.', '/')}/"
    one = f"{listed}{{{model}}}/"
    may = ("", *rights)

    def answers(right: str, yes: int = 200) -> tuple[int, ...]:
        return (302, *(yes if right in letters else 403 for letters in may))

    return [
        *((method, listed, answers("v")) for method in ("GET", "POST")),
        *((method, f"{listed}add/", answers("a")) for method in ("GET", "POST")),
        *((method, f"{one}history/", answers("v")) for method in ("GET", "POST")),
        *((method, f"{one}delete/", answers("d")) for method in ("GET", "POST")),
        *((method, one, (302,) * len(PEOPLE)) for method in ("GET", "POST")),
        ("GET", f"{one}change/", answers("v")),
        ("POST", f"{one}change/", answers("c")),  # nothing was filled in
    ]
