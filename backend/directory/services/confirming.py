"""A person who is signed in proves once more that it is he, before what a stolen token must not be enough for."""

from datetime import datetime

from django.contrib.auth.hashers import check_password

from backend.core.transactions import commits_in_steps
from backend.directory import attempts
from backend.directory.models import Employee
from backend.directory.services import throttling


@commits_in_steps("a guess stays counted although it is wrong")
def is_own_password(*, employee: Employee, password: str, at: datetime) -> bool:
    """Whether this is the employee's password, as he was read. Raises TooManyAttempts.

    Counted by person, apart from the doors: who guesses here holds a token already, and must not be able to keep the
    owner from signing in.
    """
    counters = [attempts.of_confirmation(employee.pk)]
    throttling.count_attempts(counters=counters, at=at)
    right = check_password(password, employee.password)
    if right:
        throttling.forgive(counters=counters)
    return right
