"""How one gets into the admin site, and what one must do there first."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from unfold.forms import AdminOwnPasswordChangeForm

from backend.core import clock
from backend.directory.models import Employee
from backend.directory.selectors import actor_for
from backend.directory.services import admin_door, confirming, people


class AdminDoor(ModelBackend):
    """Django's backend of passwords, with a lockout before it."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Employee | None:
        """Raises TooManyAttempts, which `backend.admin_middleware` answers."""
        if not username or not password:
            return None
        return admin_door.who_signs_in(login=username, password=password, at=clock.now())


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]  # unfold carries no types
    def clean_old_password(self) -> str:
        """With a count of the guesses. Raises TooManyAttempts, which `backend.admin_middleware` answers."""
        old = str(self.cleaned_data["old_password"])
        if not confirming.is_own_password(employee=self.user, password=old, at=clock.now()):
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old

    def save(self, commit: bool = True) -> Employee:
        """By the service: every device is signed out, the change is on record and no longer demanded."""
        given = self.cleaned_data
        people.change_own_password(
            actor=actor_for(self.user), old=given["old_password"], new=given["new_password1"], at=clock.now()
        )
        self.user.refresh_from_db()
        return self.user  # type: ignore[no-any-return]


def change_password(request: HttpRequest) -> HttpResponseBase:
    """In the place of Django's page, which would write past the service."""
    site = admin.site
    view = PasswordChangeView.as_view(
        form_class=OwnPasswordForm,
        template_name=site.password_change_template or "registration/password_change_form.html",
        success_url="/admin/password_change/done/",
        extra_context=site.each_context(request),
    )
    return site.admin_view(view)(request)
