import backend.core.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0008_fields_of_their_own'),
        ('directory', '0014_company_features'),
    ]

    operations = [
        migrations.CreateModel(
            name='CustomerPlace',
            fields=[
                ('id', models.UUIDField(default=backend.core.ids.new_id, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=64, verbose_name='名称')),
                ('address', models.CharField(blank=True, max_length=255, verbose_name='地址')),
                ('lat', models.FloatField(verbose_name='纬度')),
                ('lng', models.FloatField(verbose_name='经度')),
                ('geofence_m', models.PositiveIntegerField(default=300, verbose_name='围栏半径（米）')),
                ('created_from', models.BinaryField(max_length=32)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': '客户地点',
                'verbose_name_plural': '客户地点',
            },
        ),
        migrations.AddField(
            model_name='customerplace',
            name='company',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='directory.company'),
        ),
        migrations.AddField(
            model_name='customerplace',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='places', to='customers.customer'),
        ),
        migrations.AddIndex(
            model_name='customerplace',
            index=models.Index(fields=['customer', '-created_at', '-id'], name='place_of_customer'),
        ),
        migrations.AddIndex(
            model_name='customerplace',
            index=models.Index(fields=['company', 'lat', 'lng'], name='place_around'),
        ),
        migrations.AddConstraint(
            model_name='customerplace',
            constraint=models.CheckConstraint(condition=models.Q(('lat__range', (-90, 90)), ('lng__range', (-180, 180))), name='customer_place_on_earth'),
        ),
    ]
