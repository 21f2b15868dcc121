"""Contacts are found with their customers, and telephones stand apart from what everybody may search."""

from django.db import migrations

from backend.core.search import grams, initials, normalised, pinyin


def keys_of(*texts):
    return list(filter(None, dict.fromkeys(map(normalised, texts))))


def both(number):
    return number, ''.join(filter(str.isdecimal, number))


def fill(apps, schema_editor):
    Customer = apps.get_model('customers', 'Customer')
    for customer in Customer.objects.prefetch_related('contacts').iterator(chunk_size=1000):
        people = sorted(customer.contacts.all(), key=lambda contact: contact.pk)
        named = [form for person in people for form in (person.name, pinyin(person.name), initials(person.name))]
        public = keys_of(customer.name, customer.pinyin, customer.initials, customer.code, *named)
        private = keys_of(*both(customer.phone), *(form for person in people for form in both(person.phone)))
        text = '\x1f'.join('\n'.join(keys) for keys in (public, private))
        Customer.objects.filter(pk=customer.pk).update(search_text=text, grams=grams(*public, *private))


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0002_type_and_tags'),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
