import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('customers', '0003_search_keys'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='customer',
            index=models.Index(fields=['company', 'pinyin', 'id'], name='customer_named_in_company'),
        ),
        AddIndexConcurrently(
            model_name='customer',
            index=models.Index(fields=['department', 'pinyin', 'id'], name='customer_named_in_department'),
        ),
        AddIndexConcurrently(
            model_name='customer',
            index=models.Index(fields=['owner', 'pinyin', 'id'], name='customer_named_of_owner'),
        ),
        AddIndexConcurrently(
            model_name='customer',
            index=django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='customer_tags'),
        ),
    ]
