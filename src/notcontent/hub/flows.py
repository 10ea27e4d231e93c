"""Stories that cross rooms, one function each. Read this file first.

picture -> hash -> case -> bank -> feed -> gate

Faces (portal, desk, api) call these and nothing below them.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from notcontent.hub.answers import (
    Added,
    AuditLine,
    CaseId,
    CaseState,
    CaseView,
    Claim,
    DeskCase,
    DeskCaseLine,
    DeskCases,
    DeskItem,
    DeskKey,
    DeskMember,
    ItemState,
    ItemView,
    MemberChoice,
    NewItem,
    NewKey,
    OpenedCase,
    Opening,
    Overview,
    Scope,
    TickReport,
    Withdrawn,
)

__all__ = [
    "Added", "AuditLine", "CaseId", "CaseState", "CaseView", "Claim", "DeskCase", "DeskCaseLine", "DeskCases",
    "DeskItem", "DeskKey", "DeskMember", "ItemState", "ItemView", "MemberChoice", "NewItem", "NewKey", "OpenedCase",
    "Opening", "Overview", "Scope", "TickReport", "Withdrawn",
    "add_items", "case_generation", "create_member", "create_member_key", "desk_audit", "desk_case", "desk_cases",
    "desk_members", "desk_overview", "enter_case", "erase", "leave_case", "list_members", "open_case",
    "record_operator_act", "revoke_member_key", "take_back", "tick", "view_case", "withdraw",
]  # fmt: skip


def list_members() -> tuple[MemberChoice, ...]:
    """Give the members that a person may choose from, by title."""
    raise NotImplementedError


def open_case(opening: Opening) -> OpenedCase:
    """Open a case. UnderageError stores nothing; AlreadyOpenedError when the token opened one before.

    Also TooManyItemsError, QualityTooLowError, MemberNotFoundError, RequestFormatError (no item, no member),
    DailyLimitError, OverloadedError.
    """
    raise NotImplementedError


def enter_case(code: str) -> CaseId:
    """Find a case by its typed code; case, commas, hyphens, spaces and cut-off words are forgiven.

    Raises CaseNotFoundError or OverloadedError.
    """
    raise NotImplementedError


def view_case(case_id: UUID) -> CaseView:
    """Show a case to its person. Raises CaseNotFoundError."""
    raise NotImplementedError


def case_generation(case_id: UUID) -> int:
    """Give the number that a cookie must carry. Raises CaseNotFoundError."""
    raise NotImplementedError


def leave_case(case_id: UUID) -> None:
    """Log every browser out of the case: cookies of earlier generations die."""
    raise NotImplementedError


def add_items(case_id: UUID, items: Sequence[NewItem], token: bytes) -> Added:
    """Add pictures. The same token twice answers the same and adds nothing. Raises CaseClosedError and more."""
    raise NotImplementedError


def withdraw(case_id: UUID, numbers: Sequence[int] | None = None) -> Withdrawn:
    """Stop items (None: all) at once; restorable for 14 days. ItemNotFoundError, ItemStateError (nothing to stop)."""
    raise NotImplementedError


def take_back(case_id: UUID, take_back_code: str) -> int:
    """Restore what one withdrawal stopped, as new entries. Raises TakeBackError, OverloadedError."""
    raise NotImplementedError


def erase(case_id: UUID, numbers: Sequence[int] | None = None) -> int:
    """Erase items (None: the whole case, whose code then opens nothing) now and for good."""
    raise NotImplementedError


def desk_overview() -> Overview:
    """Give the hub in counts."""
    raise NotImplementedError


def desk_cases(after: str | None = None, limit: int = 50) -> DeskCases:
    """List cases by alias, newest first."""
    raise NotImplementedError


def desk_case(alias: str) -> DeskCase:
    """Show one case to operators. Raises CaseNotFoundError."""
    raise NotImplementedError


def desk_members() -> tuple[DeskMember, ...]:
    """List all members with their keys."""
    raise NotImplementedError


def desk_audit(before: int | None = None, limit: int = 50) -> tuple[AuditLine, ...]:
    """List audit records, newest first."""
    raise NotImplementedError


def record_operator_act(actor: str, verb: str, subject: str = "") -> None:
    """Put one act of an operator (for example "operator_signed_in") into the audit chain."""
    raise NotImplementedError


def create_member(actor: str, name: str, title: str, description: str = "") -> None:
    """Register an organisation. Raises MemberNameError (taken, or not a-z, 0-9 and hyphens)."""
    raise NotImplementedError


def create_member_key(actor: str, member: str, label: str, scopes: Sequence[Scope] = (Scope.FEED_READ,)) -> NewKey:
    """Make a key, shown this once. Raises MemberNotFoundError."""
    raise NotImplementedError


def revoke_member_key(actor: str, key_id: str) -> None:
    """Refuse a key from now on. A second call changes nothing. Raises MemberKeyNotFoundError."""
    raise NotImplementedError


def tick(now: datetime) -> TickReport:
    """Do what is due: publish an epoch, erase what is past its 14 days, end cases unvisited for 24 months."""
    raise NotImplementedError
