"""What everybody could do until now stays allowed: reading, seeing colleagues and every field but the cost."""

from django.db import migrations

READS = ('customer.read', 'visit.read', 'expense.read', 'order.read', 'catalog.read')
SEEN = ('stock', 'receivable', 'colleague_contact', 'customer_contact')


def grant(apps, schema_editor):
    Role = apps.get_model('directory', 'Role')
    for role in Role.objects.iterator():
        held = set(role.capabilities)
        role.fields = sorted({*SEEN, *(('cost',) if 'cost.read' in held else ())})
        held = held - {'cost.read'} | set(READS)
        if 'directory.manage' in held:
            held.add('role.manage')
        role.capabilities = sorted(held)
        role.scopes = {**role.scopes, 'directory': 'company'}
        role.save(update_fields=['capabilities', 'fields', 'scopes'])


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0008_role_fields'),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
