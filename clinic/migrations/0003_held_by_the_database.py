"""What no service may be trusted with alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clinic", "0002_roles")]

    operations = []
