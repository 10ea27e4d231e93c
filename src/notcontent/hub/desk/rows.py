"""What tables show beside what the flows tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from notcontent.hub.answers import AuditLine, DeskKey, DeskMember
from notcontent.hub.desk.words import say_actor, say_verb
from notcontent.hub.desk_flows import SILENT_AFTER


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member, with its standing worked out at `now`."""

    member: DeskMember
    now: datetime

    @property
    def behind(self) -> int:
        """Count the events that the member has not read yet."""
        return max(0, self.member.feed_end - self.member.cursor)

    @property
    def silent(self) -> bool:
        """Tell whether an active member's gate has not asked for an hour or more."""
        return self.member.last_sync is not None and self.now - self.member.last_sync >= SILENT_AFTER

    @property
    def needs_a_look(self) -> bool:
        """Tell whether somebody should ask the member what is wrong."""
        return self.member.active and (self.member.last_sync is None or self.silent or self.behind > 0)

    @property
    def valid_keys(self) -> tuple[DeskKey, ...]:
        """Give the keys that are not revoked."""
        return tuple(key for key in self.member.keys if key.revoked_day is None)


def member_rows(members: Iterable[DeskMember]) -> tuple[MemberRow, ...]:
    """Work out every member's standing at this moment."""
    now = datetime.now(UTC)
    return tuple(MemberRow(member, now) for member in members)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One record of the audit trail, in sentences."""

    line: AuditLine

    @property
    def who(self) -> str:
        """Give who acted."""
        return say_actor(self.line.actor)

    @property
    def what(self) -> str:
        """Give what was done."""
        return say_verb(self.line.verb)

    @property
    def counts(self) -> bool:
        """Tell whether the record's count says anything: of items it does, of a sign-in it does not."""
        return self.line.verb.startswith(("items-", "case-opened", "epoch-", "lineage-"))
