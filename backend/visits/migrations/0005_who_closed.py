"""Until now only owners checked out."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('visits', '0004_plans_in_depth'),
    ]

    operations = [
        migrations.AddField(
            model_name='visit',
            name='closed_by',
            field=models.CharField(blank=True, choices=[('owner', '本人签退'), ('manager', '主管代签退'), ('system', '夜间自动签退')], db_default='', default='', max_length=7, verbose_name='签退方式'),
        ),
        migrations.RunSQL("UPDATE visits_visit SET closed_by = 'owner' WHERE status = 'completed'", migrations.RunSQL.noop),
    ]
