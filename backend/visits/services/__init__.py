from backend.visits.services.answers import answer_action
from backend.visits.services.command import close_visit, review, review_many
from backend.visits.services.companions import confirm_companion, invite_companions
from backend.visits.services.discussion import comment
from backend.visits.services.evidence import Sample, add_photo, check_in, check_out
from backend.visits.services.positions import read_positions
from backend.visits.services.reading import like, mark_read, unlike
from backend.visits.services.visits import cancel_visit, create_visit, plan_visit, write_summary

__all__ = [
    "Sample",
    "add_photo",
    "answer_action",
    "cancel_visit",
    "check_in",
    "check_out",
    "close_visit",
    "comment",
    "confirm_companion",
    "create_visit",
    "invite_companions",
    "like",
    "mark_read",
    "plan_visit",
    "read_positions",
    "review",
    "review_many",
    "unlike",
    "write_summary",
]
