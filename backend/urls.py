from django.contrib import admin
from django.urls import include, path

from backend.directory.admin_site import change_password

urlpatterns = [
    path("", include("mobile_api.urls")),  # first, because Django tries one after the other
    path("admin/password_change/", change_password),  # before Django's own
    path("admin/", admin.site.urls),
]

handler400 = "mobile_api.pages.bad_request"
handler403 = "mobile_api.pages.forbidden"
handler404 = "mobile_api.pages.not_found"
handler500 = "mobile_api.pages.crashed"
