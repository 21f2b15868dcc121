"""Visits follow templates: what is asked, version by version, and what was answered."""

import backend.core.ids
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0018_may_export_the_directory'),
        ('visits', '0011_follow_up_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='visit',
            name='missing_actions',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), blank=True, db_default=[], default=list, size=None, verbose_name='缺少的动作'),
        ),
        migrations.CreateModel(
            name='ActionAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32, verbose_name='动作')),
                ('kind', models.CharField(choices=[('photo', '拍照'), ('form', '表单'), ('stock', '库存盘点'), ('competitor', '竞品记录'), ('order', '下单'), ('payment', '付款承诺'), ('note', '备注')], max_length=10, verbose_name='类型')),
                ('value', models.JSONField(verbose_name='答案')),
                ('answered_from', models.BinaryField(max_length=32)),
                ('counts', models.BooleanField(default=True, verbose_name='有效')),
                ('is_late', models.BooleanField(default=False, verbose_name='补交')),
                ('answered_at', models.DateTimeField(verbose_name='回答时间')),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.company')),
                ('visit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='visits.visit')),
            ],
            options={
                'verbose_name': '拜访动作答案',
                'verbose_name_plural': '拜访动作答案',
            },
        ),
        migrations.CreateModel(
            name='PaymentPromise',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='金额')),
                ('currency', models.CharField(max_length=3, verbose_name='币种')),
                ('promised_on', models.DateField(verbose_name='承诺日期')),
                ('reminded_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('answer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='promise', to='visits.actionanswer')),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.company')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='promises', to='visits.visit')),
            ],
            options={
                'verbose_name': '付款承诺',
                'verbose_name_plural': '付款承诺',
            },
        ),
        migrations.CreateModel(
            name='TemplateVersion',
            fields=[
                ('id', models.UUIDField(default=backend.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(verbose_name='版本')),
                ('actions', models.JSONField(verbose_name='动作')),
                ('published_at', models.DateTimeField(verbose_name='发布时间')),
                ('in_force_from', models.DateTimeField(verbose_name='生效时间')),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.company')),
            ],
            options={
                'verbose_name': '模板版本',
                'verbose_name_plural': '模板版本',
            },
        ),
        migrations.AddField(
            model_name='visit',
            name='template_version',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='visits.templateversion', verbose_name='拜访模板'),
        ),
        migrations.CreateModel(
            name='VisitTemplate',
            fields=[
                ('id', models.UUIDField(default=backend.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=64, verbose_name='名称')),
                ('customer_type', models.CharField(blank=True, max_length=32, verbose_name='客户类型')),
                ('customer_level', models.CharField(blank=True, max_length=16, verbose_name='客户等级')),
                ('state', models.CharField(choices=[('active', '启用'), ('retired', '停用')], default='active', max_length=7, verbose_name='状态')),
                ('created_from', models.BinaryField(max_length=32)),
                ('created_at', models.DateTimeField(verbose_name='创建时间')),
                ('company', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.company')),
            ],
            options={
                'verbose_name': '拜访模板',
                'verbose_name_plural': '拜访模板',
            },
        ),
        migrations.AddField(
            model_name='templateversion',
            name='template',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='visits.visittemplate'),
        ),
        migrations.AddConstraint(
            model_name='actionanswer',
            constraint=models.UniqueConstraint(fields=('visit', 'key'), name='action_answered_once'),
        ),
        migrations.AddIndex(
            model_name='paymentpromise',
            index=models.Index(condition=models.Q(('reminded_at', None)), fields=['promised_on'], name='promise_to_remind_of'),
        ),
        migrations.AddIndex(
            model_name='visittemplate',
            index=models.Index(fields=['company', '-created_at', '-id'], name='visit_template_of_company'),
        ),
        migrations.AddConstraint(
            model_name='visittemplate',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('company', 'customer_type', 'customer_level'), name='one_active_template_per_kind'),
        ),
        migrations.AddConstraint(
            model_name='templateversion',
            constraint=models.UniqueConstraint(fields=('template', 'number'), name='template_version_once'),
        ),
    ]
