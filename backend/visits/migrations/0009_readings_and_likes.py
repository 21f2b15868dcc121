import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def mark(moments: list[tuple[str, models.Field]], related_name: str) -> list[tuple[str, models.Field]]:
    """The columns of what one person leaves on one visit."""
    protect = django.db.models.deletion.PROTECT
    return [
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        *moments,
        ("company", models.ForeignKey(db_index=False, on_delete=protect, related_name="+", to="directory.company")),
        (
            "employee",
            models.ForeignKey(db_index=False, on_delete=protect, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        (
            "visit",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name=related_name,
                to="visits.visit",
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0018_may_export_the_directory"),
        ("visits", "0008_place_proposals"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VisitReading",
            fields=mark([("read_at", models.DateTimeField(verbose_name="阅读时间"))], "readings"),
            options={
                "verbose_name": "已阅",
                "verbose_name_plural": "已阅",
                "constraints": [models.UniqueConstraint(fields=("visit", "employee"), name="visit_reading_once")],
            },
        ),
        migrations.CreateModel(
            name="VisitLike",
            fields=mark(
                [
                    ("liked_at", models.DateTimeField(verbose_name="点赞时间")),
                    ("taken_back_at", models.DateTimeField(blank=True, null=True, verbose_name="取消时间")),
                ],
                "likes",
            ),
            options={
                "verbose_name": "点赞",
                "verbose_name_plural": "点赞",
                "constraints": [models.UniqueConstraint(fields=("visit", "employee"), name="visit_like_once")],
            },
        ),
    ]
