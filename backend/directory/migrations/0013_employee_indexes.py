import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('directory', '0012_search_keys_of_employees'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='employee',
            index=models.Index(fields=['company', '-created_at', '-id'], name='employee_of_company'),
        ),
        AddIndexConcurrently(
            model_name='employee',
            index=django.contrib.postgres.indexes.GinIndex(fields=['grams'], name='employee_grams'),
        ),
    ]
