import os
import sys
from pathlib import Path

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

app = Celery("waiqin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def _make_folders(sender: Celery, **_: object) -> None:
    """kombu's filesystem transport expects its folders to exist."""
    for name in ("data_folder_in", "control_folder"):
        if folder := sender.conf.broker_transport_options.get(name):
            Path(folder).mkdir(parents=True, exist_ok=True)


@worker_process_init.connect
def _give_way(**_: object) -> None:
    """Where the web server runs on the same machine, a person who waits comes before a picture that is made."""
    os.nice(10)


@worker_init.connect
@beat_init.connect
def _refuse_to_start(**_: object) -> None:
    """Celery runs Django's checks and does not look at what they found."""
    from django.core.exceptions import ImproperlyConfigured

    from backend import checks

    try:
        checks.refuse_to_start()
    except ImproperlyConfigured as exc:
        sys.exit(str(exc))  # any other exception Celery would log and go on
