"""As `backend.customers.rules` made them on this day; what is changed later is keyed anew then."""

from django.db import migrations

from backend.core.search import normalised

FORMS = ('股份有限公司', '有限责任公司', '有限公司', '公司', 'co.,ltd.', 'co.ltd', 'ltd.', 'ltd', 'inc.', 'gmbh')
PUNCTUATION = str.maketrans('', '', '()[]{}<>《》〈〉【】「」·•・.,，。、;:!?\'"“”‘’`-_—–/\\&+*#@|~')


def name_key(name):
    folded = normalised(name)
    form = next((form for form in FORMS if folded.endswith(form) and len(folded) > len(form)), '')
    return folded.removesuffix(form).translate(PUNCTUATION) or folded


def phone_key(phone):
    number = ''.join(filter(str.isdecimal, phone)).removeprefix('00')
    if len(number) > 11:
        number = number.removeprefix('86')
    return number if len(number) >= 7 else ''


def fill(apps, schema_editor):
    Customer = apps.get_model('customers', 'Customer')
    rows = Customer.objects.filter(name_key='').only('name', 'phone')
    batch = []
    for customer in rows.iterator(chunk_size=2000):
        customer.name_key, customer.phone_key = name_key(customer.name), phone_key(customer.phone)
        batch.append(customer)
        if len(batch) == 2000:
            Customer.objects.bulk_update(batch, ['name_key', 'phone_key'])
            batch = []
    Customer.objects.bulk_update(batch, ['name_key', 'phone_key'])


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0006_duplicates'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
