"""A worker that is killed by the operating system before the n-th time it touches the storage in one way.

DJANGO_SETTINGS_MODULE=… python -m tests.concurrency.dying_file_worker <database> <media folder> <job id> <method> <n>
"""

import os
import signal
import sys
from typing import Any

import django
from django.conf import settings
from django.db import connection

from backend.files.local_storage import LocalStorage


def main(database: str, media: str, job_id: str, method: str, n: str) -> None:
    django.setup()
    connection.settings_dict["NAME"] = database
    settings.MEDIA_ROOT = media
    from backend.files import processing  # models exist only now

    original, calls = getattr(LocalStorage, method), []

    def dies(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == int(n):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    setattr(LocalStorage, method, dies)
    processing.process(int(job_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
