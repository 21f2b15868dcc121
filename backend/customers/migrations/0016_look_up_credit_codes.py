"""The unique index over them is partial, and a generic plan cannot use it for a code that comes as a parameter."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('customers', '0015_dictionary'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='customer',
            index=models.Index(fields=['company', 'credit_code'], name='customer_same_credit_code'),
        ),
    ]
