from celery import current_app

from backend.events.dispatching import owed_models


def run_owed() -> int:
    """Perform everything due by calling the very tasks Celery would run; the number of rows performed."""
    current_app.loader.import_default_modules()  # as a worker does when it starts; registers the tasks
    performed = 0
    while due := [(model, pk) for model in owed_models() for pk in model.take_due()]:
        for model, pk in due:
            current_app.tasks[model.task_name](**{model.id_argument: pk})
            performed += 1
    return performed
