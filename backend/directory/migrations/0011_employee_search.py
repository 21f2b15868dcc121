import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0010_revocation_of_a_company'),
    ]

    operations = [
        migrations.AddField(
            model_name='employee',
            name='grams',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], default=list, editable=False, size=None),
        ),
        migrations.AddField(
            model_name='employee',
            name='search_text',
            field=models.TextField(db_default='', default='', editable=False),
        ),
        migrations.AddField(
            model_name='employee',
            name='version',
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
    ]
