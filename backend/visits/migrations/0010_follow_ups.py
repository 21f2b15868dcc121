from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("visits", "0009_readings_and_likes")]

    operations = [
        migrations.AddField(
            "visit", "next_told_at", models.DateTimeField(blank=True, editable=False, null=True)
        ),
    ]
