"""Letters and digits are found by three at a time."""

from django.db import migrations

PORTION = 500
ADD = r"""
    UPDATE customers_customer SET grams = (
        SELECT array_agg(DISTINCT gram COLLATE "C" ORDER BY gram COLLATE "C") FROM (
            SELECT unnest(grams)
            UNION ALL
            SELECT substr(line, at, 3)
            FROM regexp_split_to_table(search_text, '[\n\x1f]') AS line, generate_series(1, length(line) - 2) AS at
            WHERE substr(line, at, 3) ~ '^[\x01-\x7f]{3}$'
        ) AS windows (gram)
    ) WHERE id = ANY(%s)
"""


def fill(apps, schema_editor):
    rows = apps.get_model('customers', 'Customer').objects.order_by('pk')
    ids = list(rows.values_list('pk', flat=True)[:PORTION])
    with schema_editor.connection.cursor() as cursor:
        while ids:
            cursor.execute(ADD, [ids])
            ids = list(rows.filter(pk__gt=ids[-1]).values_list('pk', flat=True)[:PORTION])


class Migration(migrations.Migration):
    atomic = False  # a million rows take longer than a transaction may, and a portion done twice is done once

    dependencies = [
        ('customers', '0012_look_up_duplicates_and_the_bin'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
