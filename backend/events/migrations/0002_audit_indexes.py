from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('events', '0001_initial'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(fields=['company', '-at', '-id'], name='event_of_company'),
        ),
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(fields=['actor', '-at', '-id'], name='event_of_person'),
        ),
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(
                condition=models.Q(('on_behalf_of__isnull', False)),
                fields=['on_behalf_of', '-at', '-id'],
                name='event_for_person',
            ),
        ),
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(
                models.F('company'),
                models.Func(
                    models.F('name'),
                    output_field=models.TextField(),
                    template="split_part(%(expressions)s, '.', 1)",
                ),
                models.OrderBy(models.F('at'), descending=True),
                models.OrderBy(models.F('id'), descending=True),
                models.F('name'),
                name='event_of_family',
            ),
        ),
    ]
