"""The admin site's own lockout: whoever guesses there slows down his address first, then everybody for that account.

Counted apart from the phones' doors, so that neither can be used to shut the other.
"""

import hashlib
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from backend.core.addresses import network_of
from backend.core.context import origin
from backend.core.transactions import commits_in_steps
from backend.directory.models import Door, Employee, Throttle
from backend.directory.services import entry, logins, throttling
from backend.directory.services.logins import BROWSER

PER_ACCOUNT_AND_ADDRESS = 5
PER_ADDRESS = 20
PER_ACCOUNT = 50
"""Higher, because whoever guesses from many addresses could otherwise keep the administrator himself waiting."""


@commits_in_steps("an attempt stays counted and noted although the sign-in fails")
def who_signs_in(*, login: str, password: str, at: datetime) -> Employee | None:
    """The active employee with this login and password, None for anybody else. Keeps the attempt in the login log.

    Raises TooManyAttempts, or where a restriction of his role forbids it, AddressRefused or HoursRefused.

    Takes as long for an unknown login as for a wrong password. Whether he may enter is for the site to say.
    """
    login = login.strip().lower()
    address = network_of(origin().address)
    free = {
        _key(login, address): PER_ACCOUNT_AND_ADDRESS,
        _key("", address): PER_ADDRESS,
        _key(login, ""): PER_ACCOUNT,
    }
    waits = [throttling.count_attempt(key=key, free=attempts, at=at) for key, attempts in free.items()]
    if any(waits):
        raise throttling.TooManyAttempts(retry_after_s=max(waits))
    employee = Employee.objects.filter(login=login).first()
    if employee is None or not employee.is_active:
        make_password(password)
        right = False
    else:
        right = check_password(password, employee.password)
    if employee is None or not right:
        company = login.partition("/")[0]
        logins.note_wrong_password(company=company, employee=employee, door=Door.ADMIN, device=BROWSER, at=at)
        return None
    Throttle.objects.filter(key__in=free).delete()
    refusal = entry.refusal_at_admin(employee=employee, at=at)
    if refusal is not None:
        raise refusal
    return employee


def _key(login: str, address: str) -> str:
    """A digest, for what was typed as a login may be a password."""
    return f"admin:{hashlib.sha256(repr((login, address)).encode()).hexdigest()}"
