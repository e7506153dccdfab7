import datetime
from decimal import Decimal

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import phonenumber_field.modelfields
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models

import scheduling.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Exclusion constraints on a number beside a range need it.
        BtreeGistExtension(),
        # A patient is found by any part of her name.
        TrigramExtension(),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="As patients read it in the middle of a sentence.",
                        max_length=60,
                        unique=True,
                        validators=[scheduling.fields.validate_name],
                        verbose_name="name",
                    ),
                ),
                (
                    "name_es",
                    models.CharField(
                        blank=True,
                        help_text="Left empty: the same.",
                        max_length=60,
                        validators=[scheduling.fields.validate_name],
                        verbose_name="name in Spanish",
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=8,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="price",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        default="USD",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Z]{3}\\Z", "Use the three capital letters of a currency, such as USD."
                            )
                        ],
                        verbose_name="currency",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
            ],
            options={
                "verbose_name": "product",
                "verbose_name_plural": "products",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Location",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True, validators=[scheduling.fields.validate_name], verbose_name="name")),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="address")),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        help_text="Patients are told to call this number.", max_length=128, region=None, verbose_name="phone"
                    ),
                ),
                (
                    "after_hours_phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True,
                        help_text="Who is worried while you are closed is told to call it. Left empty: the emergency number alone.",
                        max_length=128,
                        region=None,
                        verbose_name="phone out of hours",
                    ),
                ),
                (
                    "emergency_number",
                    models.CharField(default="911", help_text="Of the place itself.", max_length=20, verbose_name="emergency number"),
                ),
                (
                    "time_zone",
                    models.CharField(
                        default="America/New_York",
                        max_length=64,
                        validators=[scheduling.fields.validate_time_zone],
                        verbose_name="time zone",
                    ),
                ),
            ],
            options={
                "verbose_name": "location",
                "verbose_name_plural": "locations",
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("id", "time_zone"), name="location_and_its_time_zone")],
            },
        ),
        migrations.CreateModel(
            name="Patient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "first_name",
                    models.CharField(max_length=80, validators=[scheduling.fields.validate_patient_name], verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(max_length=80, validators=[scheduling.fields.validate_patient_name], verbose_name="last name"),
                ),
                ("birth_date", models.DateField(verbose_name="date of birth")),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(blank=True, max_length=128, region=None, verbose_name="cell phone"),
                ),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email")),
                (
                    "time_zone",
                    models.CharField(
                        default="America/New_York",
                        help_text="Where the patient lives: messages keep to the clock there.",
                        max_length=64,
                        validators=[scheduling.fields.validate_time_zone],
                        verbose_name="time zone",
                    ),
                ),
                (
                    "language",
                    models.CharField(choices=[("en", "English"), ("es", "Spanish")], default="en", max_length=5, verbose_name="language"),
                ),
                (
                    "wants_quiet_nights",
                    models.BooleanField(
                        default=False,
                        help_text="No texts between 9 pm and 8 am, not even in the first 24 hours: one before bedtime names the night's doses.",
                        verbose_name="quiet nights",
                    ),
                ),
                (
                    "hyperpigmentation_risk",
                    models.BooleanField(
                        default=False, help_text="Tends to post-inflammatory hyperpigmentation.", verbose_name="risk of dark patches"
                    ),
                ),
                (
                    "active_products",
                    models.CharField(
                        blank=True,
                        help_text="Retinoids, AHA, BHA, PHA, peels: they can start a purge too.",
                        max_length=200,
                        verbose_name="active products",
                    ),
                ),
                ("notes", models.TextField(blank=True, verbose_name="notes")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("erased_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="erased")),
                (
                    "reached_by",
                    models.CharField(
                        blank=True,
                        choices=[("", "nothing"), ("sms", "text"), ("email", "email"), ("sms,email", "text, email")],
                        db_default="",
                        editable=False,
                        max_length=20,
                        verbose_name="recalls reach her by",
                    ),
                ),
                (
                    "searchable",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            django.db.models.functions.text.Lower(
                                django.db.models.functions.text.Concat(
                                    "first_name",
                                    models.Value(" "),
                                    "last_name",
                                    models.Value(" "),
                                    "phone",
                                    models.Value(" "),
                                    "email",
                                    models.Value(" "),
                                    django.db.models.functions.comparison.Cast(
                                        django.db.models.functions.datetime.ExtractYear("birth_date"), models.TextField()
                                    ),
                                    models.Value("-"),
                                    django.db.models.functions.text.LPad(
                                        django.db.models.functions.comparison.Cast(
                                            django.db.models.functions.datetime.ExtractMonth("birth_date"), models.TextField()
                                        ),
                                        2,
                                        models.Value("0"),
                                    ),
                                    models.Value("-"),
                                    django.db.models.functions.text.LPad(
                                        django.db.models.functions.comparison.Cast(
                                            django.db.models.functions.datetime.ExtractDay("birth_date"), models.TextField()
                                        ),
                                        2,
                                        models.Value("0"),
                                    ),
                                    models.Value(" "),
                                    django.db.models.functions.comparison.Cast(
                                        django.db.models.functions.datetime.ExtractMonth("birth_date"), models.TextField()
                                    ),
                                    models.Value("/"),
                                    django.db.models.functions.comparison.Cast(
                                        django.db.models.functions.datetime.ExtractDay("birth_date"), models.TextField()
                                    ),
                                    models.Value("/"),
                                    django.db.models.functions.comparison.Cast(
                                        django.db.models.functions.datetime.ExtractYear("birth_date"), models.TextField()
                                    ),
                                    output_field=models.TextField(),
                                )
                            ),
                            models.Value("áàâäãåéèêëíìîïóòôöõúùûüñçýÿ"),
                            models.Value("aaaaaaeeeeiiiiooooouuuuncyy"),
                            function="translate",
                            output_field=models.TextField(),
                        ),
                        output_field=models.TextField(),
                    ),
                ),
            ],
            options={
                "verbose_name": "patient",
                "verbose_name_plural": "patients",
                "ordering": ["last_name", "first_name", "pk"],
                "permissions": [
                    ("import_patients", "Can add patients in bulk, from a file"),
                    ("assess_skin", "Can say whether the skin tends to dark patches"),
                ],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["searchable"], name="patients_by_any_part", opclasses=["gin_trgm_ops"])
                ],
            },
        ),
        migrations.CreateModel(
            name="Course",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "skin_area",
                    models.CharField(
                        choices=[
                            ("face", "Face"),
                            ("neck", "Neck and décolleté"),
                            ("scalp", "Scalp"),
                            ("hands", "Hands"),
                            ("abdomen", "Abdomen"),
                            ("legs", "Legs"),
                        ],
                        editable=False,
                        max_length=20,
                        verbose_name="skin area",
                    ),
                ),
                ("planned_sessions", models.PositiveSmallIntegerField(verbose_name="planned sessions")),
                (
                    "minimum_interval_days",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(
                                28, "The skin needs at least %(limit_value)s days between two sessions."
                            ),
                            django.core.validators.MaxValueValidator(
                                42, "The interval ends at %(limit_value)s days, the end of the recommended window."
                            ),
                        ],
                        verbose_name="minimum interval in days",
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "patient",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.patient", verbose_name="patient"),
                ),
            ],
            options={
                "verbose_name": "course",
                "verbose_name_plural": "courses",
                "ordering": ["-started_at"],
            },
        ),
        migrations.CreateModel(
            name="Practitioner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("is_active", models.BooleanField(default=True, verbose_name="works here")),
                ("locations", models.ManyToManyField(to="scheduling.location", verbose_name="locations")),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sign-in",
                    ),
                ),
            ],
            options={
                "verbose_name": "practitioner",
                "verbose_name_plural": "practitioners",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Appointment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "skin_area",
                    models.CharField(
                        choices=[
                            ("face", "Face"),
                            ("neck", "Neck and décolleté"),
                            ("scalp", "Scalp"),
                            ("hands", "Hands"),
                            ("abdomen", "Abdomen"),
                            ("legs", "Legs"),
                        ],
                        max_length=20,
                        verbose_name="skin area",
                    ),
                ),
                ("time_zone", models.CharField(max_length=64)),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField(help_text="Turnaround included.", verbose_name="time")),
                ("duration_minutes", models.PositiveSmallIntegerField(verbose_name="duration in minutes")),
                ("minimum_interval_days", models.PositiveSmallIntegerField(verbose_name="minimum interval in days")),
                (
                    "recovery",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            django.db.models.functions.comparison.Cast(
                                models.Func(
                                    models.F("time_zone"),
                                    models.Func(models.F("during"), function="lower", output_field=models.DateTimeField()),
                                    function="timezone",
                                    output_field=models.DateTimeField(),
                                ),
                                models.DateField(),
                            ),
                            models.ExpressionWrapper(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.functions.comparison.Cast(
                                        models.Func(
                                            models.F("time_zone"),
                                            models.Func(models.F("during"), function="lower", output_field=models.DateTimeField()),
                                            function="timezone",
                                            output_field=models.DateTimeField(),
                                        ),
                                        models.DateField(),
                                    ),
                                    "+",
                                    models.F("minimum_interval_days"),
                                ),
                                output_field=models.DateField(),
                            ),
                            function="daterange",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("booked", "booked"),
                            ("arrived", "arrived"),
                            ("fulfilled", "completed"),
                            ("cancelled", "cancelled"),
                            ("noshow", "no-show"),
                            ("entered-in-error", "entered in error"),
                        ],
                        default="booked",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("status_reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("status_at", models.DateTimeField(verbose_name="status since")),
                (
                    "completed_at",
                    models.DateTimeField(blank=True, help_text="The actual end of the session.", null=True, verbose_name="completed"),
                ),
                (
                    "confirmed_at",
                    models.DateTimeField(blank=True, help_text="The patient said that she comes.", null=True, verbose_name="confirmed"),
                ),
                ("move_requested_at", models.DateTimeField(blank=True, null=True, verbose_name="asked to move it")),
                ("revision", models.PositiveSmallIntegerField(default=0, editable=False, help_text="How often it was moved.")),
                ("price", models.DecimalField(decimal_places=2, max_digits=8, verbose_name="price")),
                ("booked_at", models.DateTimeField(verbose_name="booked")),
                (
                    "booked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="booked by",
                    ),
                ),
                (
                    "status_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="status set by",
                    ),
                ),
                ("course", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.course", verbose_name="course")),
                (
                    "location",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.location", verbose_name="location"),
                ),
                (
                    "patient",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.patient", verbose_name="patient"),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="scheduling.practitioner", verbose_name="practitioner"
                    ),
                ),
            ],
            options={
                "verbose_name": "appointment",
                "verbose_name_plural": "appointments",
                "ordering": ["-during"],
            },
        ),
        migrations.CreateModel(
            name="Room",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "location",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.location", verbose_name="location"),
                ),
            ],
            options={
                "verbose_name": "room",
                "verbose_name_plural": "rooms",
                "ordering": ["location__name", "name"],
            },
        ),
        migrations.CreateModel(
            name="Opening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField(verbose_name="time")),
                ("freed_at", models.DateTimeField(verbose_name="free since")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "freed_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.appointment", verbose_name="freed by"),
                ),
                (
                    "location",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.location", verbose_name="location"),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="scheduling.practitioner", verbose_name="practitioner"
                    ),
                ),
                ("room", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.room", verbose_name="room")),
            ],
            options={
                "verbose_name": "opening",
                "verbose_name_plural": "openings",
                "ordering": ["-freed_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Move",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("revision", models.PositiveSmallIntegerField()),
                ("from_starts_at", models.DateTimeField(verbose_name="from")),
                ("moved_at", models.DateTimeField(verbose_name="moved")),
                ("from_confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("from_move_requested_at", models.DateTimeField(blank=True, null=True)),
                (
                    "takes_back",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken_back_by",
                        to="scheduling.move",
                        verbose_name="takes back",
                    ),
                ),
                (
                    "along_with",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="along",
                        to="scheduling.move",
                        verbose_name="along with",
                    ),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="scheduling.appointment",
                        verbose_name="appointment",
                    ),
                ),
                (
                    "moved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="moved by",
                    ),
                ),
                (
                    "from_practitioner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scheduling.practitioner", verbose_name="from"
                    ),
                ),
                (
                    "from_room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scheduling.room", verbose_name="from"
                    ),
                ),
            ],
            options={
                "verbose_name": "move",
                "verbose_name_plural": "moves",
                "ordering": ["-moved_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="appointment",
            name="room",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.room", verbose_name="room"),
        ),
        migrations.CreateModel(
            name="Treatment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "skin_area",
                    models.CharField(
                        choices=[
                            ("face", "Face"),
                            ("neck", "Neck and décolleté"),
                            ("scalp", "Scalp"),
                            ("hands", "Hands"),
                            ("abdomen", "Abdomen"),
                            ("legs", "Legs"),
                        ],
                        max_length=20,
                        verbose_name="skin area",
                    ),
                ),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(
                        default=60, validators=[django.core.validators.MinValueValidator(5)], verbose_name="duration in minutes"
                    ),
                ),
                (
                    "turnaround_minutes",
                    models.PositiveSmallIntegerField(
                        default=15, help_text="Cleaning and preparing the room afterwards.", verbose_name="turnaround in minutes"
                    ),
                ),
                (
                    "minimum_interval_days",
                    models.PositiveSmallIntegerField(
                        default=28,
                        validators=[
                            django.core.validators.MinValueValidator(
                                28, "The skin needs at least %(limit_value)s days between two sessions."
                            ),
                            django.core.validators.MaxValueValidator(
                                42, "The interval ends at %(limit_value)s days, the end of the recommended window."
                            ),
                        ],
                        verbose_name="minimum interval in days",
                    ),
                ),
                (
                    "recommended_within_days",
                    models.PositiveSmallIntegerField(
                        default=42,
                        help_text="The end of the recommended window after a session. A later booking is allowed, with a warning.",
                        verbose_name="recommended within days",
                    ),
                ),
                (
                    "maintenance_months",
                    models.PositiveSmallIntegerField(
                        default=6, validators=[django.core.validators.MinValueValidator(1)], verbose_name="maintenance every … months"
                    ),
                ),
                (
                    "planned_sessions",
                    models.PositiveSmallIntegerField(
                        default=3, validators=[django.core.validators.MinValueValidator(1)], verbose_name="sessions in a course"
                    ),
                ),
                (
                    "list_price",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("640.00"),
                        max_digits=8,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="list price",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        default="USD",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Z]{3}\\Z", "Use the three capital letters of a currency, such as USD."
                            )
                        ],
                        verbose_name="currency",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="offered")),
            ],
            options={
                "verbose_name": "treatment",
                "verbose_name_plural": "treatments",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("minimum_interval_days__range", (28, 42))),
                        name="treatment_interval_is_28_to_42_days",
                        violation_error_message="The minimum interval is between 28 and 42 days.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recommended_within_days__gte", models.F("minimum_interval_days"))),
                        name="treatment_window_ends_after_the_interval",
                        violation_error_message="The recommended window can't end before the minimum interval.",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="practitioner",
            name="treatments",
            field=models.ManyToManyField(help_text="What this person may perform.", to="scheduling.treatment", verbose_name="treatments"),
        ),
        migrations.AddField(
            model_name="course",
            name="treatment",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.treatment", verbose_name="treatment"),
        ),
        migrations.CreateModel(
            name="WaitlistEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_on", models.DateField(verbose_name="from")),
                ("last_on", models.DateField(verbose_name="until")),
                (
                    "starts_from",
                    models.TimeField(blank=True, help_text="Left empty: at any time of the day.", null=True, verbose_name="not before"),
                ),
                ("starts_until", models.TimeField(blank=True, null=True, verbose_name="not after")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("booked", "has taken a time"),
                            ("withdrawn", "withdrawn"),
                            ("over", "the days are over"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="since")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "appointment",
                    models.ForeignKey(
                        blank=True,
                        help_text="The time that is given up for it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="scheduling.appointment",
                        verbose_name="instead of",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.location", verbose_name="location"),
                ),
                (
                    "patient",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.patient", verbose_name="patient"),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Left empty: anybody.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="scheduling.practitioner",
                        verbose_name="with",
                    ),
                ),
                (
                    "treatment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.treatment", verbose_name="treatment"),
                ),
            ],
            options={
                "verbose_name": "waitlist entry",
                "verbose_name_plural": "waitlist",
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("offered_at", models.DateTimeField(verbose_name="offered")),
                ("answer_by", models.DateTimeField(verbose_name="answer by")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("open", "waits for an answer"),
                            ("accepted", "taken"),
                            ("declined", "declined"),
                            ("expired", "not answered in time"),
                            ("lost", "gone"),
                            ("untold", "couldn't be told"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
                (
                    "appointment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scheduling.appointment",
                        verbose_name="appointment",
                    ),
                ),
                (
                    "opening",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.opening", verbose_name="opening"),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="scheduling.waitlistentry", verbose_name="waitlist entry"
                    ),
                ),
            ],
            options={
                "verbose_name": "offer",
                "verbose_name_plural": "offers",
                "ordering": ["-offered_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="WorkingHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "weekday",
                    models.SmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        verbose_name="weekday",
                    ),
                ),
                ("opens_at", models.TimeField(verbose_name="from")),
                ("closes_at", models.TimeField(verbose_name="until")),
                (
                    "location",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="scheduling.location", verbose_name="location"),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="working_hours", to="scheduling.practitioner"
                    ),
                ),
            ],
            options={
                "verbose_name": "working hours",
                "verbose_name_plural": "working hours",
                "ordering": ["weekday", "opens_at"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Closure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                ("reason", models.CharField(max_length=100, verbose_name="reason")),
                (
                    "location",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="closures", to="scheduling.location"),
                ),
            ],
            options={
                "verbose_name": "closure",
                "verbose_name_plural": "closures",
                "ordering": ["starts_on"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("starts_on__lte", models.F("ends_on"))), name="closure_ends_after_it_starts")
                ],
            },
        ),
        migrations.CreateModel(
            name="OpeningHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "weekday",
                    models.SmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        verbose_name="weekday",
                    ),
                ),
                ("opens_at", models.TimeField(verbose_name="from")),
                ("closes_at", models.TimeField(verbose_name="until")),
                (
                    "location",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="opening_hours", to="scheduling.location"),
                ),
            ],
            options={
                "verbose_name": "opening hours",
                "verbose_name_plural": "opening hours",
                "ordering": ["weekday", "opens_at"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("opens_at__lt", models.F("closes_at"))), name="opening_hours_end_after_they_start"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(verbose_name="made")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                ("last_read_at", models.DateTimeField(blank=True, null=True, verbose_name="last read")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_feeds",
                        to="scheduling.practitioner",
                        verbose_name="practitioner",
                    ),
                ),
            ],
            options={
                "verbose_name": "calendar address",
                "verbose_name_plural": "calendar addresses",
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)), fields=("practitioner",), name="one_calendar_address_per_practitioner"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("brought_at", models.DateTimeField(db_index=True, verbose_name="brought")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("content", models.BinaryField()),
                (
                    "brought_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="brought by",
                    ),
                ),
            ],
            options={
                "verbose_name": "file of patients",
                "verbose_name_plural": "files of patients",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField(verbose_name="from – until")),
                ("reason", models.CharField(blank=True, max_length=100, verbose_name="reason")),
                (
                    "practitioner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="absences", to="scheduling.practitioner"),
                ),
            ],
            options={
                "verbose_name": "absence",
                "verbose_name_plural": "absences",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("during__isempty", False), ("during__lower_inf", False), ("during__upper_inf", False)),
                        name="absence_has_a_start_and_an_end",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.UniqueConstraint(fields=("location", "name"), name="one_room_of_a_name_per_location"),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.UniqueConstraint(fields=("id", "location"), name="room_and_its_location"),
        ),
        migrations.AddIndex(
            model_name="opening",
            index=models.Index(condition=models.Q(("closed_at", None)), fields=["freed_at"], name="open_openings"),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=django.contrib.postgres.indexes.GistIndex(fields=["during"], name="appointments_by_time"),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(fields=["course", "status"], name="appointments_by_course"),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("status__in", ["booked", "arrived"])), fields=["status"], name="appointments_still_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("status__in", ["booked", "arrived", "fulfilled"])),
                expressions=[("practitioner", "="), ("during", "&&")],
                name="practitioner_is_free",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("status__in", ["booked", "arrived", "fulfilled"])),
                expressions=[("room", "="), ("during", "&&")],
                name="room_is_free",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("status__in", ["booked", "arrived", "fulfilled"])),
                expressions=[("patient", "="), ("during", "&&")],
                name="patient_is_free",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("status__in", ["booked", "arrived", "fulfilled"])),
                expressions=[("patient", "="), ("skin_area", "="), ("recovery", "&&")],
                name="skin_has_recovered",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("minimum_interval_days__range", (28, 42))), name="appointment_recovery_is_28_to_42_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("during__endswith__lt", datetime.datetime(2200, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                    ("during__isempty", False),
                    ("during__lower_inc", True),
                    ("during__lower_inf", False),
                    ("during__startswith__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                    ("during__upper_inc", False),
                    ("during__upper_inf", False),
                ),
                name="appointment_has_a_start_and_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("completed_at__isnull", False), ("status", "fulfilled")),
                    models.Q(models.Q(("status", "fulfilled"), _negated=True), ("completed_at", None)),
                    _connector="OR",
                ),
                name="appointment_is_completed_when_fulfilled",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["booked", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error"])),
                name="appointment_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.CheckConstraint(
                condition=models.Q(("minimum_interval_days__range", (28, 42))),
                name="course_interval_is_28_to_42_days",
                violation_error_message="The minimum interval is between 28 and 42 days.",
            ),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("patient", "treatment"), name="one_open_course_per_patient_and_treatment"
            ),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.UniqueConstraint(fields=("id", "patient", "skin_area"), name="course_its_patient_and_its_skin"),
        ),
        migrations.AddIndex(
            model_name="waitlistentry",
            index=models.Index(condition=models.Q(("status", "waiting")), fields=["location", "treatment"], name="who_waits"),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_on__lte", models.F("last_on"))), name="waiting_ends_after_it_starts"
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "waiting")), fields=("patient", "treatment", "location"), name="waits_once_for_a_treatment"
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(condition=models.Q(("outcome", "open")), fields=["answer_by"], name="offers_by_deadline"),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(fields=("opening", "entry"), name="an_opening_is_offered_once_to_each"),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "open")), fields=("opening",), name="an_opening_is_offered_to_one_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "open")), fields=("entry",), name="one_offer_at_a_time_for_each"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "accepted")), fields=("opening",), name="an_opening_is_taken_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="workinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(("opens_at__lt", models.F("closes_at"))), name="working_hours_end_after_they_start"
            ),
        ),
        migrations.CreateModel(
            name="Recall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("next_session", "next session"), ("maintenance", "maintenance")], max_length=20, verbose_name="for"
                    ),
                ),
                ("last_session_on", models.DateField(verbose_name="last session")),
                ("due_on", models.DateField(verbose_name="due")),
                (
                    "came_back_on",
                    models.DateField(blank=True, help_text="The next session of that treatment.", null=True, verbose_name="came back"),
                ),
                ("course", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="scheduling.course", verbose_name="course")),
                (
                    "last_session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to="scheduling.appointment", verbose_name="last session"
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="scheduling.location", verbose_name="location"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.patient", verbose_name="patient"),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="scheduling.practitioner",
                        verbose_name="practitioner",
                    ),
                ),
                (
                    "treatment",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="scheduling.treatment", verbose_name="treatment"
                    ),
                ),
            ],
            options={
                "verbose_name": "recall",
                "verbose_name_plural": "recalls",
                "ordering": ["due_on", "pk"],
                "permissions": [
                    ("view_maintenance_due", "Can view the maintenance-due report"),
                    ("log_calls", "Can log calls about recalls"),
                    ("act_on_recalls", "Can send recalls, and snooze many at once"),
                    ("export_maintenance_due", "Can export the maintenance-due report"),
                    ("export_phone_numbers", "Can export it with phone numbers and email addresses"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecallAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "way",
                    models.CharField(
                        choices=[("call", "call"), ("sms", "text message"), ("email", "email"), ("snooze", "snooze")],
                        max_length=10,
                        verbose_name="way",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "to be sent"),
                            ("told", "sent"),
                            ("not_told", "not sent"),
                            ("agreed", "agreed to come"),
                            ("call_later", "call later"),
                            ("no_answer", "no answer"),
                            ("declined", "declined"),
                            ("snoozed", "snoozed"),
                            ("resumed", "on the list again"),
                        ],
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="why")),
                ("note", models.CharField(blank=True, db_default="", max_length=200, verbose_name="note")),
                (
                    "hidden_until",
                    models.DateField(blank=True, help_text="The last day of it.", null=True, verbose_name="off the list until"),
                ),
                ("step", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="automatic step")),
                ("wording", models.CharField(blank=True, max_length=20, verbose_name="wording")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
                ("taken_back_at", models.DateTimeField(blank=True, null=True, verbose_name="taken back")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="scheduling.patient", verbose_name="patient"),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recall_actions",
                        to="scheduling.appointment",
                        verbose_name="after the session",
                    ),
                ),
                (
                    "taken_back_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="taken back by",
                    ),
                ),
            ],
            options={
                "verbose_name": "recall made",
                "verbose_name_plural": "recalls made",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="RecallPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_on", models.BooleanField(default=False, verbose_name="send recalls automatically")),
                (
                    "days_before",
                    models.PositiveSmallIntegerField(
                        default=14,
                        validators=[django.core.validators.MinValueValidator(7), django.core.validators.MaxValueValidator(30)],
                        verbose_name="first, days before it is due",
                    ),
                ),
                (
                    "weeks_after",
                    models.PositiveSmallIntegerField(
                        default=4,
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(26)],
                        verbose_name="last, weeks after it was due",
                    ),
                ),
                (
                    "most",
                    models.PositiveSmallIntegerField(
                        default=3,
                        help_text="Recalls for one session due.",
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3)],
                        verbose_name="at most",
                    ),
                ),
                (
                    "hour",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[django.core.validators.MinValueValidator(8), django.core.validators.MaxValueValidator(19)],
                        verbose_name="hour of the patient's day",
                    ),
                ),
                ("sends_digest", models.BooleanField(default=True, verbose_name="email managers the week's numbers on Mondays")),
                (
                    "since",
                    models.DateField(
                        blank=True, help_text="Steps that were due before are not made up for.", null=True, verbose_name="since"
                    ),
                ),
            ],
            options={
                "verbose_name": "recall policy",
                "verbose_name_plural": "recall policy",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_recall_policy")],
            },
        ),
        migrations.CreateModel(
            name="ReportExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("format", models.CharField(choices=[("csv", "CSV"), ("xlsx", "Excel")], max_length=10, verbose_name="format")),
                ("as_of", models.DateField(verbose_name="as of")),
                ("words", models.TextField(help_text="As it was called on that day.", verbose_name="what was asked for")),
                (
                    "query",
                    models.CharField(blank=True, help_text="As in the page's address.", max_length=1000, verbose_name="filters"),
                ),
                ("has_addresses", models.BooleanField(verbose_name="phone numbers and emails")),
                (
                    "rows",
                    models.PositiveIntegerField(help_text="At most so many left the house.", null=True, verbose_name="patients"),
                ),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "still running, or the server was stopped"),
                            ("complete", "complete"),
                            ("broken_off", "broken off by the browser"),
                            ("failed", "ended by an error"),
                        ],
                        max_length=20,
                        verbose_name="how it ended",
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True, verbose_name="ended")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name="who")),
            ],
            options={
                "verbose_name": "export of the report",
                "verbose_name_plural": "exports of the report",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(help_text="As in the page's address.", max_length=1000)),
                ("is_shared", models.BooleanField(default=False, verbose_name="for everybody")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL, verbose_name="whose")),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                ("pk", models.CompositePrimaryKey("patient", "stands_from", blank=True, editable=False, primary_key=True, serialize=False)),
                ("stands_from", models.DateField()),
                ("stands_until", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("next_session", "next session"), ("maintenance", "maintenance")], max_length=20, verbose_name="for"
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("unreachable", "unreachable"),
                            ("booked", "booked"),
                            ("snoozed", "snoozed"),
                            ("declined", "declined"),
                        ],
                        max_length=20,
                        verbose_name="stage",
                    ),
                ),
                ("last_session_on", models.DateField(verbose_name="last session")),
                ("due_on", models.DateField(verbose_name="due")),
                ("booked_on", models.DateField(null=True, verbose_name="booked for")),
                ("went_by", models.DateField(null=True)),
                ("hidden_until", models.DateField(null=True, verbose_name="off the list until")),
                (
                    "reached_by",
                    models.CharField(
                        blank=True,
                        choices=[("", "nothing"), ("sms", "text"), ("email", "email"), ("sms,email", "text, email")],
                        max_length=20,
                        verbose_name="reachable by",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                (
                    "last_outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("waiting", "to be sent"),
                            ("told", "sent"),
                            ("not_told", "not sent"),
                            ("agreed", "agreed to come"),
                            ("call_later", "call later"),
                            ("no_answer", "no answer"),
                            ("declined", "declined"),
                            ("snoozed", "snoozed"),
                            ("resumed", "on the list again"),
                        ],
                        max_length=20,
                        verbose_name="last outcome",
                    ),
                ),
                ("sort_name", models.CharField(max_length=170)),
                (
                    "location",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="scheduling.location", verbose_name="location"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="scheduling.patient", verbose_name="patient"
                    ),
                ),
                (
                    "practitioner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="scheduling.practitioner",
                        verbose_name="practitioner",
                    ),
                ),
                ("recall", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="scheduling.recall", verbose_name="recall")),
                (
                    "treatment",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="scheduling.treatment", verbose_name="treatment"
                    ),
                ),
            ],
            options={
                "verbose_name": "standing",
                "verbose_name_plural": "standings",
            },
        ),
        migrations.AddIndex(
            model_name="recall",
            index=models.Index(fields=["due_on"], name="recalls_by_due_date"),
        ),
        migrations.AddConstraint(
            model_name="recall",
            constraint=models.UniqueConstraint(
                condition=models.Q(("came_back_on", None)),
                fields=("patient", "treatment"),
                name="one_open_recall_per_patient_and_treatment",
            ),
        ),
        migrations.AddIndex(
            model_name="recallaction",
            index=models.Index(condition=models.Q(("outcome", "waiting")), fields=["at"], name="recalls_to_send"),
        ),
        migrations.AddIndex(
            model_name="recallaction",
            index=models.Index(fields=["at"], name="recall_actions_by_time"),
        ),
        migrations.AddConstraint(
            model_name="recallaction",
            constraint=models.UniqueConstraint(fields=("session", "step"), name="one_recall_per_session_and_step"),
        ),
        migrations.AddConstraint(
            model_name="recallaction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "waiting")), fields=("session",), name="one_recall_waiting_per_session"
            ),
        ),
        migrations.AddConstraint(
            model_name="recallaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "declined"), _negated=True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="declining_has_a_reason",
                violation_error_message="Say why she declined: it decides whether she is asked again.",
            ),
        ),
        migrations.AddConstraint(
            model_name="recallaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("taken_back_at", None), ("way", "call"), _connector="OR"), name="only_a_call_is_taken_back"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("user", "name"), name="one_saved_view_per_name"),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["stage", "kind", "due_on", "patient", "stands_until"], name="standings_by_due_date"),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                fields=["stage", "kind", "last_session_on", "patient", "stands_until", "treatment"], name="standings_by_last_session"
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                fields=["stage", "kind", "sort_name", "patient", "stands_until", "due_on", "location", "treatment", "practitioner"],
                name="standings_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                fields=["location", "stage", "kind", "due_on", "patient", "stands_until", "treatment"], name="standings_by_location"
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                fields=["location", "stage", "kind", "last_session_on", "patient", "stands_until", "treatment"],
                name="standings_by_location_and_day",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                fields=["practitioner", "stage", "kind", "due_on", "patient", "stands_until", "location", "treatment"],
                name="standings_by_practitioner",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                fields=["practitioner", "stage", "kind", "last_session_on", "patient", "stands_until", "location", "treatment"],
                name="standings_by_practitioner_day",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(fields=["treatment", "stage", "kind", "due_on", "patient", "stands_until"], name="standings_by_treatment"),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("went_by__isnull", False)),
                fields=["kind", "due_on", "patient", "went_by", "location"],
                name="standings_past_one_by_due_date",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("went_by__isnull", False)),
                fields=["kind", "last_session_on", "patient", "went_by", "location", "treatment"],
                name="standings_past_one_by_session",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("went_by__isnull", False)),
                fields=["kind", "sort_name", "patient", "went_by", "due_on", "location", "treatment", "practitioner"],
                name="standings_past_one_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("went_by__isnull", False)),
                fields=["treatment", "kind", "due_on", "patient", "went_by", "location"],
                name="standings_past_one_treated",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("went_by__isnull", False)),
                fields=["location", "kind", "went_by", "treatment"],
                name="standings_past_one_there",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("went_by__isnull", False)),
                fields=["practitioner", "kind", "went_by", "location", "treatment"],
                name="standings_past_one_of_staff",
            ),
        ),
        migrations.AddConstraint(
            model_name="standing",
            constraint=models.CheckConstraint(
                condition=models.Q(("stands_from__lt", models.F("stands_until"))), name="standing_has_a_span"
            ),
        ),
    ]
