from django.db import migrations

GRANTED = ("customer.export", "customer.import")


def grant(apps, schema_editor):
    for role in apps.get_model("directory", "Role").objects.filter(capabilities__contains=["customer.write"]):
        if {"handover.manage", "role.manage"} & set(role.capabilities):
            role.capabilities = [*role.capabilities, *(name for name in GRANTED if name not in role.capabilities)]
            role.save(update_fields=["capabilities"])


class Migration(migrations.Migration):
    """Whoever leads people or administers a company there is may take customers out and in as files, as in new ones."""

    dependencies = [("directory", "0018_may_export_the_directory")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
