from django.db import migrations


def grant(apps, schema_editor):
    for role in apps.get_model("directory", "Role").objects.filter(capabilities__contains=["directory.manage"]):
        if "directory.export" not in role.capabilities:
            role.capabilities = [*role.capabilities, "directory.export"]
            role.save(update_fields=["capabilities"])


class Migration(migrations.Migration):
    """Whoever manages the directory of a company there is may take it out as a file, as in new companies."""

    dependencies = [("directory", "0017_directory_import")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
