from celery import shared_task

from backend.files import processing


@shared_task(name="files.process")
def process(*, job_id: int, **_: object) -> None:
    processing.process(job_id)
