import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("notifications", "0001_initial"),
        ("scheduling", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Protocol",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(verbose_name="short name")),
                ("version", models.PositiveSmallIntegerField(verbose_name="version")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published")),
                (
                    "treatments",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Without any, it is for every treatment that has none of its own.",
                        to="scheduling.treatment",
                        verbose_name="treatments",
                    ),
                ),
            ],
            options={
                "verbose_name": "protocol",
                "verbose_name_plural": "protocols",
                "ordering": ["slug", "-version"],
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("completed_at", models.DateTimeField(verbose_name="session completed")),
                ("stopped_at", models.DateTimeField(blank=True, null=True, verbose_name="stopped")),
                ("stop_reason", models.CharField(blank=True, max_length=200, verbose_name="why")),
                (
                    "appointment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.appointment", verbose_name="appointment"),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="scheduling.product", verbose_name="product"
                    ),
                ),
                (
                    "protocol",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="aftercare.protocol", verbose_name="protocol"),
                ),
            ],
            options={
                "verbose_name": "aftercare plan",
                "verbose_name_plural": "aftercare plans",
                "ordering": ["-completed_at"],
            },
        ),
        migrations.CreateModel(
            name="ProtocolStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                ("slug", models.SlugField(verbose_name="short name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("confirmation", "confirmation"),
                            ("reminder", "reminder"),
                            ("cancellation", "cancellation"),
                            ("dose", "serum dose"),
                            ("education", "education"),
                            ("check_in", "check-in"),
                            ("results", "results"),
                            ("recall", "recall"),
                            ("offer", "offer of a time"),
                            ("reply", "reply"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("channel", models.CharField(choices=[("sms", "text message"), ("email", "email")], max_length=10, verbose_name="channel")),
                (
                    "facts",
                    models.CharField(
                        blank=True, help_text="The clinical facts that it rests on, such as F16.", max_length=100, verbose_name="facts"
                    ),
                ),
                ("first_after_hours", models.PositiveSmallIntegerField(verbose_name="first after … hours")),
                ("every_hours", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="then every … hours")),
                (
                    "at",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TimeField(), blank=True, default=list, size=None, verbose_name="at these local times"
                    ),
                ),
                (
                    "times",
                    models.PositiveSmallIntegerField(
                        default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name="how many in all"
                    ),
                ),
                (
                    "valid_minutes",
                    models.PositiveIntegerField(
                        help_text="What couldn't be sent by then isn't sent at all.",
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="worthless after … minutes",
                    ),
                ),
                ("protocol", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="aftercare.protocol")),
            ],
            options={
                "verbose_name": "step",
                "verbose_name_plural": "steps",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="StepText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(choices=[("en", "English"), ("es", "Español")], max_length=5, verbose_name="language")),
                ("sms", models.TextField(verbose_name="text message")),
                ("subject", models.CharField(max_length=120, verbose_name="email's subject")),
                ("email", models.TextField(verbose_name="email")),
                ("step", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="texts", to="aftercare.protocolstep")),
            ],
            options={
                "verbose_name": "text",
                "verbose_name_plural": "texts",
                "ordering": ["language"],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(choices=[("care", "care"), ("recall", "recall")], max_length=10, verbose_name="purpose")),
                ("channel", models.CharField(choices=[("sms", "text message"), ("email", "email")], max_length=10, verbose_name="channel")),
                ("address", models.CharField(max_length=254, verbose_name="address")),
                ("is_granted", models.BooleanField(verbose_name="granted")),
                ("wording_version", models.CharField(max_length=20, verbose_name="wording")),
                ("most_per_day", models.PositiveSmallIntegerField(verbose_name="most a day, as told")),
                ("source", models.CharField(max_length=50, verbose_name="source")),
                ("given_at", models.DateTimeField(verbose_name="when")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="taken by",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.patient", verbose_name="patient"),
                ),
            ],
            options={
                "verbose_name": "consent",
                "verbose_name_plural": "consents",
                "ordering": ["-given_at", "-pk"],
                "indexes": [models.Index(fields=["patient", "purpose", "channel", "-given_at"], name="consents_latest_first")],
            },
        ),
        migrations.CreateModel(
            name="CareMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("confirmation", "confirmation"),
                            ("reminder", "reminder"),
                            ("cancellation", "cancellation"),
                            ("dose", "serum dose"),
                            ("education", "education"),
                            ("check_in", "check-in"),
                            ("results", "results"),
                            ("recall", "recall"),
                            ("offer", "offer of a time"),
                            ("reply", "reply"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("channel", models.CharField(choices=[("sms", "text message"), ("email", "email")], max_length=10, verbose_name="channel")),
                ("planned_for", models.DateTimeField(verbose_name="planned for")),
                ("key", models.CharField(blank=True, editable=False, max_length=120)),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="why")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="read")),
                ("dealt_with_at", models.DateTimeField(blank=True, null=True, verbose_name="dealt with")),
                (
                    "appointment",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="scheduling.appointment",
                        verbose_name="appointment",
                    ),
                ),
                (
                    "dealt_with_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dealt with by",
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="notifications.message",
                        verbose_name="message",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="scheduling.patient", verbose_name="patient"
                    ),
                ),
                (
                    "read_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="read by",
                    ),
                ),
                (
                    "reply",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="notifications.reply", verbose_name="reply"
                    ),
                ),
                (
                    "stands_in_for",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stand_in",
                        to="aftercare.caremessage",
                        verbose_name="instead of",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="aftercare.plan", verbose_name="plan"
                    ),
                ),
            ],
            options={
                "verbose_name": "message to a patient",
                "verbose_name_plural": "messages",
                "ordering": ["-planned_for", "-pk"],
                "permissions": [
                    ("view_addresses", "Can see whole addresses in the ledger"),
                    ("read_replies", "Can mark replies as read, and what went wrong as dealt with"),
                ],
                "indexes": [
                    models.Index(fields=["patient", "-planned_for"], name="care_messages_by_patient"),
                    models.Index(fields=["appointment", "-planned_for"], name="care_messages_by_appointment"),
                    models.Index(fields=["-planned_for", "-id"], name="care_messages_by_time"),
                    models.Index(
                        condition=models.Q(("read_at", None), ("reply__isnull", False)), fields=["planned_for"], name="replies_to_read"
                    ),
                    models.Index(
                        condition=models.Q(
                            ("dealt_with_at", None),
                            (
                                "reason__in",
                                ("no consent for texts or emails", "no phone number and no email address", "the number said STOP"),
                            ),
                        ),
                        fields=["planned_for"],
                        name="nothing_could_go_out",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("patient", "reply"), name="one_line_per_patient_and_reply"),
                    models.UniqueConstraint(condition=models.Q(("patient", None)), fields=("reply",), name="one_line_per_reply_of_nobody"),
                    models.CheckConstraint(
                        condition=models.Q(("patient__isnull", False), ("reply__isnull", False), _connector="OR"),
                        name="only_a_reply_may_be_nobodys",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="protocol",
            constraint=models.UniqueConstraint(fields=("slug", "version"), name="one_protocol_of_a_version"),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stopped_at", None)), fields=("appointment",), name="one_running_plan_per_appointment"
            ),
        ),
        migrations.AddConstraint(
            model_name="protocolstep",
            constraint=models.UniqueConstraint(fields=("protocol", "slug"), name="one_step_of_a_name_per_protocol"),
        ),
        migrations.AddConstraint(
            model_name="protocolstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("times__gte", 1), ("valid_minutes__gte", 1)), name="step_sends_something_of_use"
            ),
        ),
        migrations.AddConstraint(
            model_name="protocolstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("times", 1), ("every_hours__gte", 1), ("at__len__gte", 1), _connector="OR"),
                name="step_that_repeats_says_how_often",
            ),
        ),
        migrations.AddConstraint(
            model_name="steptext",
            constraint=models.UniqueConstraint(fields=("step", "language"), name="one_text_per_step_and_language"),
        ),
    ]
