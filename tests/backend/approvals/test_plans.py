"""Years of decisions make no list slower."""

import pytest
from django.db import connection

from backend.approvals import selectors
from backend.approvals.models import Approval
from backend.approvals.selectors import Box
from backend.core import clock
from tests.backend.approvals.conftest import step
from tests.support.plans import plans_of

ROWS = 20_000


@pytest.fixture
def years(cast, flow, submit):
    """Li Lei submitted 20,000 customers; Han Meimei decided all but ten."""
    flow(step("manager", "direct_manager"))
    first = submit(cast.li)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH more AS (
                INSERT INTO approvals_approval (id, version, created_at, updated_at, company_id, owner_id,
                    department_id, flow_version_id, document_type, document_id, title, summary, route, step, status,
                    submitted_at, finished_at)
                SELECT gen_random_uuid(), 1, now(), now(), company_id, owner_id, department_id, flow_version_id,
                    document_type, gen_random_uuid(), title, summary, route, 0,
                    CASE WHEN n > 10 THEN 'approved' ELSE 'pending' END, now() - n * interval '1 min',
                    CASE WHEN n > 10 THEN now() - n * interval '1 s' END
                FROM approvals_approval, generate_series(2, %s) n WHERE id = %s
                RETURNING id, company_id, status, finished_at
            ), tasks AS (
                INSERT INTO approvals_task (company_id, approval_id, step, employee_id, status, opened_at, closed_at)
                SELECT company_id, id, 0, %s, CASE status WHEN 'pending' THEN 'open' ELSE status END, now(), finished_at
                FROM more RETURNING id, company_id, employee_id, status, closed_at
            ), decisions AS (
                INSERT INTO approvals_decision (company_id, task_id, by_id, verdict, opinion, at, address, device)
                SELECT company_id, id, employee_id, status, '', closed_at, '', '' FROM tasks
                WHERE closed_at IS NOT NULL
            )
            INSERT INTO documents_share (company_id, document_type, document_id, employee_id)
            SELECT company_id, 'approvals.approval', id, %s FROM more
            """,
            [ROWS, first.pk, cast.han.pk, cast.han.pk],
        )
        cursor.execute("ANALYZE approvals_approval, approvals_task, approvals_decision, documents_share")
    assert Approval.objects.count() == ROWS


def test_every_box_is_read_by_index(years, cast):
    li, han, at = cast.actor(cast.li), cast.actor(cast.han), clock.now()
    done = selectors.list_approvals(actor=han, box=Box.DONE)
    # Li is all of his company here, so that any of the three indexes in order of time is as good.
    plans = {
        "task_todo": plans_of(lambda: selectors.open_task_count(actor=han)),
        "task_todo on": plans_of(lambda: list(selectors.list_approvals(actor=han, box=Box.TODO)[:21])),
        "decision_of_person": plans_of(lambda: list(done[:21])),
        "decision_of_person on": plans_of(lambda: list(done.filter(decided_at__lte=at)[:21])),
        "approval_of_": plans_of(lambda: list(selectors.list_approvals(actor=li, box=Box.SUBMITTED)[:21])),
    }
    for index, plan in plans.items():
        assert f"using {index}" in plan
        assert "Seq Scan on approvals" not in plan
