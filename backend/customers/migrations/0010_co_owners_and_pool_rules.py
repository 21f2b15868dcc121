import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0009_places'),
        ('directory', '0014_company_features'),
    ]

    operations = [
        migrations.CreateModel(
            name='CoOwner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'verbose_name': '协同负责人',
                'verbose_name_plural': '协同负责人',
            },
        ),
        migrations.CreateModel(
            name='PoolRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('most_held', models.PositiveIntegerField(blank=True, null=True, verbose_name='每人持有上限')),
                ('claims_a_day', models.PositiveIntegerField(blank=True, null=True, verbose_name='每人每日领取上限')),
                ('return_after_days', models.PositiveIntegerField(blank=True, null=True, verbose_name='闲置天数后退回')),
                ('returned_statuses', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('prospect', '潜在'), ('active', '成交'), ('closed', '完结'), ('bad', '不良')], max_length=8), blank=True, default=list, size=None, verbose_name='自动退回的状态')),
            ],
            options={
                'verbose_name': '公海规则',
                'verbose_name_plural': '公海规则',
            },
        ),
        migrations.AddField(
            model_name='coowner',
            name='company',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.company'),
        ),
        migrations.AddField(
            model_name='coowner',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='co_owners', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='coowner',
            name='employee',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='poolrules',
            name='company',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.company'),
        ),
        migrations.AddConstraint(
            model_name='coowner',
            constraint=models.UniqueConstraint(fields=('customer', 'employee'), name='co_owner_once'),
        ),
        migrations.AddConstraint(
            model_name='poolrules',
            constraint=models.CheckConstraint(condition=models.Q(('return_after_days', None), ('return_after_days__gte', 1), _connector='OR'), name='pool_idle_a_day_or_more'),
        ),
    ]
