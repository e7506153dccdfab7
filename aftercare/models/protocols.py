"""What patients are told after a session, as data that a clinician owns."""

from datetime import time, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from aftercare.domain import protocol as domain
from aftercare.domain.protocol import Kind
from aftercare.querysets import ProtocolQuerySet
from notifications.models.messages import CHANNELS
from scheduling.models import Treatment

KINDS = [
    (Kind.CONFIRMATION.value, _("confirmation")),
    (Kind.REMINDER.value, _("reminder")),
    (Kind.CANCELLATION.value, _("cancellation")),
    (Kind.DOSE.value, _("serum dose")),
    (Kind.EDUCATION.value, _("education")),
    (Kind.CHECK_IN.value, _("check-in")),
    (Kind.RESULTS.value, _("results")),
    (Kind.RECALL.value, _("recall")),
    (Kind.OFFER.value, _("offer of a time")),
    (Kind.REPLY.value, _("reply")),
]


class Protocol(models.Model):
    """One version of a protocol: a draft until it is published, and unchangeable from then on, which PostgreSQL holds (in the third
    migration). A change is a new version: plans under way keep theirs until somebody moves them over."""

    slug = models.SlugField(_("short name"))
    version = models.PositiveSmallIntegerField(_("version"))
    name = models.CharField(_("name"), max_length=100)
    treatments = models.ManyToManyField(
        Treatment, verbose_name=_("treatments"), blank=True, help_text=_("Without any, it is for every treatment that has none of its own.")
    )
    note = models.TextField(_("what is new in it"), blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("begun"), default=timezone.now)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("published by")
    )
    retired_at = models.DateTimeField(_("out of use"), null=True, blank=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("taken out of use by")
    )

    objects = ProtocolQuerySet.as_manager()

    class Meta:
        ordering = ["slug", "-version"]
        verbose_name = _("protocol")
        verbose_name_plural = _("protocols")
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="one_protocol_of_a_version"),
            models.UniqueConstraint(fields=["slug"], condition=Q(published_at=None), name="one_draft_per_protocol"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    def as_domain(self) -> domain.Protocol:
        was_read = "steps" in getattr(self, "_prefetched_objects_cache", {})
        steps = self.steps.all() if was_read else self.steps.prefetch_related("texts")
        return domain.Protocol(self.slug, self.name, tuple(step.as_domain() for step in steps))


class ProtocolStep(models.Model):
    """`aftercare.domain.protocol.Step` says what the times mean."""

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(_("position"))
    slug = models.SlugField(_("short name"))
    kind = models.CharField(_("kind"), max_length=20, choices=KINDS)
    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    facts = models.CharField(_("facts"), max_length=100, blank=True, help_text=_("The clinical facts that it rests on, such as F16."))
    first_after_hours = models.PositiveSmallIntegerField(_("first after … hours"))
    every_hours = models.PositiveSmallIntegerField(_("then every … hours"), null=True, blank=True)
    at = ArrayField(models.TimeField(), verbose_name=_("at these local times"), default=list, blank=True)
    times = models.PositiveSmallIntegerField(_("how many at most"), default=1, validators=[MinValueValidator(1)])
    until_hours = models.PositiveSmallIntegerField(
        _("none later than … hours"), null=True, blank=True, help_text=_("After the session's end. Left empty, the number decides.")
    )
    valid_minutes = models.PositiveIntegerField(
        _("worthless after … minutes"), validators=[MinValueValidator(1)], help_text=_("What couldn't be sent by then isn't sent at all.")
    )

    class Meta:
        ordering = ["position"]
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            models.UniqueConstraint(fields=["protocol", "slug"], name="one_step_of_a_name_per_protocol"),
            models.CheckConstraint(condition=Q(times__gte=1, valid_minutes__gte=1), name="step_sends_something_of_use"),
            models.CheckConstraint(
                condition=Q(times=1) | Q(every_hours__gte=1) | Q(at__len__gte=1), name="step_that_repeats_says_how_often"
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def as_domain(self) -> domain.Step:
        at: list[time] = self.at
        return domain.Step(
            slug=self.slug,
            kind=Kind(self.kind),
            channel=self.channel,
            first_after=timedelta(hours=self.first_after_hours),
            every=timedelta(hours=self.every_hours) if self.every_hours else None,
            at=tuple(at),
            times=self.times,
            until=timedelta(hours=self.until_hours) if self.until_hours is not None else None,
            valid_for=timedelta(minutes=self.valid_minutes),
            facts=self.facts,
            texts={text.language: domain.Text(text.sms, text.subject, text.email) for text in self.texts.all()},
        )


class StepText(models.Model):
    step = models.ForeignKey(ProtocolStep, models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=5, choices=settings.PATIENT_LANGUAGES)
    sms = models.TextField(_("text message"))
    subject = models.CharField(_("email's subject"), max_length=120)
    email = models.TextField(_("email"))

    class Meta:
        ordering = ["language"]
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = [models.UniqueConstraint(fields=["step", "language"], name="one_text_per_step_and_language")]

    def __str__(self) -> str:
        return self.get_language_display()
