from backend.visits.services.discussion import comment, review
from backend.visits.services.evidence import Sample, add_photo, check_in, check_out
from backend.visits.services.visits import cancel_visit, create_visit, plan_visit, write_summary

__all__ = [
    "Sample",
    "add_photo",
    "cancel_visit",
    "check_in",
    "check_out",
    "comment",
    "create_visit",
    "plan_visit",
    "review",
    "write_summary",
]
