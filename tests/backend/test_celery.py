import os
import subprocess
import sys

from celery import current_app
from django.conf import settings


def test_a_process_of_a_worker_gives_way_to_whoever_waits_for_an_answer():
    begin = "import os, backend.celery; from celery.signals import worker_process_init as begun"
    command = [sys.executable, "-c", f"{begin}; begun.send(None); print(os.nice(0))"]
    said = subprocess.run(command, cwd=settings.ROOT, capture_output=True, text=True, check=True).stdout
    assert int(said) == min(19, os.nice(0) + 10)


def test_what_may_take_minutes_waits_in_a_queue_of_its_own():
    current_app.loader.import_default_modules()

    patient = {
        name
        for name, task in current_app.tasks.items()
        if task.time_limit and task.time_limit > settings.CELERY_TASK_TIME_LIMIT
    }

    assert {"exports.make", "customers.import_file"} <= patient
    assert patient == settings.CELERY_TASK_ROUTES.keys()
