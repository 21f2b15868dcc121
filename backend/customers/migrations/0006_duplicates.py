from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_how_common_bigrams_are'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='credit_code',
            field=models.CharField(blank=True, db_default='', default='', max_length=18, verbose_name='统一社会信用代码'),
        ),
        migrations.AddField(
            model_name='customer',
            name='name_key',
            field=models.TextField(db_default='', default='', editable=False),
        ),
        migrations.AddField(
            model_name='customer',
            name='phone_key',
            field=models.CharField(db_default='', default='', editable=False, max_length=32),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('credit_code', ''), _negated=True), ('deleted_at', None)), fields=('company', 'credit_code'), name='customer_credit_code_once'),
        ),
    ]
