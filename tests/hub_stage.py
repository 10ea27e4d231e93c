"""What the hub's tests share: made-up hashes, members with keys, and a model gate that replays the feed.

Import it from tests that have Django set up (below tests/hub). No hash here comes from a picture.
"""

import random
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from notcontent.exchange.changes import Add, parse_events
from notcontent.exchange.pages import Expected, SnapshotReader, read_page
from notcontent.exchange.videos import BankedFrame
from notcontent.exchange.wire import Page
from notcontent.hub import flows
from notcontent.hub.config import hub_config
from notcontent.hub.keys import hub_ring


def value(seed: int | None = None) -> bytes:
    """Make 32 bytes of which 128 bits are set, as in a picture's hash."""
    order = random.Random(seed if seed is not None else secrets.randbits(64))  # noqa: S311 (test data)
    return sum(1 << bit for bit in order.sample(range(256), 128)).to_bytes(32)


def item(seed: int | None = None, quality: int = 100) -> flows.NewItem:
    """Make one item with a hash of its own."""
    return flows.NewItem(value(seed), quality)


def video(*seeds: int, step_ms: int = 1000, quality: int = 100) -> flows.NewVideo:
    """Make one video with a frame for each seed."""
    return flows.NewVideo(tuple(BankedFrame(at * step_ms, quality, value(seed)) for at, seed in enumerate(seeds)))


def token() -> bytes:
    """Make a form's token."""
    return secrets.token_bytes(16)


def member(name: str = "alpha") -> "Gate":
    """Register a member and give its gate."""
    flows.create_member("tester", name, name.title(), f"{name.title()} for tests.")
    return Gate(name, flows.create_member_key("tester", name, "test").text)


def opened(*items: flows.NewEntry, members: tuple[str, ...] = ("alpha",), claim: str = "real") -> flows.OpenedCase:
    """Open a case with these items, or with one made up."""
    chosen = items or (item(),)
    return flows.open_case(
        flows.Opening(adults_only=True, claim=flows.Claim(claim), members=members, items=tuple(chosen), token=token())
    )


def expected(name: str) -> Expected:
    """Say whom a member's answers must come from."""
    public = hub_ring().signing.public_key().public_bytes_raw()
    return Expected(Ed25519PublicKey.from_public_bytes(public), hub_config().origin, name)


@dataclass(slots=True)
class Gate:
    """A gate in a few lines: reads the feed as a member would, verified, and holds what it says."""

    name: str
    key: str
    cursor: int = 0
    held: dict[str, bytes] = field(default_factory=dict)
    ever: set[str] = field(default_factory=set)

    def page(self, limit: int = 1000) -> Page:
        """Fetch and verify the next page, without applying it."""
        nonce = secrets.token_hex(16)
        answer = flows.feed_page(self.key, after=self.cursor, limit=limit, nonce=nonce)
        return read_page(answer, expected(self.name), nonce=nonce, after=self.cursor)

    def sync(self, limit: int = 1000) -> "Gate":
        """Read to the end of the feed, and once more so that the hub knows it was held."""
        more = True
        while more:
            page = self.page(limit)
            for change in parse_events(page.events):
                if isinstance(change, Add):
                    self.held[change.entry.alias] = change.entry.value
                    self.ever.add(change.entry.alias)
                else:
                    self.held.pop(change.alias, None)
            self.cursor, more = page.next, page.more
        self.page(limit)
        return self

    def snapshot(self) -> "Gate":
        """Begin anew from a snapshot."""
        nonce = secrets.token_hex(16)
        stream = flows.feed_snapshot(self.key, nonce=nonce)
        try:
            reader = SnapshotReader(iter(stream), expected(self.name), nonce)
            self.held = {entry.alias: entry.value for batch in reader for entry in batch}
            self.cursor = reader.end.cursor
        finally:
            stream.close()
        self.ever |= set(self.held)
        return self

    def values(self) -> list[bytes]:
        """Give the values held, sorted; equal values of two entries count twice."""
        return sorted(self.held.values())
