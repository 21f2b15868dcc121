"""For the machines around: is the process alive, may it get traffic, how is it doing; and the documentation page."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from ninja.openapi.docs import Swagger
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

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
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from django-ninja's own static files: works with no internet."""
    from mobile_api.api import api

    return Swagger(settings={"persistAuthorization": True}).render_page(request, api)
