"""Who is asked back, what was done about it, and where everybody stands in the report."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduling.domain.cadence import RecallKind, Stage
from scheduling.domain.outcomes import Outcome, Way
from scheduling.models.appointments import Appointment
from scheduling.models.courses import Course
from scheduling.models.patients import REACHED_BY, Patient
from scheduling.models.places import Location
from scheduling.models.practitioners import Practitioner
from scheduling.models.treatments import Treatment
from scheduling.querysets import RecallActionQuerySet

# With rights of this file: for whom the report is, and whom the calls.
MAY_SEE_REPORT = "scheduling.view_maintenance_due"
MAY_CALL = ("scheduling.view_patient", "scheduling.log_calls")

RECALL_KINDS = [(RecallKind.NEXT_SESSION.value, _("next session")), (RecallKind.MAINTENANCE.value, _("maintenance"))]

STAGES = [
    (Stage.OPEN.value, _("open")),
    (Stage.UNREACHABLE.value, _("unreachable")),
    (Stage.BOOKED.value, _("booked")),
    (Stage.SNOOZED.value, _("snoozed")),
    (Stage.DECLINED.value, _("declined")),
]

WAYS = [
    (Way.CALL.value, _("call")),
    (Way.SMS.value, _("text message")),
    (Way.EMAIL.value, _("email")),
    (Way.SNOOZE.value, _("snooze")),
]

OUTCOMES = [
    (Outcome.WAITING.value, _("to be sent")),
    (Outcome.TOLD.value, _("sent")),
    (Outcome.NOT_TOLD.value, _("not sent")),
    (Outcome.AGREED.value, _("agreed to come")),
    (Outcome.CALL_LATER.value, _("call later")),
    (Outcome.NO_ANSWER.value, _("no answer")),
    (Outcome.DECLINED.value, _("declined")),
    (Outcome.SNOOZED.value, _("snoozed")),
    (Outcome.RESUMED.value, _("on the list again")),
]


class Recall(models.Model):
    """What a fulfilled session asks for, and when: one each, and the last of a treatment is open. Services derive it from the
    appointments in the transaction that changes them; location and practitioner are the session's."""

    patient = models.ForeignKey(Patient, models.PROTECT, verbose_name=_("patient"))
    course = models.ForeignKey(Course, models.CASCADE, verbose_name=_("course"))
    treatment = models.ForeignKey(Treatment, models.PROTECT, db_index=False, verbose_name=_("treatment"))
    location = models.ForeignKey(Location, models.PROTECT, db_index=False, verbose_name=_("location"))
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, db_index=False, verbose_name=_("practitioner"))
    last_session = models.OneToOneField(Appointment, models.CASCADE, verbose_name=_("last session"))
    kind = models.CharField(_("for"), max_length=20, choices=RECALL_KINDS)
    last_session_on = models.DateField(_("last session"))
    due_on = models.DateField(_("due"))
    came_back_on = models.DateField(_("came back"), null=True, blank=True, help_text=_("The next session of that treatment."))

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("recall")
        verbose_name_plural = _("recalls")
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "treatment"], condition=Q(came_back_on=None), name="one_open_recall_per_patient_and_treatment"
            ),
        ]
        indexes = [models.Index(fields=["due_on"], name="recalls_by_due_date")]
        permissions = [
            ("view_maintenance_due", "Can view the maintenance-due report"),
            ("log_calls", "Can log calls about recalls"),
            ("act_on_recalls", "Can send recalls, and snooze many at once"),
            ("export_maintenance_due", "Can export the maintenance-due report"),
            ("export_phone_numbers", "Can export it with phone numbers and email addresses"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} due {self.due_on}, patient {self.patient_id}"


class RecallAction(models.Model):
    """What was done about a recall; rows are added, and change only while they wait to be sent or to be answered. A call that was logged
    by mistake stays to be read, with who took it back, and counts for nothing.

    One that waits to be sent has in `at` when it is to go; once it was sent, when that was.

    It hangs on the session after which she is asked back, so a completion that is taken back and made again loses nothing.
    """

    session = models.ForeignKey(Appointment, models.PROTECT, related_name="recall_actions", verbose_name=_("after the session"))
    patient = models.ForeignKey(Patient, models.PROTECT, verbose_name=_("patient"))
    way = models.CharField(_("way"), max_length=10, choices=WAYS)
    outcome = models.CharField(_("outcome"), max_length=20, choices=OUTCOMES)
    reason = models.CharField(_("why"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True, db_default="")
    hidden_until = models.DateField(_("off the list until"), null=True, blank=True, help_text=_("The last day of it."))
    step = models.PositiveSmallIntegerField(_("automatic step"), null=True, blank=True)
    wording = models.CharField(_("wording"), max_length=20, blank=True)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    taken_back_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("taken back by")
    )

    objects = RecallActionQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("recall made")
        verbose_name_plural = _("recalls made")
        constraints = [
            models.UniqueConstraint(fields=["session", "step"], name="one_recall_per_session_and_step"),
            models.UniqueConstraint(fields=["session"], condition=Q(outcome=Outcome.WAITING.value), name="one_recall_waiting_per_session"),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.DECLINED.value) | ~Q(reason=""),
                name="declining_has_a_reason",
                violation_error_message=_("Say why she declined: it decides whether she is asked again."),
            ),
            models.CheckConstraint(condition=Q(taken_back_at=None) | Q(way=Way.CALL.value), name="only_a_call_is_taken_back"),
        ]
        indexes = [
            models.Index(fields=["at"], condition=Q(outcome=Outcome.WAITING.value), name="recalls_to_send"),
            models.Index(fields=["at"], name="recall_actions_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_way_display()}: {self.get_outcome_display()}, patient {self.patient_id}"


WENT_BY = Q(went_by__isnull=False)
NARROWED = ("location", "treatment", "practitioner")


class Standing(models.Model):
    """Where a patient stands in the report from one day to before another, by one of her open recalls (`scheduling.domain.recalls`).

    A patient with a fulfilled session has, for each day, exactly one, and none once she was erased. The report reads this table alone, so
    names are copied here.
    """

    pk = models.CompositePrimaryKey("patient", "stands_from")
    patient = models.ForeignKey(Patient, models.CASCADE, db_index=False, verbose_name=_("patient"))
    stands_from = models.DateField()
    stands_until = models.DateField()  # the first day no more
    recall = models.ForeignKey(Recall, models.CASCADE, verbose_name=_("recall"))
    kind = models.CharField(_("for"), max_length=20, choices=RECALL_KINDS)
    stage = models.CharField(_("stage"), max_length=20, choices=STAGES)
    treatment = models.ForeignKey(Treatment, models.PROTECT, db_index=False, verbose_name=_("treatment"))
    location = models.ForeignKey(Location, models.PROTECT, db_index=False, verbose_name=_("location"))
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, db_index=False, verbose_name=_("practitioner"))
    last_session_on = models.DateField(_("last session"))
    due_on = models.DateField(_("due"))
    booked_on = models.DateField(_("booked for"), null=True)
    went_by = models.DateField(null=True)  # was booked for that day, and nobody has completed it: seen from before it, a booking
    hidden_until = models.DateField(_("off the list until"), null=True)
    reached_by = models.CharField(_("reachable by"), max_length=20, blank=True, choices=REACHED_BY)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_outcome = models.CharField(_("last outcome"), max_length=20, blank=True, choices=OUTCOMES)
    sort_name = models.CharField(max_length=170)  # last name first, in small letters and without accents

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [
            models.CheckConstraint(condition=Q(stands_from__lt=F("stands_until")), name="standing_has_a_span"),
        ]
        indexes = [
            # One for each order and what leads in it. At their ends stands what else the report asks for: a row that isn't wanted is
            # passed over without being read.
            models.Index(fields=["stage", "kind", "due_on", "patient", "stands_until"], name="standings_by_due_date"),
            models.Index(
                fields=["stage", "kind", "last_session_on", "patient", "stands_until", "treatment"], name="standings_by_last_session"
            ),
            models.Index(fields=["stage", "kind", "sort_name", "patient", "stands_until", "due_on", *NARROWED], name="standings_by_name"),
            models.Index(
                fields=["location", "stage", "kind", "due_on", "patient", "stands_until", "treatment"], name="standings_by_location"
            ),
            models.Index(
                fields=["location", "stage", "kind", "last_session_on", "patient", "stands_until", "treatment"],
                name="standings_by_location_and_day",
            ),
            models.Index(
                fields=["practitioner", "stage", "kind", "due_on", "patient", "stands_until", "location", "treatment"],
                name="standings_by_practitioner",
            ),
            models.Index(
                fields=["practitioner", "stage", "kind", "last_session_on", "patient", "stands_until", "location", "treatment"],
                name="standings_by_practitioner_day",
            ),
            models.Index(fields=["treatment", "stage", "kind", "due_on", "patient", "stands_until"], name="standings_by_treatment"),
            # For a later day: who is booked before it, which seen from today is booked still.
            models.Index(
                fields=["kind", "due_on", "patient", "went_by", "location"], condition=WENT_BY, name="standings_past_one_by_due_date"
            ),
            models.Index(
                fields=["kind", "last_session_on", "patient", "went_by", "location", "treatment"],
                condition=WENT_BY,
                name="standings_past_one_by_session",
            ),
            models.Index(
                fields=["kind", "sort_name", "patient", "went_by", "due_on", *NARROWED],
                condition=WENT_BY,
                name="standings_past_one_by_name",
            ),
            models.Index(
                fields=["treatment", "kind", "due_on", "patient", "went_by", "location"],
                condition=WENT_BY,
                name="standings_past_one_treated",
            ),
            models.Index(fields=["location", "kind", "went_by", "treatment"], condition=WENT_BY, name="standings_past_one_there"),
            models.Index(
                fields=["practitioner", "kind", "went_by", "location", "treatment"],
                condition=WENT_BY,
                name="standings_past_one_of_staff",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_stage_display()}, patient {self.patient_id}"


class RecallPolicy(models.Model):
    """When recalls go out by themselves, as the clinic's manager wants it. There is one."""

    is_on = models.BooleanField(_("send recalls automatically"), default=False)
    days_before = models.PositiveSmallIntegerField(
        _("first, days before it is due"), default=14, validators=[MinValueValidator(7), MaxValueValidator(30)]
    )
    weeks_after = models.PositiveSmallIntegerField(
        _("last, weeks after it was due"), default=4, validators=[MinValueValidator(1), MaxValueValidator(26)]
    )
    most = models.PositiveSmallIntegerField(  # what patients agreed to
        _("at most"), default=3, validators=[MinValueValidator(1), MaxValueValidator(3)], help_text=_("Recalls for one session due.")
    )
    hour = models.PositiveSmallIntegerField(
        _("hour of the patient's day"), default=10, validators=[MinValueValidator(8), MaxValueValidator(19)]
    )
    sends_digest = models.BooleanField(_("email managers the week's numbers on Mondays"), default=True)
    since = models.DateField(_("since"), null=True, blank=True, help_text=_("Steps that were due before are not made up for."))

    class Meta:
        verbose_name = _("recall policy")
        verbose_name_plural = _("recall policy")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_recall_policy")]

    def __str__(self) -> str:
        return str(_("When recalls go out"))
