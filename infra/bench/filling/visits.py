"""Visits with their evidence and history."""

from typing import Any

from backend.directory.models import Company
from backend.documents.models import Share
from backend.events.models import Delivery, Event
from backend.files.models import Attachment
from backend.visits.models import CheckInSample, Visit, VisitComment, VisitPhoto, VisitPlan
from infra.bench.filling.bulk import insert

MOMENTS = """(
    SELECT n, at, pg_temp.id_at(at) AS id FROM (
        SELECT n, now() - (%(count)s - n) * interval '158 seconds' AS at FROM generate_series(0, %(count)s - 1) AS n
    ) AS moments
) AS v"""
"""A year holds 200,000."""
OPENINGS = """(
    SELECT mod(n, (SELECT count(*) FROM rep)) AS n, now() - interval '400 days' + n * interval '1 second' AS at
    FROM generate_series(0, %(openings)s * (SELECT count(*) FROM rep) - 1) AS n
) AS v"""
WHOSE = """
    JOIN rep ON rep.k = mod(v.n, (SELECT count(*) FROM rep))
    JOIN customer c ON c.k = mod(v.n, (SELECT count(*) FROM customer))
"""
DOUBTFUL = "mod(v.n / 7, 10) = 0"
OUT_OF_RANGE = '[{"code": "out_of_range", "value": 870.5, "limit": 312.0, "unit": "m"}]'
DONE = "visits_visit v JOIN rep ON rep.id = v.owner_id WHERE v.company_id = %(company)s AND v.status = 'completed'"


def add_visits(company: Company, count: int, *, openings: int) -> None:
    """Evenly over time and reps; a tenth with a plan, a tenth with a photo, a tenth commented on by the manager, one of
    256 shown to a colleague. `openings` more of each rep wait for their check-in. Events are kept for a year."""
    given = {"company": company.pk, "count": count, "openings": openings, "out_of_range": OUT_OF_RANGE}
    insert(
        Visit,
        MOMENTS + WHOSE,
        given,
        id="v.id",
        company_id="%(company)s",
        owner_id="rep.id",
        department_id="rep.department_id",
        customer_id="c.id",
        plan_id="CASE WHEN mod(v.n / 3, 10) = 0 THEN v.id END",
        purpose="'新品推介'",
        status="'completed'",
        started_at="v.at",
        checked_in_at="v.at",
        captured_at="v.at - interval '2 seconds'",
        skew_s="2",
        device_id="'phone'",
        lat="c.lat",
        lng="c.lng",
        accuracy_m="12",
        distance_m=f"CASE WHEN {DOUBTFUL} THEN 870.5 ELSE 8.25 END",
        verdict=f"CASE WHEN {DOUBTFUL} THEN 'out_of_range' ELSE 'verified' END",
        reasons=f"CASE WHEN {DOUBTFUL} THEN %(out_of_range)s::jsonb ELSE '[]' END",
        checked_out_at="v.at + interval '25 minutes'",
        closed_by="'owner'",
        summary="'客户有意向，下周送样；陈列良好，竞品促销力度大。'",
        next_step="'送样'",
        version="4",
        created_at="v.at",
        updated_at="v.at",
    )
    _add_evidence(given)
    _add_history(given)
    insert(
        Visit,
        OPENINGS + WHOSE,
        given,
        id="pg_temp.id_at(v.at)",
        company_id="%(company)s",
        owner_id="rep.id",
        department_id="rep.department_id",
        customer_id="c.id",
        started_at="v.at",
        created_at="v.at",
        updated_at="v.at",
    )


def _some(byte: int, of_256: int) -> str:
    """The last bytes of an id are as good as dice."""
    return f"{DONE} AND get_byte(uuid_send(v.id), {byte}) < {of_256}"


def _add_evidence(given: dict[str, Any]) -> None:
    whose = {"company_id": "v.company_id", "owner_id": "v.owner_id", "department_id": "v.department_id"}
    when = {"created_at": "v.created_at", "updated_at": "v.created_at"}
    insert(
        CheckInSample,
        DONE,
        given,
        company_id="v.company_id",
        visit_id="v.id",
        stage="'check_in'",
        lat="v.lat",
        lng="v.lng",
        accuracy_m="v.accuracy_m",
        crs="'wgs84'",
        fixed_at="v.captured_at",
        source="'gps'",
        wgs84_lat="v.lat",
        wgs84_lng="v.lng",
    )
    insert(
        VisitPlan,
        f"{DONE} AND v.plan_id IS NOT NULL",
        given,
        id="v.plan_id",
        customer_id="v.customer_id",
        planned_on="(v.started_at AT TIME ZONE 'Asia/Shanghai')::date",
        status="'done'",
        **whose,
        **when,
    )
    insert(
        Attachment,
        _some(15, 26),
        given,
        id="v.id",
        name="'shelf.jpg'",
        purpose="'visit_photo'",
        content_type="'image/jpeg'",
        size="1500000",
        sha256="encode(sha256(uuid_send(v.id)), 'hex')",
        status="'ready'",
        original="'originals/' || v.id",
        derivatives="jsonb_build_object('thumbnail', 'thumbnails/' || v.id, 'display', 'displays/' || v.id)",
        **whose,
        **when,
    )
    insert(
        VisitPhoto,
        _some(15, 26),
        given,
        company_id="v.company_id",
        visit_id="v.id",
        attachment_id="v.id",
        tag="'陈列'",
        created_at="v.created_at",
    )


def _add_history(given: dict[str, Any]) -> None:
    insert(
        VisitComment,
        _some(14, 26),
        given,
        id="gen_random_uuid()",
        company_id="v.company_id",
        visit_id="v.id",
        author_id="rep.manager_id",
        text="'做得好，注意竞品价格。'",
        created_at="v.checked_out_at",
    )
    insert(
        Share,
        _some(13, 1).replace(
            " WHERE ", " JOIN rep colleague ON colleague.k = mod(rep.k + 1, (SELECT count(*) FROM rep)) WHERE "
        ),
        given,
        company_id="v.company_id",
        document_type="'visits.visit'",
        document_id="v.id",
        employee_id="colleague.id",
    )
    insert(
        Event,
        f"{DONE} AND v.started_at > now() - interval '1 year'",
        given,
        company_id="v.company_id",
        name="'visit.checked_in'",
        subject_type="'visits.visit'",
        subject_id="v.id",
        actor_id="v.owner_id",
        data="jsonb_build_object('verdict', v.verdict, 'reasons', '[]'::jsonb, 'customer', '')",
        request_id="v.id::text",
        at="v.started_at",
    )
    insert(
        Delivery,
        "events_event e WHERE e.company_id = %(company)s AND e.name = 'visit.checked_in'",
        given,
        company_id="e.company_id",
        event_id="e.id",
        consumer="'notifications'",
        status="'done'",
        attempts="1",
        due_at="e.at",
        finished_at="e.at",
        created_at="e.at",
    )
