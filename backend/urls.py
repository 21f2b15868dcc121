from django.contrib import admin
from django.urls import include, path

from backend.directory.admin_site import change_password

urlpatterns = [
    path("", include("mobile_api.urls")),  # first, because Django tries one after the other
    path("admin/password_change/", change_password),  # before Django's own
    path("admin/", admin.site.urls),
]
