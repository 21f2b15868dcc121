from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('customers', '0011_merges'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='customer',
            index=models.Index(condition=models.Q(('deleted_at__isnull', False)), fields=['company', '-deleted_at', '-id'], name='customer_in_bin'),
        ),
        AddIndexConcurrently(
            model_name='customer',
            index=models.Index(fields=['company', 'name_key'], name='customer_same_name'),
        ),
        AddIndexConcurrently(
            model_name='customer',
            index=models.Index(fields=['company', 'phone_key'], name='customer_same_phone'),
        ),
    ]
