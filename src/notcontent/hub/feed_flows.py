"""What members read: pages of their feed, and the snapshot they begin with."""

from django.utils import timezone

from notcontent.hub.accounts import services as accounts
from notcontent.hub.answers import Scope
from notcontent.hub.feed import reading


def feed_page(key: str, *, after: int, limit: int, nonce: str) -> bytes:
    """Give a member its signed page after the cursor, and note that it holds everything up to there.

    Raises KeyRefusedError, ScopeError, FeedCursorError.
    """
    member = accounts.recognise(key, Scope.FEED_READ)
    answer = reading.page(member.id, member.name, after=after, limit=limit, nonce=nonce)
    accounts.note_sync(member.id, after, timezone.now())
    return answer


def feed_snapshot(key: str, *, nonce: str) -> reading.Snapshot:
    """Give a member everything live in its feed, as gzip chunks, to be closed at the end.

    Raises KeyRefusedError, ScopeError, OverloadedError.
    """
    member = accounts.recognise(key, Scope.FEED_READ)
    snapshot = reading.Snapshot(member.id, member.name, nonce)
    accounts.note_sync(member.id, 0, timezone.now())
    return snapshot
