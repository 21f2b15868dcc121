"""Tickets of web pages beside the access token of an app."""

import django.db.models.deletion
from django.db import migrations, models

PURPOSES = [("access", "访问凭证"), ("jsapi_ticket", "网页票据"), ("agent_ticket", "应用票据")]


class Migration(migrations.Migration):
    dependencies = [("wechat", "0003_callback")]

    operations = [
        migrations.AlterField(
            "platformtoken",
            "app",
            models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="wechat.app"),
        ),
        migrations.AddField(
            "platformtoken",
            "purpose",
            models.CharField(choices=PURPOSES, default="access", max_length=16),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "platformtoken", models.UniqueConstraint(fields=("app", "purpose"), name="platform_token_once")
        ),
    ]
