"""A worker that is killed by the operating system before the n-th time it touches the storage in one way, or draws.

DJANGO_SETTINGS_MODULE=… python -m tests.concurrency.dying_file_worker <database> <media folder> <job id> <step> <n>
"""

import os
import signal
import sys
from typing import Any

import django
from django.conf import settings
from django.db import connection

from backend.files.local_storage import LocalStorage


def main(database: str, media: str, job_id: str, step: str, n: str) -> None:
    django.setup()
    connection.settings_dict["NAME"] = database
    settings.MEDIA_ROOT = media
    from backend.files import processing, watermark  # models exist only now

    place: Any = watermark if step == "draw" else LocalStorage
    original, calls = getattr(place, step), []

    def dies(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == int(n):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    setattr(place, step, dies)
    processing.process(int(job_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
