"""The two serums that the clinic sells (F16), so that a new clinic can name them from the first session on. Their prices are the clinic's."""

from django.db import migrations

PRODUCTS = [
    ("hyaluronic acid serum", "sérum hialurónico"),
    ("Alastin Regenerating Skin Nectar", ""),
]


def add(apps, schema_editor):
    Product = apps.get_model("scheduling", "Product")
    for name, name_es in PRODUCTS:
        Product.objects.get_or_create(name=name, defaults={"name_es": name_es})


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0002_copies_are_held")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
