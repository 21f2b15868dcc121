from django.db import migrations

WORDS = """
    INSERT INTO customers_dictionaryentry (company_id, kind, code, name, name_en, position, is_active)
    SELECT DISTINCT company_id, %s, word, word, '', 0, true FROM ({rows}) AS used WHERE word <> ''
    ON CONFLICT (company_id, kind, code) DO NOTHING
"""
ROWS = {
    "customer_level": "SELECT company_id, level AS word FROM customers_customer",
    "customer_type": "SELECT company_id, type AS word FROM customers_customer",
    "customer_tag": "SELECT company_id, unnest(tags) AS word FROM customers_customer",
}


def keep(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for kind, rows in ROWS.items():
            cursor.execute(WORDS.format(rows=rows), [kind])


class Migration(migrations.Migration):
    """Whatever companies there are call their customers becomes their dictionary, so that nothing they have is wrong."""

    dependencies = [("customers", "0015_dictionary")]

    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
