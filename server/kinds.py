"""The kinds of objects requests name, and whose they are: registered once, used by the gate and by scoped lists."""

from __future__ import annotations

from server.cases import errors as cases_errors
from server.cases.models import Case, ImportRun, Party
from server.core import objects
from server.core.audit.runs import AuditRun
from server.core.audit.runs import missing as missing_run
from server.core.errors import NotFound
from server.core.objects import Kind
from server.custody import errors as custody_errors
from server.custody import look_errors, watch_errors
from server.custody.models import Finding, SecondLook, UploadRecord
from server.dispatch import errors as dispatch_errors
from server.dispatch.models import CapacityStudy, DayPlan, MoveBatch, Visit
from server.field import errors as field_errors
from server.field.models import EvidenceItem
from server.reports import archive as case_archives
from server.reports import batches as paper_batches
from server.reports import bundles as evidence_bundles
from server.reports.archive_models import CaseArchive
from server.reports.batch_models import PaperBatch
from server.reports.bundle_models import EvidenceBundle
from server.reports.models import Paper
from server.reports.wording_models import PaperWording
from server.reports.wordings import wording_not_found
from server.service import errors as service_errors
from server.service.models import Attempt, CourtRules, Effect, Exhibit, ServiceTask, Todo


def paper_not_found() -> NotFound:
    return NotFound(code="paper.not_found", title="没有这份文书")


def party_not_found() -> NotFound:
    return NotFound(code="party.not_found", title="没有这个当事人")


def case_not_found() -> NotFound:
    return NotFound(code="case.not_found", title="没有这个案件")


def register() -> None:
    """Called by the composition root, for the web and the live service alike."""
    objects.register(
        Kind(
            "task",
            ServiceTask._get_collection,
            service_errors.task_not_found,
            division="division_id",
            own=("judge_id", "clerk_id"),
        ),
        Kind(
            "visit",
            Visit._get_collection,
            dispatch_errors.visit_not_found,
            division="division_id",
            own=("server_id", "second_server_id"),
        ),
        # The phone's own view of a visit: who lost it, or may claim it, is told why by the service itself.
        Kind("door", Visit._get_collection, field_errors.visit_not_found, anyones_own=True),
        Kind(
            "evidence",
            EvidenceItem._get_collection,
            field_errors.evidence_not_found,
            parent=("visit", "visit_id"),
        ),
        Kind("look", SecondLook._get_collection, look_errors.look_not_found, parent=("visit", "visit_id")),
        Kind("finding", Finding._get_collection, watch_errors.finding_not_found),
        Kind("attempt", Attempt._get_collection, service_errors.attempt_not_found, parent=("task", "task_id")),
        Kind("exhibit", Exhibit._get_collection, service_errors.exhibit_not_found, parent=("task", "task_id")),
        Kind(
            "effect",
            Effect._get_collection,
            service_errors.effect_not_found,
            division="division_id",
            own=("judge_id", "clerk_id"),
        ),
        Kind(
            "todo",
            Todo._get_collection,
            service_errors.todo_not_found,
            division="division_id",
            own=("judge_id", "clerk_id"),
        ),
        Kind("rule_set", CourtRules._get_collection, service_errors.rule_set_not_found),
        Kind("case", Case._get_collection, case_not_found, own=("judge.person_id", "clerk.person_id")),
        Kind("paper", Paper._get_collection, paper_not_found, parent=("task", "task_id")),
        Kind("wording", PaperWording._get_collection, wording_not_found),
        Kind("case_archive", CaseArchive._get_collection, case_archives.not_found, parent=("case", "case_id")),
        Kind("bundle", EvidenceBundle._get_collection, evidence_bundles.not_found, own=("asked_by",)),
        Kind("paper_batch", PaperBatch._get_collection, paper_batches.not_found, own=("asked_by",)),
        Kind("plan", DayPlan._get_collection, dispatch_errors.plan_not_found),
        Kind("capacity_study", CapacityStudy._get_collection, dispatch_errors.study_not_found),
        Kind("move_batch", MoveBatch._get_collection, dispatch_errors.batch_not_found, own=("by",)),
        Kind("party", Party._get_collection, party_not_found),
        Kind("audit_run", AuditRun._get_collection, missing_run),
        Kind("upload", UploadRecord._get_collection, custody_errors.upload_not_found, own=("person_id",)),
        Kind("import", ImportRun._get_collection, cases_errors.run_not_found, own=("created_by",)),
    )
