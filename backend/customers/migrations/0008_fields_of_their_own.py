import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0007_keys_of_duplicates'),
        ('directory', '0014_company_features'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='details',
            field=models.JSONField(blank=True, db_default={}, default=dict, verbose_name='自定义字段'),
        ),
        migrations.CreateModel(
            name='CustomerField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32, verbose_name='键')),
                ('name', models.CharField(max_length=64, verbose_name='名称')),
                ('kind', models.CharField(choices=[('text', '文本'), ('number', '数字'), ('day', '日期'), ('choice', '选项')], default='text', max_length=8, verbose_name='类型')),
                ('choices', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, size=None, verbose_name='选项')),
                ('is_required', models.BooleanField(default=False, verbose_name='必填')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                ('position', models.PositiveIntegerField(default=0, verbose_name='排序')),
            ],
            options={
                'verbose_name': '客户自定义字段',
                'verbose_name_plural': '客户自定义字段',
            },
        ),
        migrations.AddField(
            model_name='customerfield',
            name='company',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='directory.company'),
        ),
        migrations.AddConstraint(
            model_name='customerfield',
            constraint=models.UniqueConstraint(fields=('company', 'key'), name='customer_field_once'),
        ),
    ]
