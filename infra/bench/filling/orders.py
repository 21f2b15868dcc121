"""Orders with their lines and what the ERP said of them; money asked for, decided and waiting."""

from backend.approvals.models import Approval, Decision, FlowVersion, Task
from backend.directory.models import Company
from backend.documents.models import Share
from backend.events.models import Event
from backend.expenses.models import ExpenseCategory, ExpenseRequest
from backend.orders.models import Line, Order, OrderEvent
from infra.bench.filling.bulk import insert

LINES = 3
WHOSE = """
    JOIN rep ON rep.k = mod(n, (SELECT count(*) FROM rep))
    JOIN customer c ON c.k = mod(n, (SELECT count(*) FROM customer))
"""


def add_orders(company: Company, count: int) -> None:
    """Evenly over time, one every 632 s, each of three products."""
    given = {"company": company.pk, "count": count, "lines": LINES}
    line = "mod(n, 9) + 1"
    insert(
        Order,
        f"""
        (
            SELECT n, now() - (%(count)s - n) * interval '632 seconds' AS at
            FROM generate_series(0, %(count)s - 1) AS n
        ) AS o
        {WHOSE} CROSS JOIN LATERAL (
            SELECT sum(p.list_price * ({line})) AS total FROM generate_series(1, %(lines)s) AS place
            JOIN product p ON p.k = mod(n * 3 + place, (SELECT count(*) FROM product))
        ) AS sums
        """,
        given,
        id="pg_temp.id_at(o.at)",
        company_id="%(company)s",
        owner_id="rep.id",
        department_id="rep.department_id",
        number="'SO' || lpad(o.n::text, 9, '0')",
        customer_id="c.id",
        status="'accepted'",
        currency="'CNY'",
        total="sums.total",
        submitted_at="o.at",
        label="'shipped'",
        approval="'confirmed'",
        shipping="'shipped'",
        as_of="o.at + interval '2 days'",
        created_at="o.at",
        updated_at="o.at",
    )
    insert(
        Line,
        """
        (SELECT id, company_id, right(number, 9)::int AS n FROM orders_order WHERE company_id = %(company)s) AS o
        CROSS JOIN generate_series(1, %(lines)s) AS place
        JOIN product p ON p.k = mod(n * 3 + place, (SELECT count(*) FROM product))
        """,
        given,
        id="gen_random_uuid()",
        company_id="o.company_id",
        order_id="o.id",
        position="place",
        product_id="p.id",
        product_code="p.code",
        product_name="p.name",
        unit="p.unit",
        quantity=line,
        unit_price="p.list_price",
        tax_rate="p.tax_rate",
        amount=f"p.list_price * ({line})",
    )
    insert(
        OrderEvent,
        """
        orders_order o CROSS JOIN (VALUES ('submitted', 0), ('confirmed', 1), ('shipped', 2)) AS said (kind, days)
        WHERE o.company_id = %(company)s
        """,
        given,
        company_id="o.company_id",
        order_id="o.id",
        source="CASE said.kind WHEN 'submitted' THEN 'waiqin' ELSE 'erp' END",
        external_id="o.number || said.kind",
        kind="said.kind",
        occurred_at="o.created_at + said.days * interval '1 day'",
        as_of="o.created_at + said.days * interval '1 day'",
        received_at="o.created_at + said.days * interval '1 day'",
    )


def add_requests(company: Company, *, decided: int, waiting: int) -> None:
    """Each below the amount from which finance is asked too: one decision of the direct manager settles it."""
    flow = FlowVersion.objects.filter(flow__company=company, flow__document_type="expenses.expenserequest").latest("pk")
    category = ExpenseCategory.objects.get(company=company, code="travel")
    given = {
        "company": company.pk,
        "flow": flow.pk,
        "category": category.pk,
        "decided": decided,
        "all": decided + waiting,
    }
    insert(
        Approval,
        f"""(
            SELECT n, at, n < %(decided)s AS over, pg_temp.id_at(at) AS id FROM (
                SELECT n, now() - (%(all)s - n) * interval '90 seconds' AS at FROM generate_series(0, %(all)s - 1) AS n
            ) AS moments
        ) AS r {WHOSE}""",
        given,
        id="r.id",
        company_id="%(company)s",
        owner_id="rep.id",
        department_id="rep.department_id",
        flow_version_id="%(flow)s",
        document_type="'expenses.expenserequest'",
        document_id="r.id",
        title="'FY' || lpad(r.n::text, 9, '0') || ' 客户拜访差旅'",
        summary="""jsonb_build_object(
            'number', 'FY' || lpad(r.n::text, 9, '0'), 'category', '差旅费', 'customer', c.name,
            'amount', jsonb_build_object('amount', (100 + mod(r.n, 4000))::text, 'currency', 'CNY'),
            'purpose', '客户拜访差旅')""",
        route="""jsonb_build_array(jsonb_build_object(
            'key', 'manager', 'name_zh', '直属主管', 'name_en', 'Direct manager', 'source', 'direct_manager',
            'value', '', 'mode', 'any', 'escalated', false, 'passed_over', false,
            'people', jsonb_build_array(jsonb_build_object('id', rep.manager_id, 'name', rep.manager_name))))""",
        status="CASE WHEN r.over THEN 'approved' ELSE 'pending' END",
        submitted_at="r.at",
        finished_at="CASE WHEN r.over THEN r.at + interval '1 hour' END",
        created_at="r.at",
        updated_at="r.at",
    )
    approvals = "approvals_approval a JOIN rep ON rep.id = a.owner_id"
    insert(
        ExpenseRequest,
        f"{approvals} JOIN customer c ON c.name = a.summary ->> 'customer'",
        given,
        id="a.id",
        company_id="a.company_id",
        owner_id="a.owner_id",
        department_id="a.department_id",
        number="a.summary ->> 'number'",
        category_id="%(category)s",
        customer_id="c.id",
        purpose="a.summary ->> 'purpose'",
        amount="(a.summary #>> '{amount,amount}')::numeric",
        currency="'CNY'",
        status="CASE a.status WHEN 'approved' THEN 'approved' ELSE 'in_approval' END",
        submitted_at="a.submitted_at",
        approval_id="a.id",
        created_at="a.created_at",
        updated_at="a.updated_at",
    )
    insert(
        Task,
        approvals,
        given,
        company_id="a.company_id",
        approval_id="a.id",
        step="0",
        employee_id="rep.manager_id",
        status="CASE a.status WHEN 'approved' THEN 'approved' ELSE 'open' END",
        opened_at="a.submitted_at",
        closed_at="a.finished_at",
    )
    insert(
        Decision,
        "approvals_task t WHERE t.company_id = %(company)s AND t.status = 'approved'",
        given,
        company_id="t.company_id",
        task_id="t.id",
        by_id="t.employee_id",
        verdict="'approved'",
        opinion="'同意'",
        at="t.closed_at",
    )
    insert(
        Share,
        f"{approvals} CROSS JOIN (VALUES ('approvals.approval'), ('expenses.expenserequest')) AS shown (kind)",
        given,
        company_id="a.company_id",
        document_type="shown.kind",
        document_id="a.id",
        employee_id="rep.manager_id",
    )
    insert(
        Event,
        approvals,
        given,
        company_id="a.company_id",
        name="'approval.requested'",
        subject_type="'approvals.approval'",
        subject_id="a.id",
        actor_id="a.owner_id",
        data="jsonb_build_object('title', a.title, 'approvers', jsonb_build_array(rep.manager_id))",
        request_id="a.id::text",
        at="a.submitted_at",
    )
