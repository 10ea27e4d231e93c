"""What operators see and do: cases by alias, members and their keys, the hub in counts, the audit chain."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from notcontent.hub.accounts import services as accounts
from notcontent.hub.answers import (
    AuditCheck,
    AuditLine,
    DeskCase,
    DeskCaseLine,
    DeskCases,
    DeskItem,
    DeskKey,
    DeskMember,
    ItemState,
    NewKey,
    Overview,
    Scope,
)
from notcontent.hub.audit import services as audit
from notcontent.hub.bank import services as bank
from notcontent.hub.cases import reading as case_reading
from notcontent.hub.config import hub_config
from notcontent.hub.feed import services as feed
from notcontent.hub.keys import hub_ring
from notcontent.hub.reach import describe_items, member_choices

MOST_AT_ONCE = 200
SILENT_AFTER = timedelta(hours=1)


def desk_overview() -> Overview:
    """Give the hub in counts. A member is silent when it is active and has not asked for an hour."""
    members = accounts.members(active_only=True)
    since = timezone.now() - SILENT_AFTER
    entries = bank.count_by_state()
    return Overview(
        cases=case_reading.count_by_state(),
        entries_active=entries[ItemState.ACTIVE],
        entries_waiting=entries[ItemState.WAITING],
        members_active=len(members),
        members_silent=sum(member.last_sync is None or member.last_sync < since for member in members),
        epoch=feed.epoch(),
    )


def desk_cases(after: str | None = None, limit: int = 50) -> DeskCases:
    """List cases by alias, newest first, 1 to 200 at a time. Raises CaseNotFoundError for an unknown cursor."""
    limit = max(1, min(limit, MOST_AT_ONCE))
    rows = case_reading.counted(after, limit + 1)
    lines = tuple(
        DeskCaseLine(row.alias, row.state, row.claim, row.opened_day, row.items, row.active) for row in rows[:limit]
    )
    return DeskCases(lines, lines[-1].alias if len(rows) > limit else None)


def desk_case(alias: str) -> DeskCase:
    """Show one case to operators: no code, no hash. Raises CaseNotFoundError."""
    case = case_reading.case_by_alias(alias)
    described = describe_items(case.id)
    qualities = bank.qualities(item.id for item, _, _ in described)
    return DeskCase(
        alias=case.alias,
        state=case.state,
        claim=case.claim,
        opened_day=case.opened_day,
        ends_day=case.ends_day,
        items=tuple(
            DeskItem(
                item.number,
                item.frames,
                item.state,
                item.added_day,
                item.withdrawn_until,
                qualities.get(item.id),
                sent_to,
                fetched_by,
            )
            for item, sent_to, fetched_by in described
        ),
        members=member_choices(case.member_ids),
    )


def desk_members() -> tuple[DeskMember, ...]:
    """List all members by title, with their keys, newest first."""
    members, keys = accounts.members(), accounts.keys()
    ends = feed.ends(row.id for row in members)
    return tuple(
        DeskMember(
            name=row.name,
            title=row.title,
            description=row.description,
            active=row.active,
            cursor=row.cursor,
            feed_end=ends[row.id],
            last_sync=row.last_sync,
            keys=tuple(
                DeskKey(key.key_id, key.label, key.scopes, key.created_day, key.revoked_day)
                for key in keys
                if key.member_id == row.id
            ),
        )
        for row in members
    )


def desk_audit(before: int | None = None, limit: int = 50) -> tuple[AuditLine, ...]:
    """List audit records, newest first, 1 to 200 at a time; `before` is the last one's seq of the page before."""
    lines = audit.newest(before, max(1, min(limit, MOST_AT_ONCE)))
    return tuple(AuditLine(row.seq, row.day, row.actor, row.verb, row.subject, row.count) for row in lines)


def desk_audit_check() -> AuditCheck:
    """Recompute the audit chain from its first record to its head."""
    found = audit.verify()
    return AuditCheck(found.records, found.broken_at is None)


def record_operator_act(actor: str, verb: str, subject: str = "") -> None:
    """Put one act of an operator (for example "operator-signed-in") into the audit chain."""
    audit.record(actor, verb, subject)


def create_member(actor: str, name: str, title: str, description: str = "") -> None:
    """Register an organisation. Raises MemberNameError (taken, or not a-z, 0-9 and hyphens), RequestFormatError."""
    accounts.create_member(actor, name, title, description)


def create_member_key(actor: str, member: str, label: str, scopes: Sequence[Scope] = (Scope.FEED_READ,)) -> NewKey:
    """Make a key, shown this once. Raises MemberNotFoundError, RequestFormatError."""
    made = accounts.create_key(actor, member, label, scopes)
    return NewKey(made.key_id, made.text, _gate_toml(member))


def revoke_member_key(actor: str, key_id: str) -> None:
    """Refuse a key from now on. A second call changes nothing. Raises MemberKeyNotFoundError."""
    accounts.revoke_key(actor, key_id)


def _gate_toml(member: str) -> str:
    """Write the [hub] part of a member's gate.toml; the key goes into a file of its own."""
    config = hub_config()
    public = hub_ring().signing.public_key().public_bytes_raw().hex()
    return (
        "[hub]\n"
        f'url = "{config.public_url}"\n'
        f'origin = "{config.origin}"\n'
        f'member = "{member}"\n'
        'key_file = "member.key"\n'
        f'public_key = "{public}"\n'
    )
