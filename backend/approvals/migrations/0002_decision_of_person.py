from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What somebody has decided is found by his decisions, of which some are in another's name."""

    atomic = False
    dependencies = [("approvals", "0001_initial")]

    operations = [
        AddIndexConcurrently("decision", models.Index(fields=["by", "-at"], name="decision_of_person")),
    ]
