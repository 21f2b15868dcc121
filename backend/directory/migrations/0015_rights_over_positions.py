"""Who reviews check-ins saw the positions until now; who administers roles sets the rules of check-ins."""

from django.db import migrations


def grant(apps, schema_editor):
    Role = apps.get_model('directory', 'Role')
    for role in Role.objects.iterator():
        held = set(role.capabilities)
        if 'visit.review' in held:
            held.add('visit.positions')
        if 'role.manage' in held:
            held |= {'visit.positions', 'visit.manage'}
        if held != set(role.capabilities):
            role.capabilities = sorted(held)
            role.save(update_fields=['capabilities'])


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0014_company_features'),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
