"""Who was signed in before devices were kept, keeps the device he was signed in from."""

from django.db import migrations

DEVICES = """
    INSERT INTO directory_device
        (id, company_id, employee_id, device_id, name, app, address, status, created_at, last_signed_in_at)
    SELECT DISTINCT ON (employee_id, device_id)
        gen_random_uuid(), company_id, employee_id, device_id, device_name, app, address, 'trusted',
        created_at, created_at
    FROM directory_session
    ORDER BY employee_id, device_id, created_at DESC
    ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("directory", "0004_login_security")]
    operations = [migrations.RunSQL(DEVICES, migrations.RunSQL.noop)]
