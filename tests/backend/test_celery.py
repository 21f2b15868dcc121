import os
import subprocess
import sys

from django.conf import settings


def test_a_process_of_a_worker_gives_way_to_whoever_waits_for_an_answer():
    begin = "import os, backend.celery; from celery.signals import worker_process_init as begun"
    command = [sys.executable, "-c", f"{begin}; begun.send(None); print(os.nice(0))"]
    said = subprocess.run(command, cwd=settings.ROOT, capture_output=True, text=True, check=True).stdout
    assert int(said) == min(19, os.nice(0) + 10)
