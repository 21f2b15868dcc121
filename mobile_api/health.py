"""For the machines around: is the process alive, may it get traffic, how is it doing; and the documentation page."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_GET
from ninja.openapi.docs import Swagger
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from backend.core.addresses import is_loopback
from backend.core.context import origin
from backend.core.errors import NotFound, Unauthenticated
from mobile_api.errors import domain_problem

_migrated = False


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: touches nothing, so a slow database does not get healthy processes killed."""
    return JsonResponse({"status": "ok"})


@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: the database answers and no migration is missing."""
    global _migrated
    try:
        if not _migrated:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        else:
            connection.ensure_connection()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "database unavailable"}, status=503)
    if not _migrated:
        return JsonResponse({"status": "migrations missing"}, status=503)
    return JsonResponse({"status": "ready"})


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus's, with the bearer token of METRICS_TOKEN. Without one it is closed in production, where a proxy makes
    every caller look like this machine, and open to this machine elsewhere."""
    if settings.METRICS_TOKEN:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
            return domain_problem(request, Unauthenticated())
    elif settings.PRODUCTION or not is_loopback(origin().address):
        return domain_problem(request, NotFound())
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from django-ninja's own static files: works with no internet."""
    from mobile_api.api import api

    return Swagger(settings={"persistAuthorization": True}).render_page(request, api)
