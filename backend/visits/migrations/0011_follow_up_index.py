from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """While the table is in use."""

    atomic = False
    dependencies = [("visits", "0010_follow_ups")]

    operations = [
        AddIndexConcurrently(
            "visit",
            models.Index(
                fields=["next_on"],
                condition=models.Q(next_on__isnull=False, next_told_at=None),
                name="visit_to_follow_up",
            ),
        ),
    ]
