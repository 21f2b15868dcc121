"""Every list of the contract has pages, or something that bounds it."""

from tests.mobile_api.test_access_matrix import OPERATIONS
from tests.support.contract import DOCUMENT

BOUNDED = {
    "GET /approvals/{approval_id}/history": "the decisions of one flow",
    "GET /auth/bindings": "one for each provider and corporation",
    "GET /auth/devices": "the newest two hundred of his own",
    "GET /auth/sessions": "the newest two hundred of his own",
    "GET /customers/fields": "settings of the company",
    "GET /customers/nearby": "the nearest fifty",
    "GET /customers/{customer_id}/co-owners": "fifty at most are named at once",
    "GET /dictionaries/{kind}": "settings of the company",
    "GET /expense-categories": "settings of the company",
    "GET /features": "the parts of the application",
    "GET /position-consent/texts": "the versions of one text",
    "GET /roles": "settings of the company",
    "GET /visit-cadences": "settings of the company",
    "GET /visits/due/counts": "one for each person with customers whose plans he sees",
    "GET /visits/statistics": "one for each person, department, level, type, or day of at most a year",
    "GET /stock": "has a limit; the best found come first",
}
"""Lists of `items` without pages, and why none of them grows. Anything else takes `limit` and `cursor`."""
LARGEST_PAGE = {"GET /departments": 1000}
"""Of a tree that a phone wants as a whole; of all others 100."""


def fields_of(operation: str) -> dict[str, object]:
    method, path = OPERATIONS[operation]
    content = DOCUMENT["paths"][path][method]["responses"].get("200", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema.get("properties", {})


def parameters_of(operation: str) -> dict[str, dict[str, object]]:
    method, path = OPERATIONS[operation]
    return {each["name"]: each["schema"] for each in DOCUMENT["paths"][path][method].get("parameters", ())}


def test_every_list_has_pages_or_a_bound():
    lists = {operation for operation in OPERATIONS if operation.startswith("GET") and "items" in fields_of(operation)}
    paged = {operation for operation in lists if "cursor" in parameters_of(operation)}
    assert lists - paged <= set(BOUNDED), "give it pages (mobile_api/paging.py), or say in BOUNDED why it cannot grow"
    assert len(paged) > 10
    for operation in paged:
        assert parameters_of(operation)["limit"]["maximum"] <= LARGEST_PAGE.get(operation, 100), operation
        assert "next_cursor" in fields_of(operation), operation


def test_no_reason_outlives_its_list():
    assert set(BOUNDED) <= set(OPERATIONS)
    assert not [operation for operation in BOUNDED if "items" not in fields_of(operation)]
