"""Who reviews the visits of others plans them as well."""

from django.db import migrations


def grant(apps, schema_editor):
    Role = apps.get_model('directory', 'Role')
    for role in Role.objects.iterator():
        held = set(role.capabilities)
        if held & {'visit.review', 'role.manage'} and 'visit.assign' not in held:
            role.capabilities = sorted(held | {'visit.assign'})
            role.save(update_fields=['capabilities'])


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0015_rights_over_positions'),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
