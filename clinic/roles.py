"""Who may do what. The first migration makes the groups from this; a test holds them to it."""

VIEW, ADD, CHANGE = "view", "add", "change"

# Model → what everybody on the staff may do. Nobody deletes: appointments are cancelled, treatments taken out of use.
STAFF: dict[str, tuple[str, ...]] = {
    "scheduling.patient": (VIEW, ADD, CHANGE),
    "scheduling.appointment": (VIEW, ADD, CHANGE),
    "scheduling.course": (VIEW,),
    "scheduling.treatment": (VIEW,),
    "scheduling.practitioner": (VIEW,),
    "scheduling.location": (VIEW,),
    "scheduling.room": (VIEW,),
    "scheduling.product": (VIEW,),
    "scheduling.waitlistentry": (VIEW, ADD, CHANGE),
    "aftercare.caremessage": (VIEW, "read_replies"),
    "aftercare.consent": (VIEW,),
    "aftercare.concern": (VIEW, ADD, "acknowledge_concern"),  # whoever takes the call raises it, and whoever sees it takes it on
    "aftercare.oncallcontact": (VIEW,),
    "notifications.reply": (VIEW,),
}
AFTERCARE: dict[str, tuple[str, ...]] = {"aftercare.plan": (VIEW,), "aftercare.protocol": (VIEW,), "aftercare.protocolstep": (VIEW,)}

# What came of a concern is a clinical judgment.
CLOSES_CONCERNS = (VIEW, ADD, "acknowledge_concern", "resolve_concern")

# The report as a file; its phone numbers and email addresses can be taken from a manager, or from all of them.
EXPORTS = ("export_maintenance_due", "export_phone_numbers")

ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    # The desk makes the calls, from a list of whom to call, and takes those of patients who call back. The report itself, with what it is
    # worth, and what goes out to many at once are the manager's.
    "Front desk": STAFF | {"scheduling.recall": ("log_calls",)},
    "Clinician": STAFF
    | AFTERCARE
    | {
        "scheduling.course": (VIEW, CHANGE),  # the interval between sessions, 28 to 42 days (F19)
        # What a patient says of herself, anybody writes down; of her risk (F14) judges who has looked at her skin.
        "scheduling.patient": (VIEW, ADD, CHANGE, "assess_skin"),
        "aftercare.concern": CLOSES_CONCERNS,
        "aftercare.protocol": (VIEW, ADD, CHANGE),  # publishing it, too
        "aftercare.plan": (VIEW, "stop_plan", "move_plans_over"),
    },
    "Manager": STAFF
    | AFTERCARE
    | {
        "scheduling.recall": (VIEW, "view_maintenance_due", "log_calls", "act_on_recalls", *EXPORTS),
        "scheduling.reportexport": (VIEW,),
        "scheduling.recallaction": (VIEW,),
        "scheduling.recallpolicy": (VIEW, CHANGE),
        "scheduling.patient": (VIEW, ADD, CHANGE, "import_patients"),
        "scheduling.treatment": (VIEW, ADD, CHANGE),
        "scheduling.product": (VIEW, ADD, CHANGE),
        "scheduling.calendarfeed": (VIEW, ADD, CHANGE),  # changing is revoking
        "scheduling.practitioner": (VIEW, ADD, CHANGE),
        "scheduling.workinghours": (VIEW, ADD, CHANGE, "delete"),
        "scheduling.absence": (VIEW, ADD, CHANGE, "delete"),
        "scheduling.location": (VIEW, ADD, CHANGE),
        "scheduling.openinghours": (VIEW, ADD, CHANGE, "delete"),
        "scheduling.closure": (VIEW, ADD, CHANGE, "delete"),
        "scheduling.room": (VIEW, ADD, CHANGE),
        "aftercare.caremessage": (VIEW, "read_replies", "view_addresses"),
        "aftercare.concern": CLOSES_CONCERNS,
        "aftercare.consent": (VIEW, "export_patient", "erase_patient"),
        "aftercare.oncallcontact": (VIEW, ADD, CHANGE),
        "notifications.message": (VIEW,),
        "notifications.reply": (VIEW, "view_addresses"),
        "notifications.attempt": (VIEW,),
        "notifications.receipt": (VIEW,),
        "notifications.alarm": (VIEW, CHANGE),  # which is clearing it
        "clinic.entry": ("view_trail",),
        "auth.user": (VIEW,),  # who has a sign-in, and what for; making one is a superuser's
    },
}


def permissions_of(role: str) -> list[tuple[str, str]]:
    """(app label, codename) of everything that a group may do."""
    return [
        (label.split(".")[0], verb if "_" in verb else f"{verb}_{label.split('.')[1]}")
        for label, verbs in ROLES[role].items()
        for verb in verbs
    ]
