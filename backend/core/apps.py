from django.apps import AppConfig


class CoreConfig(AppConfig):
    """No models; here so that the system checks are registered with every command."""

    name = "backend.core"

    def ready(self) -> None:
        from backend import checks  # noqa: F401
