from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('visits', '0005_who_closed'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='visit',
            index=models.Index(condition=models.Q(('decision', ''), ('verdict__in', ['unverifiable', 'out_of_range', 'suspect'])), fields=['company', '-started_at', '-id'], name='visit_waits_for_review'),
        ),
    ]
