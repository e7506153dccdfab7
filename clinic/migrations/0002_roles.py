"""The three groups. Permissions are otherwise made only after all migrations, so they are made here first."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

from clinic.roles import ROLES, permissions_of


def make_groups(apps, schema_editor):
    from django.apps import apps as installed

    for label in ("scheduling", "aftercare", "notifications", "clinic", "auth"):
        create_permissions(installed.get_app_config(label), verbosity=0, apps=installed)
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set(
            Permission.objects.get(content_type__app_label=label, codename=codename) for label, codename in permissions_of(role)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("scheduling", "0001_initial"),
        ("aftercare", "0001_initial"),
        ("notifications", "0001_initial"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
