from django.db import migrations

OWE = """
    INSERT INTO files_filejob (company_id, status, attempts, due_at, error, created_at, work, attachment_id, revision)
    SELECT file.company_id, 'pending', 0, now() + row_number() OVER () * interval '1 second', '', now(),
        'forget_place', file.id, 0
    FROM files_attachment file
    WHERE file.status = 'ready' AND file.place_removed_at IS NULL AND EXISTS (
        SELECT FROM visits_visitphoto photo
        JOIN visits_visit visit ON visit.id = photo.visit_id
        JOIN visits_visitpolicy policy ON policy.company_id = visit.company_id
        WHERE photo.attachment_id = file.id AND visit.started_at <= policy.coarse_until)
    ON CONFLICT (attachment_id, work, revision) DO NOTHING
"""
"""The nights passed over these visits before they took the position out of originals, too. One a second, so that what
people are waiting for is not kept waiting."""


class Migration(migrations.Migration):

    dependencies = [
        ('files', '0004_forgetting_places'),
        ('visits', '0013_kept_back'),
    ]

    operations = [
        migrations.RunSQL(OWE, migrations.RunSQL.noop),
    ]
