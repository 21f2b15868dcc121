"""Schemathesis over the whole contract: whatever it generates, the API keeps its word.

One class of check is replaced by a sharper one: "positive data must be accepted" knows no rule beyond the schema, such
as a cursor that this server never gave out. Here a request that fits the schema may be refused as unprocessable only
with a code of its own, never with the generic `invalid` or `bad_request`.

The application runs in this process on the test database, so every operation is called for real, also those that
write, by the administrator, who may do everything.
"""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from backend.wsgi import application
from mobile_api.api import api as contract
from tests.support.client import access_token

EXAMPLES = 20
GENERIC = {"invalid", "bad_request", "unsupported_media_type"}
UNSAYABLE = {"time_out_of_range", "ids_or_up_to_required"}
"""Codes of fields that JSON Schema, or the generator's reading of it, has no words for."""
UNSAYABLE_OF = {
    "PUT /api/v1/roles/{code}": {"string_pattern_mismatch", "literal_error", "invalid"},
    "POST /api/v1/auth/bind": {"invalid"},
}
"""The generator takes the pattern of a map's keys for a hint and makes others too, and which capabilities there are the
service knows; a ticket or else a door and a code are fields of one body."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
OPERATIONS = {operation.ok().label: operation.ok() for operation in SCHEMA.get_all_operations()}


def test_every_operation_of_the_contract_is_tried():
    declared = sum(len(methods) for methods in contract.get_openapi_schema()["paths"].values())
    assert len(OPERATIONS) == declared


@pytest.fixture
def one_connection(cast):
    """A WSGI server closes old connections around each request; here that would end the test's own transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("label", OPERATIONS)
def test_the_api_keeps_its_contract(label, cast):
    @given(case=OPERATIONS[label].as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # shrinking a failure takes minutes and tells little more
        suppress_health_check=list(HealthCheck),
    )
    def holds(case):
        token = access_token(cast.qian)  # anew each time: an example may have signed the last one out
        headers = {"Authorization": f"Bearer {token}"}
        response = case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
        if case.meta.generation.mode is GenerationMode.POSITIVE and response.status_code in {400, 415, 422}:
            problem = response.json()
            codes = {error["code"] for error in problem.get("errors", [])}
            assert problem["code"] not in GENERIC or (codes and codes <= UNSAYABLE | UNSAYABLE_OF.get(label, set())), (
                response.content
            )

    holds()
