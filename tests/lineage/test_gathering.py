"""Observations become evidence: one channel under all its names, each content once by its first time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from notcontent.lineage.evidence import Evidence
from notcontent.lineage.gathering import gather
from notcontent.lineage.marks import Marker, MarkKind
from notcontent.lineage.observations import (
    Fact,
    FactKind,
    Handle,
    HandleKind,
    Link,
    MediaHash,
    Observation,
    Post,
    SameChannel,
)

MARKER = Marker(bytes(32))
DAY = 86_400
START = 1_700_000_000


def number(value: int) -> Handle:
    return Handle(HandleKind.NUMBER, str(value))


def username(value: str) -> Handle:
    return Handle(HandleKind.USERNAME, value)


def keys(evidence: Evidence) -> list[str]:
    return [channel.key for channel in evidence.channels]


def photo(name: str) -> tuple:  # type: ignore[type-arg]
    return (MARKER.mark(MarkKind.PHOTO, name),)


def test_a_page_that_shows_number_and_name_makes_an_export_and_saved_pages_one_channel() -> None:
    evidence = gather(
        [
            Post(number(7), 1, START, photo("a")),
            Post(username("mirror"), 2, START + 5, photo("b")),
            SameChannel(username("mirror"), number(7)),
        ],
        MARKER,
    )
    assert keys(evidence) == ["n:7"]
    assert evidence.channels[0].usernames == ("mirror",)
    assert evidence.channels[0].posts == 2


def test_a_name_that_two_numbers_had_never_makes_them_one_channel() -> None:
    observations: list[Observation] = [Fact(number(n), FactKind.ALIVE, "", START) for n in (1, 2)]
    observations += [SameChannel(username("taken"), number(n)) for n in (1, 2)]
    numbers = {channel.key for channel in gather(observations, MARKER).channels}
    assert {"n:1", "n:2"} <= numbers


def test_a_post_that_two_sources_show_is_one_post_with_the_most_views() -> None:
    shown = [
        Post(number(1), 5, START + 9, photo("a"), views=3),
        Post(number(1), 5, START + 9, photo("a"), views=9),
        Post(number(1), 6, START + 1, photo("a")),
    ]
    evidence = gather(shown, MARKER)
    assert evidence.channels[0].posts == 2
    assert evidence.channels[0].views == 9
    assert evidence.shown.time.tolist() == [START + 1]
    assert evidence.hours.sum() == 2


def test_a_bare_link_finds_the_channel_whose_hidden_name_it_is_and_no_other() -> None:
    hidden = Handle(HandleKind.HIDDEN, MARKER.hidden("@Mirror"))
    stranger = Handle(HandleKind.HIDDEN, MARKER.hidden("someone"))
    evidence = gather(
        [
            Post(number(1), 1, START, links=(Link(hidden, button=True), Link(stranger))),
            Post(username("mirror"), 1, START + DAY),
        ],
        MARKER,
    )
    assert (evidence.links.by.tolist(), evidence.links.to.tolist()) == ([0], [1])
    assert len(evidence.buttons) == 1


def test_a_displayed_name_points_to_channels_that_bear_it_unless_many_do() -> None:
    forward = Handle(HandleKind.TITLE, MARKER.title("  New  HOME "))
    post = Post(number(9), 1, START, forward=forward)
    few = gather([Fact(number(1), FactKind.TITLE, "New home", START), post], MARKER)
    assert few.named.to.tolist() == [0]
    many = gather([*(Fact(number(n), FactKind.TITLE, "New home", START) for n in range(1, 5)), post], MARKER)
    assert len(many.named) == 0


def test_seen_alive_after_it_was_said_to_be_removed_is_not_removed() -> None:
    gone = [Fact(number(1), FactKind.REMOVED, "", START)]
    assert gather(gone, MARKER).channels[0].removed == START
    assert gather([*gone, Fact(number(1), FactKind.ALIVE, "", START + 1)], MARKER).channels[0].removed is None
    assert gather([*gone, Post(number(1), 1, START + 1)], MARKER).channels[0].removed is None


def test_hashes_become_contents_of_their_own_kind_and_leave_no_value_behind() -> None:
    value = bytes(range(32))
    posts = [Post(number(n), 1, START + n, hashes=(MediaHash(value, 90),)) for n in (1, 2)]
    evidence = gather(posts, MARKER)
    assert evidence.shown.kind.tolist() == [MarkKind.PICTURE]
    assert evidence.shown.channel.tolist() == [0, 1]
    assert value.hex() not in repr(evidence)


_POSTS = st.lists(
    st.builds(
        lambda channel, at, time, names: Post(number(channel), at, START + time, tuple({photo(n)[0] for n in names})),
        st.integers(1, 4),
        st.integers(1, 5),
        st.integers(0, 3),
        st.lists(st.sampled_from("abc"), max_size=3),
    ),
    max_size=30,
)


@given(_POSTS)
def test_contents_are_what_a_dictionary_would_say(posts: list[Post]) -> None:
    first: dict[tuple[str, int], int] = {}
    for post in posts:
        for mark in post.marks:
            pair = (f"n:{post.channel.value}", mark.digest)
            first[pair] = min(first.get(pair, post.time), post.time)
    evidence = gather(posts, MARKER)
    shown = evidence.shown
    assert len(shown) == len(first)
    told = sorted((keys(evidence)[channel], int(time)) for channel, time in zip(shown.channel, shown.time, strict=True))
    assert told == sorted((channel, time) for (channel, _), time in first.items())
    assert np.all(np.diff(shown.content.astype(int)) >= 0)
    assert len(shown.kind) == len({digest for _, digest in first})


@given(_POSTS)
def test_the_order_of_observations_changes_nothing(posts: list[Post]) -> None:
    one, other = gather(posts, MARKER), gather(posts[::-1], MARKER)
    assert keys(one) == keys(other)
    assert sorted(map(tuple, np.stack((one.shown.channel, one.shown.time), 1).tolist())) == sorted(
        map(tuple, np.stack((other.shown.channel, other.shown.time), 1).tolist())
    )
    assert one.channels == other.channels
