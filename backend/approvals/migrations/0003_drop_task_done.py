from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """`decision_of_person` serves the box of what is done; the code before it also does without this index."""

    atomic = False
    dependencies = [("approvals", "0002_decision_of_person")]

    operations = [RemoveIndexConcurrently("task", "task_done")]
