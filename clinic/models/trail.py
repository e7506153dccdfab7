"""What was done, and what was looked at, by whom: a row each, in a table that nobody changes."""

from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _


class Moment(Func):
    """The clock's time now, and not the transaction's start: rows of one transaction follow each other."""

    function = "clock_timestamp"
    arity = 0
    output_field = models.DateTimeField()


class Action(models.TextChoices):
    """No choices of the field's: a new one is no migration."""

    ADDED = "added", _("added")
    CHANGED = "changed", _("changed")
    DELETED = "deleted", _("deleted")
    SAW = "saw", _("looked at")
    UNDID_MOVE = "undid_move", _("undid a move of")
    EXPORTED = "exported", _("exported")
    HANDED_OUT = "handed_out", _("handed out")
    ERASED = "erased", _("erased")
    SIGNED_IN = "signed_in", _("signed in")
    SIGNED_OUT = "signed_out", _("signed out")
    PASSWORD_GIVEN = "password_given", _("gave the right password, and no code yet")
    SIGN_IN_FAILED = "sign_in_failed", _("failed to sign in")
    LOCKED_OUT = "locked_out", _("locked out")
    SECOND_FACTOR_SET_UP = "second_factor_set_up", _("set up a second factor")
    SECOND_FACTOR_RESET = "second_factor_reset", _("reset a second factor")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("made new recovery codes")


USUAL = (Action.ADDED.value, Action.CHANGED.value, Action.SAW.value)


class Entry(models.Model):
    """Append-only, by trigger. It names what it is about by number, without a foreign key: nothing that is deleted takes its trail along.

    `changes` is {column: [before, after]}, as PostgreSQL writes them in JSON; [null, null] of what is secret, or was erased.
    """

    at = models.DateTimeField(_("when"), db_default=Moment())
    user_id = models.BigIntegerField(null=True)
    actor = models.CharField(_("who"), max_length=200, help_text=_("A sign-in's name, or that of a task or a command."))
    request_id = models.CharField(max_length=64, blank=True, db_default="")
    action = models.CharField(_("what"), max_length=40)
    about = models.CharField(_("about"), max_length=100, blank=True, db_default="", help_text=_("Such as scheduling.patient."))
    object_id = models.BigIntegerField(null=True)
    patient_id = models.BigIntegerField(null=True, help_text=_("Of whatever concerns one patient."))
    changes = models.JSONField(_("changes"), default=dict, db_default={})
    note = models.TextField(_("note"), blank=True, db_default="")

    class Meta:
        db_table = "clinic_trail"
        default_permissions = ()
        permissions = [("view_trail", _("Can see who did and who saw what"))]
        verbose_name = _("entry of the trail")
        verbose_name_plural = _("trail")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["at", "id"], name="trail_by_time"),
            models.Index(fields=["patient_id", "at", "id"], condition=models.Q(patient_id__isnull=False), name="trail_by_patient"),
            models.Index(fields=["about", "object_id", "at", "id"], condition=~models.Q(about=""), name="trail_by_object"),
            models.Index(fields=["user_id", "at", "id"], condition=models.Q(user_id__isnull=False), name="trail_by_person"),
            # The others are nearly everything, and found among whatever there is.
            models.Index(fields=["action", "at", "id"], condition=~models.Q(action__in=USUAL), name="trail_of_what_is_rare"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.about} {self.object_id or ''}".strip()
