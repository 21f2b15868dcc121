import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0013_employee_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='company',
            name='features_off',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), blank=True, db_default=[], default=list, size=None, verbose_name='停用的功能'),
        ),
    ]
