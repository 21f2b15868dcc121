from django.http import HttpRequest

from backend.core.actor import Actor
from backend.directory.models import Employee
from backend.directory.selectors import actor_for


def acting(request: HttpRequest) -> Actor:
    assert isinstance(request.user, Employee)  # the admin site lets nobody else in
    return actor_for(request.user)
