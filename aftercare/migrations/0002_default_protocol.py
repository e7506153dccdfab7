"""The protocol that comes with the software, so that a new clinic has one from the first session on."""

from django.db import migrations


def load(apps, schema_editor):
    from aftercare.services.protocols.loading import load_protocol, read_protocol

    load_protocol(read_protocol("microneedling"))


class Migration(migrations.Migration):
    dependencies = [("aftercare", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
