"""By default PostgreSQL remembers how common some hundreds of elements are; a search needs it of thousands of bigrams."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0004_order_by_name_and_tags'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE customers_customer ALTER COLUMN grams SET STATISTICS 500',
            'ALTER TABLE customers_customer ALTER COLUMN grams SET STATISTICS -1',
        ),
    ]
