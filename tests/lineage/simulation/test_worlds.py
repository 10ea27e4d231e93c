"""Worlds: equal for equal settings, honest about what was seen, with the traits that inference has to bear."""

from collections import Counter
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

from notcontent.lineage.gathering import gather
from notcontent.lineage.observations import EARLIEST, Fact, FactKind, HandleKind, Post
from notcontent.lineage.simulation import EVALUATION_SEEDS, Level, Ranges, Settings, Span, World, simulate
from notcontent.lineage.simulation.contents import Edit
from notcontent.lineage.simulation.planning import WORLD_ENDS, Role, plan
from notcontent.lineage.simulation.posting import blank_posts
from notcontent.lineage.simulation.seeing import see
from notcontent.lineage.simulation.settings import Habits

SMALL = Settings(seed=7, families=5, ranges=Ranges(channels=Span(3, 14), posts=Span(40, 120)))


@cache
def world(level: Level = Level.FULL, *, media: bool = True) -> World:
    return simulate(replace(SMALL, level=level, media=media))


def chance_of(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@cache
def posts_of(made: World) -> list[Post]:
    return [each for each in made.observations() if isinstance(each, Post)]


def test_equal_settings_give_equal_worlds() -> None:
    again = simulate(SMALL)
    assert list(again.observations()) == list(world().observations())
    assert again.truth.parents == world().truth.parents


def test_another_seed_gives_another_world() -> None:
    assert simulate(replace(SMALL, seed=8)).truth.parents != world().truth.parents


@pytest.mark.parametrize("level", list(Level))
def test_levels_change_what_is_seen_and_not_what_is_true(level: Level) -> None:
    assert world(level).truth.parents == world().truth.parents
    assert [channel.titles for channel in world(level).channels] == [channel.titles for channel in world().channels]


def test_the_hardest_level_misses_the_same_channels() -> None:
    assert (world(Level.BOTH).seen.channels == world(Level.CHANNELS).seen.channels).all()


def test_json_alone_has_the_same_posts_without_hashes() -> None:
    with_media, without = posts_of(world()), posts_of(world(media=False))
    assert any(post.hashes for post in with_media)
    assert [replace(post, hashes=()) for post in with_media] == without


def test_every_habit_has_a_range() -> None:
    assert [each.name for each in fields(Habits)] == [each.name for each in fields(Ranges)]


@pytest.mark.parametrize(("seed", "families"), [(1, 0), (-1, 3)])
def test_a_world_without_a_family_is_refused(seed: int, families: int) -> None:
    with pytest.raises(ValueError, match="a family or more"):
        Settings(seed=seed, families=families)


def test_seeds_for_evaluation_lie_apart_from_those_for_training() -> None:
    assert EVALUATION_SEEDS.start == 1_000_000
    assert SMALL.seed not in EVALUATION_SEEDS


def test_parents_begin_before_their_children_and_grow_in_one_family() -> None:
    made = world()
    for channel in made.channels:
        if channel.parent is not None:
            parent = made.channels[channel.parent]
            assert parent.place < channel.place
            assert parent.born < channel.born
            assert parent.family == channel.family


def test_strangers_are_families_of_their_own() -> None:
    made = world()
    sizes = Counter(made.truth.families)
    strangers = [channel for channel in made.channels if channel.stranger]
    assert {channel.role for channel in strangers} == {Role.SPAMMER, Role.LOOKALIKE, Role.LONER}
    assert all(sizes[channel.family] == 1 and channel.parent is None for channel in strangers)


def test_the_nearest_seen_ancestor_skips_what_was_not_read() -> None:
    truth = world(Level.CHANNELS).truth
    skipped = 0
    for place, parent in enumerate(truth.seen_parents):
        above = [each for each in truth.ancestors(place) if truth.seen[each]]
        assert parent == (above[0] if above else None)
        skipped += parent != truth.parents[place]
    assert skipped > 0


def test_posts_lie_within_their_channels_life_and_are_numbered_in_time() -> None:
    made = world()
    for channel in made.channels:
        rows = made.posts[made.posts["channel"] == channel.place]
        assert (rows["time"] >= channel.born).all()
        assert (rows["time"] < channel.end).all()
        assert (np.diff(rows["time"]) >= 0).all()
        assert (np.diff(rows["number"]) >= 2).all()
    assert made.posts["time"].min() > EARLIEST
    assert made.posts["time"].max() < WORLD_ENDS


def test_what_is_copied_was_there_before() -> None:
    made = world()
    first: dict[int, int] = {}
    for post in np.sort(made.posts, order="time"):
        variant = int(post["variant"])
        if variant >= 0:
            origin = int(made.files["origin"][variant])
            edited = origin >= 0 and made.files["edit"][variant] != Edit.TEMPLATE
            first.setdefault(variant, int(post["time"]))
            assert not edited or origin not in first or first[origin] <= post["time"]


def test_four_tenths_of_the_posts_are_seen_and_some_channels_only_in_a_range_of_dates() -> None:
    made = world(Level.POSTS)
    assert made.seen.posts.mean() == pytest.approx(0.4, abs=0.03)
    ranges = []
    for channel in made.channels:
        seen = np.flatnonzero(made.seen.posts[made.posts["channel"] == channel.place])
        ranges.append(np.ptp(seen) / (made.posts["channel"] == channel.place).sum())
    assert min(ranges) < 0.6
    assert max(ranges) > 0.9


def test_a_fifth_of_the_channels_is_never_read() -> None:
    made = world(Level.CHANNELS)
    read = {made.truth.place_of(f"n:{post.channel.value}") for post in posts_of(made)}
    assert read == set(np.flatnonzero(made.seen.channels).tolist())
    channels, chance = plan(replace(SMALL, families=100), chance_of(1)), chance_of(2)
    assert see(channels, blank_posts(0), Level.CHANNELS, chance).channels.mean() == pytest.approx(0.8, abs=0.04)


def test_four_tenths_of_what_is_seen_at_the_hardest_level_is_spam() -> None:
    made = world(Level.BOTH)
    shares = []
    for channel in made.channels:
        seen = made.seen.posts & (made.posts["channel"] == channel.place)
        if channel.role is not Role.SPAMMER and seen.any():
            shares.append(made.posts["spam"][seen].mean())
    assert np.mean(shares) == pytest.approx(0.4, abs=0.06)
    assert min(shares) < 0.3
    assert max(shares) > 0.5


def test_successors_begin_soon_after_a_removal_or_are_prepared_before_it() -> None:
    channels = plan(replace(SMALL, families=40), chance_of(1))
    waits = [
        (channel.born - channels[channel.parent].end) / 86_400
        for channel in channels
        if channel.role is Role.SUCCESSOR and channel.parent is not None
    ]
    after = [wait for wait in waits if wait >= 0]
    assert 0.3 < float(np.median(after)) < 2
    assert any(wait < 0 for wait in waits)


def test_forwards_name_the_origin_and_not_the_channel_between() -> None:
    made = world()
    forwards = made.posts[made.posts["origin"] >= 0]
    assert (forwards["origin"] != forwards["source"]).any()
    assert (forwards["origin"] != forwards["channel"]).mean() > 0.95
    kinds = {post.forward.kind for post in posts_of(made) if post.forward is not None}
    assert kinds == {HandleKind.NUMBER, HandleKind.TITLE}


def test_links_buttons_renamings_and_removals_are_told() -> None:
    observations = list(world().observations())
    links = [link for each in observations if isinstance(each, Post) for link in each.links]
    assert {link.button for link in links} == {True, False}
    kinds = {each.kind for each in observations if isinstance(each, Fact)}
    assert kinds == {FactKind.TITLE, FactKind.CREATED, FactKind.PHOTO, FactKind.KIND, FactKind.REMOVED}


def test_no_post_bears_a_mark_twice() -> None:
    assert all(len(set(post.marks)) == len(post.marks) for post in posts_of(world()))


def test_evidence_names_only_channels_of_the_world() -> None:
    made = world(Level.BOTH)
    evidence = gather(made.observations(), made.marker)
    assert len(evidence.shown) > 0
    assert all(made.truth.place_of(channel.key) is not None for channel in evidence.channels)


def test_no_two_channels_share_a_number_or_a_public_name() -> None:
    channels = plan(replace(SMALL, families=100), chance_of(1))
    assert len({channel.family for channel in channels if not channel.stranger}) == 100
    names = [channel.username for channel in channels if channel.username is not None]
    assert len(set(names)) == len(names)
    assert len({channel.number for channel in channels}) == len(channels)
