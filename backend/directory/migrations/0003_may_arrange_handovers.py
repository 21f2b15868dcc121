from django.db import migrations

MAY = ("manager", "administrator")


def grant(apps, schema_editor):
    for role in apps.get_model("directory", "Role").objects.filter(code__in=MAY):
        if "handover.manage" not in role.capabilities:
            role.capabilities = [*role.capabilities, "handover.manage"]
            role.save(update_fields=["capabilities"])


class Migration(migrations.Migration):
    """Managers and administrators of the companies there are may do what those of new companies may."""

    dependencies = [("directory", "0002_delegation")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
