"""An app of any kind in the place of an app of WeCom."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models
from django.db.models import Q

KINDS = [
    ("wecom_app", "企业微信自建应用"),
    ("wecom_contacts", "企业微信通讯录同步"),
    ("mini_program", "微信小程序"),
    ("official_account", "微信公众号"),
]


class Migration(migrations.Migration):
    dependencies = [("directory", "0001_initial"), ("wechat", "0001_initial")]

    operations = [
        migrations.RemoveConstraint("wecomapp", "wecom_app_once"),
        migrations.RenameModel("WecomApp", "App"),
        migrations.AlterModelOptions("app", {"verbose_name": "平台应用", "verbose_name_plural": "平台应用"}),
        migrations.RenameField("app", "corp_id", "platform_id"),
        migrations.AlterField(
            "app", "platform_id", models.CharField(max_length=64, verbose_name="企业 ID 或 AppID")
        ),
        migrations.AlterField(
            "app", "agent_id", models.PositiveIntegerField(blank=True, null=True, verbose_name="应用 ID (AgentId)")
        ),
        migrations.AddField(
            "app",
            "kind",
            models.CharField(choices=KINDS, default="wecom_app", max_length=16, verbose_name="类型"),
            preserve_default=False,
        ),
        migrations.AddField(
            "app", "callback_token_encrypted", models.TextField(blank=True, default="", editable=False),
            preserve_default=False,
        ),
        migrations.AddField(
            "app", "aes_key_encrypted", models.TextField(blank=True, default="", editable=False), preserve_default=False
        ),
        migrations.AddField(
            "app",
            "public_id",
            models.UUIDField(
                db_default=RandomUUID(), default=uuid.uuid4, editable=False, unique=True, verbose_name="回调标识"
            ),
        ),
        migrations.AddConstraint(
            "app",
            models.UniqueConstraint(
                fields=("company", "kind", "platform_id", "agent_id"), nulls_distinct=False, name="platform_app_once"
            ),
        ),
        migrations.AddConstraint(
            "app",
            models.CheckConstraint(
                condition=Q(("agent_id__isnull", False), ("kind", "wecom_app"))
                | Q(Q(("kind", "wecom_app"), _negated=True), ("agent_id", None)),
                name="agent_id_of_wecom_apps_only",
            ),
        ),
    ]
