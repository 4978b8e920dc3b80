"""What faces and higher features call. One module per verb family; every name below is public and stable."""

from server.dispatch.happenings import ABOUT_SERVER, Happening
from server.dispatch.services.addresses import needed_on_the_way, show_addresses
from server.dispatch.services.assign import (
    Batch,
    Moved,
    MovePrice,
    assign_batch,
    assign_visit,
    price_move,
    unassign_visit,
    undo_batch,
)
from server.dispatch.services.capacity import create_study, get_study, list_studies, stop_study, suggested
from server.dispatch.services.claims import claim_visit, claimable, release_visit
from server.dispatch.services.days import (
    DayData,
    DaySummary,
    day_has_roster,
    get_visit,
    list_days,
    read_day,
    route_summaries,
    server_names,
    visits_of_task,
)
from server.dispatch.services.explaining import explain_visit
from server.dispatch.services.plans import (
    create_plan,
    get_plan,
    latest_plan,
    list_plans,
    reject_plan,
    stop_plan,
)
from server.dispatch.services.publish import publish_plan
from server.dispatch.services.replans import propose
from server.dispatch.services.roster import get_roster, put_roster
from server.dispatch.services.selection import Choice, Selection, carry_over, select_visits
from server.dispatch.services.withdraw import withdraw_visit

__all__ = [
    "ABOUT_SERVER",
    "Batch",
    "Choice",
    "DayData",
    "DaySummary",
    "Happening",
    "MovePrice",
    "Moved",
    "Selection",
    "assign_batch",
    "assign_visit",
    "carry_over",
    "claim_visit",
    "claimable",
    "create_plan",
    "create_study",
    "day_has_roster",
    "explain_visit",
    "get_plan",
    "get_roster",
    "get_study",
    "get_visit",
    "latest_plan",
    "list_days",
    "list_plans",
    "list_studies",
    "needed_on_the_way",
    "price_move",
    "propose",
    "publish_plan",
    "put_roster",
    "read_day",
    "reject_plan",
    "release_visit",
    "route_summaries",
    "select_visits",
    "server_names",
    "show_addresses",
    "stop_plan",
    "stop_study",
    "suggested",
    "unassign_visit",
    "undo_batch",
    "visits_of_task",
    "withdraw_visit",
]
