from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("mobile_api.urls")),  # first, because Django tries one after the other
    path("admin/", admin.site.urls),
]
