"""Stories that cross rooms, one function each. Read this file first.

picture -> hash -> case -> bank -> feed -> gate

Faces (portal, desk, api) call these and nothing below them. What a person does with a case is told here; what
operators do is in desk_flows.py, what they do with channels in channel_flows.py, what dates bring in upkeep.py, what
members read in feed_flows.py.

Every writing story is one transaction that takes the feed's turn first, so stories never interleave, and puts its
audit record last. Slow steps (Argon2id) come before the transaction.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from notcontent.errors import (
    CaseClosedError,
    ItemStateError,
    MemberNotFoundError,
    RequestFormatError,
    TooManyItemsError,
    UnderageError,
)
from notcontent.hub.accounts import services as accounts
from notcontent.hub.answers import (
    Added,
    AuditCheck,
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
    NewEntry,
    NewItem,
    NewKey,
    NewVideo,
    OpenedCase,
    Opening,
    Overview,
    Scope,
    TickReport,
    Withdrawn,
)
from notcontent.hub.audit import services as audit
from notcontent.hub.bank import services as bank
from notcontent.hub.bank.checks import check_item, check_video
from notcontent.hub.cases import reading as case_reading
from notcontent.hub.cases import services as cases
from notcontent.hub.cases.stretch import attempt
from notcontent.hub.channel_flows import (
    channels_called,
    desk_channel,
    desk_channels,
    desk_comparison,
    desk_family,
    desk_radar,
    desk_sources,
    find_channel,
    hand_out_family,
    import_links,
    import_source,
    importing_sources,
    judge_channels,
    mark_channels_seen,
    receiving_upload,
    withdraw_source,
)
from notcontent.hub.config import hub_config
from notcontent.hub.desk_flows import (
    create_member,
    create_member_key,
    desk_audit,
    desk_audit_check,
    desk_case,
    desk_cases,
    desk_members,
    desk_overview,
    record_operator_act,
    revoke_member_key,
)
from notcontent.hub.erasure import scrub
from notcontent.hub.feed import services as feed
from notcontent.hub.feed_flows import feed_page, feed_snapshot
from notcontent.hub.reach import describe_items, member_choices
from notcontent.hub.upkeep import erase_items, publish_waiting, tick

__all__ = [
    "Added", "AuditCheck", "AuditLine", "CaseId", "CaseState", "CaseView", "Claim", "DeskCase", "DeskCaseLine",
    "DeskCases", "DeskItem", "DeskKey", "DeskMember", "ItemState", "ItemView", "MemberChoice", "NewEntry", "NewItem",
    "NewKey", "NewVideo", "OpenedCase", "Opening", "Overview", "Scope", "TickReport", "Withdrawn", "add_items",
    "case_generation", "channels_called", "create_member", "create_member_key", "desk_audit", "desk_audit_check",
    "desk_case", "desk_cases", "desk_channel", "desk_channels", "desk_comparison", "desk_family", "desk_members",
    "desk_overview", "desk_radar", "desk_sources", "enter_case", "erase", "feed_page", "feed_snapshot", "find_channel",
    "hand_out_family", "import_links", "import_source", "importing_sources", "judge_channels", "leave_case",
    "list_members",
    "mark_channels_seen", "open_case", "receiving_upload", "record_operator_act", "revoke_member_key", "take_back",
    "tick", "view_case", "withdraw", "withdraw_source",
]  # fmt: skip

_TOKEN_BYTES = 16


def list_members() -> tuple[MemberChoice, ...]:
    """Give the members that a person may choose from, by title."""
    return tuple(MemberChoice(row.name, row.title, row.description) for row in accounts.members(active_only=True))


def open_case(opening: Opening) -> OpenedCase:
    """Open a case. UnderageError stores nothing; AlreadyOpenedError when the token opened one before.

    Also TooManyItemsError, TooManyFramesError, QualityTooLowError, HashFormatError, MemberNotFoundError,
    RequestFormatError (no item, no member, no proper token), DailyLimitError, OverloadedError. All or nothing: one
    refused item refuses the form.
    """
    if not opening.adults_only:
        raise UnderageError
    _check_items(opening.items)
    _check_token(opening.token)
    member_ids = _audience(opening.members)
    cases.refuse_twice(opening.token)
    secret = cases.new_case_code()
    with transaction.atomic():
        feed.take_turn()
        today = _today()
        case = cases.open_one(opening.claim, member_ids, secret.index, opening.token, today)
        added = _bank_items(case.id, opening.items, today)
        audit.record(audit.CASE, "case-opened", case.alias, added.count)
    return OpenedCase(case.id, secret.code, added.count, added.already_there)


def enter_case(code: str, caller: str = "") -> CaseId:
    """Find a case by its typed code; case, commas, hyphens, spaces and cut-off words are forgiven.

    Raises CaseNotFoundError, RateLimitedError or OverloadedError. Unknown codes cost the same work and get the same
    answer. `caller` is the name that `veil` gave; it is counted in memory for a while and never stored.
    """
    return cases.find(code, _today(), caller)


def view_case(case_id: UUID) -> CaseView:
    """Show a case to its person. Nothing in it depends on any other case. Raises CaseNotFoundError."""
    case = case_reading.case(case_id)
    return CaseView(
        state=case.state,
        claim=case.claim,
        opened_day=case.opened_day,
        ends_day=case.ends_day,
        items=tuple(
            ItemView(item.number, item.frames, item.state, item.added_day, item.withdrawn_until, sent_to, fetched_by)
            for item, sent_to, fetched_by in describe_items(case_id)
        ),
        members=member_choices(case.member_ids),
    )


def case_generation(case_id: UUID) -> int:
    """Give the number that a cookie must carry. Raises CaseNotFoundError, also for a case that was erased."""
    return case_reading.generation(case_id)


def leave_case(case_id: UUID) -> None:
    """Log every browser out of the case: cookies of earlier generations die."""
    cases.leave(case_id)


def add_items(case_id: UUID, items: Sequence[NewEntry], token: bytes) -> Added:
    """Add pictures and videos. The same token twice answers the same and adds nothing.

    Raises CaseNotFoundError, CaseClosedError, and for the items what `open_case` raises.
    """
    _check_items(items)
    _check_token(token)
    with transaction.atomic():
        feed.take_turn()
        if case_reading.case(case_id).state not in {CaseState.RECEIVED, CaseState.ACTIVE}:
            raise CaseClosedError
        before = cases.sent_before(case_id, token)
        if before is not None:
            return Added(*before)
        added = _bank_items(case_id, items, _today())
        cases.note_send(case_id, token, added.count, added.already_there)
        audit.record(audit.CASE, "items-added", case_reading.alias(case_id), added.count)
    return added


def withdraw(case_id: UUID, numbers: Sequence[int] | None = None) -> Withdrawn:
    """Stop items (None: all) at once; they can be taken back for 14 days, then they are erased.

    Every member that was sent one is told with its next poll. An equal picture of another case stays where it is.
    Raises CaseNotFoundError, ItemNotFoundError, ItemStateError (nothing to stop), OverloadedError.
    """
    if not cases.chosen_items(case_id, numbers, (ItemState.WAITING, ItemState.ACTIVE)):
        raise ItemStateError
    secret = cases.new_take_back_code(case_id)
    with transaction.atomic():
        feed.take_turn()
        today = _today()
        ids, until = cases.stop(case_id, numbers, secret.index, today)
        feed.withdraw(bank.withdraw(ids), today)
        audit.record(audit.CASE, "items-withdrawn", case_reading.alias(case_id), len(ids))
    return Withdrawn(secret.code, until, len(ids))


def take_back(case_id: UUID, take_back_code: str, caller: str = "") -> int:
    """Restore what one withdrawal stopped, as new entries under new aliases, and give their number.

    A picture that was added again meanwhile has its one live entry already: its old item is erased and not counted.
    Raises CaseNotFoundError, TakeBackError (wrong, used or past its days), RateLimitedError, OverloadedError.
    """
    case_reading.case(case_id)
    with attempt(caller):
        index = cases.take_back_index(case_id, take_back_code)
        with transaction.atomic():
            feed.take_turn()
            ids = cases.restore(case_id, index, _today())
            restored = bank.restore(case_id, ids)
            feed.forget(restored.old)
            cases.mark_erased(case_id, restored.doubled)
            _publish_when_at_once()
            alias, count = case_reading.alias(case_id), len(ids) - len(restored.doubled)
            if count:
                audit.record(audit.CASE, "items-restored", alias, count)
            if restored.doubled:
                audit.record(audit.CASE, "items-erased", alias, len(restored.doubled))
    scrub(erased=True)
    return count


def erase(case_id: UUID, numbers: Sequence[int] | None = None) -> int:
    """Erase items now and for good, and give their number: values, salts and duplicate marks go.

    None erases the whole case; when nothing is left, its code opens nothing any more. A second call changes
    nothing. Raises CaseNotFoundError, ItemNotFoundError.
    """
    with transaction.atomic():
        feed.take_turn()
        states = (ItemState.WAITING, ItemState.ACTIVE, ItemState.WITHDRAWN)
        ids = cases.chosen_items(case_id, numbers, states)
        if ids:
            erase_items(case_id, ids, _today())
            audit.record(audit.CASE, "items-erased", case_reading.alias(case_id), len(ids))
    scrub(erased=bool(ids))
    return len(ids)


def _today() -> date:
    return timezone.now().date()


def _check_items(items: Sequence[NewEntry]) -> None:
    """Refuse a send that is empty, too long, or holds what is no usable hash or video."""
    config = hub_config()
    if not items:
        raise RequestFormatError("At least one picture is needed.")
    if len(items) > config.max_items_a_send:
        raise TooManyItemsError
    for item in items:
        if isinstance(item, NewVideo):
            check_video(item, config.min_quality, config.max_frames_a_video)
        else:
            check_item(item, config.min_quality)


def _check_token(token: bytes) -> None:
    if len(token) != _TOKEN_BYTES:
        raise RequestFormatError("A form's token is 16 bytes.")


def _audience(names: Sequence[str]) -> tuple[int, ...]:
    """Give the ids of the members chosen. Raises RequestFormatError for none, MemberNotFoundError."""
    if not names:
        raise RequestFormatError("At least one member must be chosen.")
    known = {member.name: member.id for member in accounts.members(active_only=True)}
    if not set(names) <= known.keys():
        raise MemberNotFoundError
    return tuple(sorted({known[name] for name in names}))


def _bank_items(case_id: UUID, items: Sequence[NewEntry], today: date) -> Added:
    """Give numbers to what the case has not yet and bank it; send it out when adds do not wait for an epoch."""
    fresh = bank.without_known(case_id, items)
    ids = cases.number_items(case_id, [item.frames for item in fresh], today)
    bank.add(case_id, zip(ids, fresh, strict=True))
    _publish_when_at_once()
    return Added(len(fresh), len(items) - len(fresh))


def _publish_when_at_once() -> None:
    if hub_config().epoch_s == 0:
        publish_waiting(_today())
