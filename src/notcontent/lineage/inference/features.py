"""From figures of pairs to columns of a model: one table says what each is made of and which reason it speaks for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from notcontent.lineage.family import ReasonKind
from notcontent.lineage.inference.holdings import Places
from notcontent.lineage.inference.witnesses import Floats

Figures = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Feature:
    """One figure as the model sees it: as it is, and what is above each knot, so that its effect may bend there."""

    name: str
    kind: ReasonKind
    value: Callable[[Figures], Floats]
    knots: tuple[float, ...] = ()


def _log(name: str) -> Callable[[Figures], Floats]:
    return lambda figures: np.log1p(figures[name])


def _is(name: str) -> Callable[[Figures], Floats]:
    return lambda figures: (figures[name] > 0).astype(float)


def _as(name: str) -> Callable[[Figures], Floats]:
    return lambda figures: figures[name]


def _part(name: str, whole: str) -> Callable[[Figures], Floats]:
    """Draw a share of few towards nothing: three posts more that did not agree are imagined."""
    return lambda figures: figures[name] / (figures[whole] + 3)


def _gap(low: float, high: float) -> Callable[[Figures], Floats]:
    return lambda figures: ((figures["gap"] > low) & (figures["gap"] <= high)).astype(float)


def _gone(low: float, high: float, *, birth_seen: bool = False) -> Callable[[Figures], Floats]:
    """Tell births within so many days of the notice that the other was removed; perhaps only births that were seen.

    A notice may come late. So that one came long after the birth is no figure: it never speaks against.
    """
    if birth_seen:
        return lambda figures: _gone(low, high)(figures) * figures["birth_seen"]
    return lambda figures: ((figures["gone"] > low) & (figures["gone"] <= high)).astype(float)


def _ahead(name: str, room: float) -> Callable[[Figures], Floats]:
    """Say how many times as much it is as the best other candidate's, as a logarithm."""
    return lambda figures: np.clip(np.log((figures[name] + room) / (figures[f"{name}_rival"] + room)), -4, 4)


def _enough(name: str, count: str, few: float = 3) -> Callable[[Figures], Floats]:
    """Draw a share towards nothing where it is of few, or of what everybody shows."""
    return lambda figures: figures[name] * figures[count] / (figures[count] + few)


def _few(figures: Figures) -> Floats:
    """Say how little of the surroundings was seen: 1 where no stranger was met, 1/2 at ten, towards 0 at hundreds."""
    return 10 / (10 + figures["strangers"])


def _where_few(feature: Feature) -> Feature:
    """Let a figure weigh more or less where few strangers were met: what they show is then not known to be common."""
    return Feature(f"{feature.name}, few strangers", feature.kind, lambda f: feature.value(f) * _few(f))


def _part_of_posts(figures: Figures) -> Floats:
    """Say how much of all that the child posts the other had shown, as a logarithm. What bears a name shows little."""
    return np.log((figures["weight"] + 0.5) / (figures["posts_all"] + 10))


K = ReasonKind
_FEATURES: tuple[Feature, ...] = (
    Feature("cover", K.SHARED, _enough("cover", "weight", 1), (0.2, 0.5, 0.8)),
    Feature("cover ahead", K.OTHERS_FIT, lambda f: f["cover"] - f["cover_rival"], (-0.2, 0.0, 0.2)),
    Feature("posts", K.SHARED, _log("after"), (1.4, 2.5, 4.0)),
    Feature("rare posts", K.SHARED, _log("weight"), (1.4, 2.5, 4.0)),
    Feature("part of its posts", K.SHARED, _part_of_posts, (-4.5, -3.5, -2.5)),
    Feature("strength", K.SHARED, _log("strength"), (1.0, 2.5)),
    Feature("strength ahead", K.OTHERS_FIT, _ahead("strength", 0.3), (-1.0, 0.0, 1.0)),
    Feature("explained", K.SHARED, _enough("explained", "weight", 1), (0.2, 0.5, 0.8)),
    Feature("explained posts", K.SHARED, _log("explained_posts"), (1.4, 3.0)),
    Feature("explained ahead", K.SHARED, _ahead("explained_posts", 0.5), (-1.0, 0.0, 1.0)),
    Feature("same file", K.SHARED, _log("sharp"), (1.4, 2.5)),
    Feature("same file, part", K.SHARED, _enough("sharp_cover", "weight", 1), (0.2, 0.5, 0.8)),
    Feature("same file, ahead", K.SHARED, _ahead("sharp", 0.5), (-1.0, 0.0, 1.0)),
    Feature("of what it could have", K.SHARED, _enough("within", "weight", 1), (0.2, 0.5, 0.8)),
    Feature("could have, ahead", K.OTHERS_FIT, lambda f: f["within"] - f["within_rival"], (-0.2, 0.0, 0.2)),
    Feature("above chance", K.SHARED, lambda f: np.log((f["strength"] + 0.3) / (f["by_chance"] + 0.3)), (1.0, 2.5)),
    Feature("in order", K.SHARED, _as("in_order"), (0.0, 0.4)),
    Feature("only there", K.SHARED, _log("only"), (0.7, 2.0)),
    Feature("only there, part", K.SHARED, _part("only", "explainable"), (0.1, 0.3)),
    Feature("only there, ahead", K.SHARED, _ahead("only", 0.5), (-1.0, 0.0, 1.0)),
    Feature("parent's own", K.SHARED, _log("own"), (0.7, 2.0)),
    Feature("parent's own, part", K.SHARED, _part("own", "weight"), (0.3, 0.7)),
    Feature("latest", K.MIRROR_LAG, _as("recent"), (0.3, 0.6)),
    Feature("soon after", K.MIRROR_LAG, _enough("soon", "after"), (0.5,)),
    Feature("within a day", K.MIRROR_LAG, _log("quick"), (1.4,)),
    Feature("lag", K.MIRROR_LAG, lambda f: np.where(f["after"] > 2, f["median_lag"] - 4, 0), (0.0, 2.0)),
    Feature("lag spread", K.MIRROR_LAG, lambda f: np.where(f["after"] > 2, f["lag_spread"], 0), (1.0,)),
    Feature("showed later", K.SHARED, _part("reverse", "whole"), (0.2, 0.5)),
    Feature("burst", K.SHARED, _enough("burst_cover", "burst"), (0.5, 0.8)),
    Feature("burst posts", K.SHARED, _log("burst"), (1.4,)),
    Feature("taken", K.SHARED, lambda f: np.log((f["after"] + 0.5) / (f["other_posts"] + 5)), (-4.0, -2.5, -1.0)),
    Feature("other's posts", K.SHARED, _log("other_posts"), (3.0, 5.0)),
    Feature("forwards", K.FORWARDS, _log("forwards"), (1.0, 2.5)),
    Feature("any forward", K.FORWARDS, _is("forwards")),
    Feature("part of forwards", K.FORWARDS, lambda f: f["forward_share"] * f["forwards"] / (f["forwards"] + 1), (0.5,)),
    Feature("named forwards", K.FORWARDS, _log("named"), (1.0,)),
    Feature("any named", K.FORWARDS, _is("named")),
    Feature("forwarded back", K.FORWARDED_BACK, _is("forwarded_back")),
    Feature("announced", K.ANNOUNCED, _is("announced")),
    Feature("announcements", K.ANNOUNCED, _log("announced")),
    Feature("button", K.ANNOUNCED, _is("buttons")),
    Feature("linked", K.ANNOUNCED, _is("linked")),
    Feature("links back", K.LINKS_BACK, _is("links_back")),
    Feature("migrated", K.MIGRATED, _as("migrated")),
    Feature("name", K.NAME, _as("name"), (0.4, 0.7)),
    Feature("name, by part of its posts", K.NAME, lambda f: f["name"] * np.clip(_part_of_posts(f) + 3.5, -2, 2)),
    Feature("same title", K.NAME, _as("same_title")),
    Feature("photo", K.PHOTO, _as("photo")),
    Feature("any photo", K.PHOTO, _is("photo")),
    Feature("people", K.PEOPLE, _as("people"), (0.3,)),
    Feature("any people", K.PEOPLE, _is("people")),
    Feature("payments", K.PEOPLE, _as("payments")),
    Feature("any payments", K.PEOPLE, _is("payments")),
    Feature("went on long", K.AFTER_REMOVAL, _gap(-1e9, -60)),
    Feature("went on", K.AFTER_REMOVAL, _gap(-60, -3)),
    Feature("ended with it", K.AFTER_REMOVAL, _gap(-3, 2)),
    Feature("ended in that week", K.AFTER_REMOVAL, _gap(2, 10)),
    Feature("ended in that month", K.AFTER_REMOVAL, _gap(10, 40)),
    Feature("ended long before", K.AFTER_REMOVAL, _gap(40, 1e9)),
    Feature("removed", K.AFTER_REMOVAL, _as("removed")),
    Feature("removal noticed later", K.AFTER_REMOVAL, _gone(-10, -3)),
    Feature("removal noticed then", K.AFTER_REMOVAL, _gone(-3, 1)),
    Feature("removed days before", K.AFTER_REMOVAL, _gone(1, 4)),
    Feature("removed a week before", K.AFTER_REMOVAL, _gone(4, 12)),
    Feature("removed a month before", K.AFTER_REMOVAL, _gone(12, 40)),
    Feature("removed long before", K.AFTER_REMOVAL, _gone(40, 1e9)),
    Feature("removal noticed then, birth seen", K.AFTER_REMOVAL, _gone(-3, 1, birth_seen=True)),
    Feature("removed days before, birth seen", K.AFTER_REMOVAL, _gone(1, 4, birth_seen=True)),
    Feature("removed a week before, birth seen", K.AFTER_REMOVAL, _gone(4, 12, birth_seen=True)),
    Feature("older by", K.AGE, lambda f: np.log1p(np.maximum(np.nan_to_num(f["age"]), 0)), (2.0, 4.0)),
    Feature("seen later", K.AGE, _as("turned")),
    Feature("not seen itself", K.PRIOR, _as("silent")),
    Feature("cadence", K.CADENCE, _as("cadence"), (0.3,)),
    Feature("birth seen", K.PRIOR, _as("birth_seen")),
    Feature("any", K.PRIOR, lambda f: np.ones_like(f["after"])),
    Feature("posts explainable", K.PRIOR, _log("explainable"), (1.4, 3.0)),
    Feature("part explainable", K.PRIOR, _part("explainable", "posts_all"), (0.1, 0.4)),
    Feature("strongest rival", K.PRIOR, lambda f: np.log1p(f["strength_top"]), (1.0, 2.5)),
    Feature("strangers' part", K.PRIOR, _log("by_chance"), (0.3,)),
    Feature("posts read", K.PRIOR, _log("posts_all"), (3.0, 5.0)),
    Feature("strangers met", K.PRIOR, _log("strangers"), (1.5, 3.0, 4.0)),
)  # fmt: skip
_WEIGHED_BY_SURROUNDINGS = frozenset({
    "cover", "rare posts", "strength", "strength ahead", "explained posts", "same file", "of what it could have",
    "above chance", "in order", "only there", "burst", "any", "posts explainable", "part explainable",
    "strongest rival", "posts read",
})  # fmt: skip
FEATURES = (*_FEATURES, *(_where_few(each) for each in _FEATURES if each.name in _WEIGHED_BY_SURROUNDINGS))
RIVALS = ("cover", "within", "strength", "explained_posts", "sharp", "only")
"""Figures that are also compared with the best other candidate of the same channel, under `<name>_rival`."""


def columns() -> list[str]:
    """Name all columns, in their order: the feature, then `feature > knot` for each knot."""
    return [name for each in FEATURES for name in (each.name, *(f"{each.name} > {knot:g}" for knot in each.knots))]


def kinds() -> list[ReasonKind]:
    """Give each column's reason."""
    return [each.kind for each in FEATURES for _ in range(1 + len(each.knots))]


def matrix(figures: Figures) -> Floats:
    """Make the columns, f64[pairs, columns]."""
    made = []
    for feature in FEATURES:
        value = feature.value(figures)
        made += [value, *(np.maximum(value - knot, 0) for knot in feature.knots)]
    return np.stack(made, 1)


def rivals(figures: Figures, child: Places, channels: int) -> None:
    """Add, for each figure of `RIVALS`, the best one among the same channel's other candidates. Sorted by `child`."""
    size = len(child)
    for name in RIVALS:
        value = figures[name]
        first, second = np.zeros(channels), np.zeros(channels)
        np.maximum.at(first, child, value)
        is_first = value == first[child]
        count = np.bincount(child, is_first, minlength=channels)
        np.maximum.at(second, child, np.where(is_first, 0, value))
        figures[f"{name}_rival"] = np.where(is_first & (count[child] == 1), second[child], first[child])
    top = np.zeros(channels)
    np.maximum.at(top, child, figures["strength"])
    figures["strength_top"] = top[child] if size else np.zeros(0)
