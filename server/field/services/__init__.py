"""What happens at the door, one module for each thing that may be asked."""

from server.field.services.evidence import open_evidence, record_evidence
from server.field.services.outcome import record_outcome
from server.field.services.positions import record_positions
from server.field.services.progress import record_progress
from server.field.services.release import release_visit
from server.field.services.review import list_reviews, review_visit
from server.field.services.route import route_of_day, visit_of_phone
from server.field.services.sync import sync_state
from server.field.services.watch import latest_positions, mileage, track_of_visit, visit_evidence

__all__ = [
    "latest_positions",
    "list_reviews",
    "mileage",
    "open_evidence",
    "record_evidence",
    "record_outcome",
    "record_positions",
    "record_progress",
    "release_visit",
    "review_visit",
    "route_of_day",
    "sync_state",
    "track_of_visit",
    "visit_evidence",
    "visit_of_phone",
]
