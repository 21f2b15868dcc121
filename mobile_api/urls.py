from django.urls import path

from mobile_api import health
from mobile_api.api import api

ALL_DAY = ("visits", "products", "stock", "me", "approvals", "notifications", "orders")
"""What phones ask for all day stands first, because Django tries one route after the other."""

_routes, _app_name, _namespace = api.urls
_routes.sort(key=lambda route: not str(route.pattern).startswith(ALL_DAY))

urlpatterns = [
    path("api/v1/", (_routes, _app_name, _namespace)),
    path("api/docs", health.docs),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
