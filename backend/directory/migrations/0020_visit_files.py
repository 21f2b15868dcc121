from django.db import migrations

GRANTED = "visit.export"


def grant(apps, schema_editor):
    for role in apps.get_model("directory", "Role").objects.filter(capabilities__contains=["customer.export"]):
        if GRANTED not in role.capabilities:
            role.capabilities = [*role.capabilities, GRANTED]
            role.save(update_fields=["capabilities"])


class Migration(migrations.Migration):
    """Whoever may take customers out as a file may take visits out, too."""

    dependencies = [("directory", "0019_customer_files")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
