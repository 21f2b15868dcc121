from django.db import migrations

from backend.core.search import grams, initials, normalised, pinyin


def fill(apps, schema_editor):
    Employee = apps.get_model('directory', 'Employee')
    for employee in Employee.objects.filter(search_text='').iterator():
        keys = dict.fromkeys(map(normalised, (
            employee.name, pinyin(employee.name), initials(employee.name), employee.number)))
        employee.search_text = '\n'.join(filter(None, keys))
        employee.grams = grams(*keys)
        employee.save(update_fields=['search_text', 'grams'])


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0011_employee_search'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
