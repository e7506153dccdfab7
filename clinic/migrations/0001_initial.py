from django.db import migrations, models

import clinic.models.second_factor
import clinic.models.trail


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("otp_static", "0003_add_timestamps"),
        ("otp_totp", "0003_add_timestamps"),
    ]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=clinic.models.trail.Moment(), verbose_name="when")),
                ("user_id", models.BigIntegerField(null=True)),
                (
                    "actor",
                    models.CharField(help_text="A sign-in's name, or that of a task or a command.", max_length=200, verbose_name="who"),
                ),
                ("request_id", models.CharField(blank=True, db_default="", max_length=64)),
                ("action", models.CharField(max_length=40, verbose_name="what")),
                (
                    "about",
                    models.CharField(
                        blank=True, db_default="", help_text="Such as scheduling.patient.", max_length=100, verbose_name="about"
                    ),
                ),
                ("object_id", models.BigIntegerField(null=True)),
                ("patient_id", models.BigIntegerField(help_text="Of whatever concerns one patient.", null=True)),
                ("changes", models.JSONField(db_default={}, default=dict, verbose_name="changes")),
                ("note", models.TextField(blank=True, db_default="", verbose_name="note")),
            ],
            options={
                "verbose_name": "entry of the trail",
                "verbose_name_plural": "trail",
                "db_table": "clinic_trail",
                "ordering": ["-at", "-pk"],
                "permissions": [("view_trail", "Can see who did and who saw what")],
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["at", "id"], name="trail_by_time"),
                    models.Index(
                        condition=models.Q(("patient_id__isnull", False)), fields=["patient_id", "at", "id"], name="trail_by_patient"
                    ),
                    models.Index(
                        condition=models.Q(("about", ""), _negated=True), fields=["about", "object_id", "at", "id"], name="trail_by_object"
                    ),
                    models.Index(condition=models.Q(("user_id__isnull", False)), fields=["user_id", "at", "id"], name="trail_by_person"),
                    models.Index(
                        condition=models.Q(("action__in", ("added", "changed", "saw")), _negated=True),
                        fields=["action", "at", "id"],
                        name="trail_of_what_is_rare",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Phone",
            fields=[],
            options={"default_permissions": (), "proxy": True, "indexes": [], "constraints": []},
            bases=(clinic.models.second_factor.Forbearing, "otp_totp.totpdevice"),
        ),
        migrations.CreateModel(
            name="RecoveryCodes",
            fields=[],
            options={"default_permissions": (), "proxy": True, "indexes": [], "constraints": []},
            bases=(clinic.models.second_factor.Forbearing, "otp_static.staticdevice"),
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("beat", "beat"), ("worker", "worker")], max_length=10)),
                ("name", models.CharField(max_length=255)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "heartbeat",
                "verbose_name_plural": "heartbeats",
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("kind", "name"), name="one_heartbeat_per_process")],
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("metric", models.CharField(max_length=30)),
                ("channel", models.CharField(blank=True, max_length=10)),
                ("label", models.CharField(blank=True, max_length=40)),
                ("number", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "tally",
                "verbose_name_plural": "tallies",
                "default_permissions": (),
            },
        ),
    ]
