"""What Django, its libraries and `clinic` itself hold: the other half of aftercare.services.privacy.table, by the same test.

Model → what of a patient is in it, and what becomes of that.
"""

HELD = {
    "clinic.entry": "old and new values of her rows, which an erasure blanks; who did what stays",
    "clinic.heartbeat": "processes by their names",
    "clinic.tally": "how many, and of nobody",
    "admin.logentry": "patients by number; why somebody stopped a plan, which an erasure blanks",
    "sessions.session": "what a page is about to say, until it is said, and whom somebody was moving; over with the session",
    "auth.user": "colleagues",
    "auth.group": "colleagues' roles",
    "auth.permission": "what there is to be allowed",
    "contenttypes.contenttype": "the models' names",
    "otp_totp.totpdevice": "colleagues' phones",
    "otp_static.staticdevice": "colleagues' recovery codes",
    "otp_static.statictoken": "colleagues' recovery codes",
    "clinic.phone": "colleagues' phones",
    "clinic.recoverycodes": "colleagues' recovery codes",
    "axes.accessattempt": "sign-ins that failed, by name and address",
    "axes.accessattemptexpiration": "sign-ins that failed",
    "axes.accessfailurelog": "sign-ins that failed",
    "axes.accesslog": "sign-ins",
}
