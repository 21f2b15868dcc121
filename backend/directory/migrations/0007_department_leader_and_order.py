import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0006_handover'),
    ]

    operations = [
        migrations.AddField(
            model_name='department',
            name='dissolved_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='撤销时间'),
        ),
        migrations.AddField(
            model_name='department',
            name='leader',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='负责人'),
        ),
        migrations.AddField(
            model_name='department',
            name='position',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='排序'),
        ),
        migrations.AddField(
            model_name='department',
            name='version',
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
    ]
