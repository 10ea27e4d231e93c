"""Where a case's items have got to: joined from cases, feed and accounts, for the person and for operators."""

from collections.abc import Iterable
from uuid import UUID

from notcontent.hub.accounts import services as accounts
from notcontent.hub.answers import MemberChoice
from notcontent.hub.bank import services as bank
from notcontent.hub.cases import reading as case_reading
from notcontent.hub.feed import services as feed


def member_choices(member_ids: Iterable[int]) -> tuple[MemberChoice, ...]:
    """Give these members by title."""
    wanted = set(member_ids)
    return tuple(MemberChoice(row.name, row.title, row.description) for row in accounts.members() if row.id in wanted)


def describe_items(case_id: UUID) -> list[tuple[case_reading.ItemLine, tuple[str, ...], tuple[str, ...]]]:
    """Give each item with the titles of the members that it was sent to, and of those that have fetched it.

    A member has fetched what lies before the cursor with which it last asked. An item taken back counts anew:
    only what its present entries reached is told.
    """
    items = case_reading.items(case_id)
    entries = bank.entries_of(item.id for item in items)
    members = {row.id: row for row in accounts.members()}
    sent: dict[int, set[str]] = {item.id: set() for item in items}
    fetched: dict[int, set[str]] = {item.id: set() for item in items}
    for entry_id, places in feed.reach(entries).items():
        for place in places:
            member = members[place.member_id]
            sent[entries[entry_id]].add(member.title)
            if member.cursor >= place.seq:
                fetched[entries[entry_id]].add(member.title)
    return [(item, tuple(sorted(sent[item.id])), tuple(sorted(fetched[item.id]))) for item in items]
