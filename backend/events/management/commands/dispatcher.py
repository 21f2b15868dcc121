import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from backend.core.text import in_both
from backend.events import dispatching


class Command(BaseCommand):
    help = in_both("把到期的任务行交给 Celery", "Hand due rows to Celery")

    def handle(self, *args: Any, **options: Any) -> None:
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        self.stdout.write(in_both("调度器已启动", "dispatcher running"))
        dispatching.run(stop=ended.is_set)
