"""Which tables' changes PostgreSQL itself writes on the trail, whoever makes them: a service, one statement for thousands, or raw SQL.

A new table on the list needs its triggers: `clinic/migrations/0003_held_by_the_database.py` makes them from this.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trailed:
    """What is written of one table's rows.

    `patient` is the column that leads to the patient: patient_id, id, or appointment_id. Of `left_out` nothing is written: it follows from
    something else that is. Of `secret` only that it changed. A `link` is no object of its own: (the field's name on the object that
    `object` leads to, the column of what it is linked with).
    """

    table: str
    about: str
    object: str = "id"
    patient: str = ""
    left_out: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    link: tuple[str, str] = ("", "")

    @property
    def arguments(self) -> str:
        """Of the trigger's function, as SQL."""
        told = (self.about, self.object, self.patient, " ".join(self.left_out), " ".join(self.secret), *self.link)
        return ", ".join(f"'{one}'" for one in told)


TRAILED = (
    Trailed("scheduling_patient", "scheduling.patient", patient="id", left_out=("searchable", "reached_by")),
    Trailed("scheduling_appointment", "scheduling.appointment", patient="patient_id", left_out=("recovery", "revision", "status_at")),
    Trailed("scheduling_course", "scheduling.course", patient="patient_id"),
    Trailed("scheduling_waitlistentry", "scheduling.waitlistentry", patient="patient_id"),
    Trailed("scheduling_recallpolicy", "scheduling.recallpolicy"),
    Trailed("scheduling_treatment", "scheduling.treatment"),
    Trailed("scheduling_calendarfeed", "scheduling.calendarfeed", left_out=("last_read_at",), secret=("token_hash",)),
    Trailed("aftercare_consent", "aftercare.consent", patient="patient_id"),
    # When the next one is told: each step is written down beside the concern.
    Trailed("aftercare_concern", "aftercare.concern", patient="patient_id", left_out=("escalate_at", "remind_at")),
    Trailed("aftercare_plan", "aftercare.plan", patient="appointment_id"),
    Trailed("aftercare_protocol", "aftercare.protocol"),
    Trailed("aftercare_protocol_treatments", "aftercare.protocol", object="protocol_id", link=("treatments", "treatment_id")),
    Trailed("aftercare_protocolstep", "aftercare.protocolstep"),
    Trailed("aftercare_steptext", "aftercare.steptext"),
    Trailed("aftercare_oncallcontact", "aftercare.oncallcontact"),
    Trailed("auth_user", "auth.user", left_out=("last_login",), secret=("password",)),
    Trailed("auth_user_groups", "auth.user", object="user_id", link=("groups", "group_id")),
    Trailed("auth_user_user_permissions", "auth.user", object="user_id", link=("user_permissions", "permission_id")),
    Trailed("auth_group", "auth.group"),
    Trailed("auth_group_permissions", "auth.group", object="group_id", link=("permissions", "permission_id")),
)
TRIGGERS = ("on_the_trail", "changes_on_the_trail")
