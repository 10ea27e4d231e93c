"""Observations -> evidence: one channel under all its names, each content by its first time, pointers resolved.

Sources overlap and disagree. What two sources show of one post is one post. A public name is not forever: channels give
theirs up and others take it, so a name never joins two numbers.
"""

from collections.abc import Iterable

import numpy as np

from notcontent.lineage.clusters import cluster_hashes
from notcontent.lineage.columns import Columns, Facts, signed
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.marks import Marker
from notcontent.lineage.merging import merge
from notcontent.lineage.observations import Fact, FactKind, Handle, HandleKind, Observation, Post, SameChannel


def gather(observations: Iterable[Observation], marker: Marker) -> Evidence:
    """Give the evidence of these observations, in memory. `marker` is the one that made their marks."""
    collecting = Collecting(marker)
    for observation in observations:
        collecting.add(observation)
    return merge(collecting.finish())


class Collecting:
    """Takes observations into columns, one by one."""

    def __init__(self, marker: Marker) -> None:
        """Begin with nothing."""
        self.columns = Columns()
        self._marker = marker
        self._rows: dict[Handle, int] = {}
        self._hashes: list[tuple[int, int]] = []
        self._values = bytearray()
        self._qualities = bytearray()

    def finish(self) -> Columns:
        """Give the columns, with hashes as the clusters that they fell into."""
        values = np.frombuffer(bytes(self._values), dtype=np.uint8).reshape(-1, 32)
        clusters = cluster_hashes(values, np.frombuffer(bytes(self._qualities), dtype=np.uint8))
        for (row, time), cluster in zip(self._hashes, clusters.tolist(), strict=True):
            if cluster >= 0:
                self.columns.pictures.extend((row, cluster, time))
        self._hashes.clear()
        return self.columns

    def add(self, observation: Observation) -> None:
        """Take one observation."""
        columns = self.columns
        if isinstance(observation, Post):
            self._add_post(observation)
        elif isinstance(observation, Fact):
            row = self._row(observation.channel)
            columns.facts.append(Facts(row, observation.kind, observation.value, observation.time))
            if observation.kind is FactKind.TITLE:
                digest = self._marker.title(observation.value)
                columns.titled.append((row, columns.handle(Handle(HandleKind.TITLE, digest))))
        elif isinstance(observation, SameChannel):
            columns.same.append((self._row(observation.one), self._row(observation.other)))

    def _add_post(self, post: Post) -> None:
        columns, row = self.columns, self._row(post.channel)
        columns.posts.extend((row, post.number, post.time, -1 if post.views is None else post.views))
        for mark in post.marks:
            columns.marks.extend((row, int(mark.kind), post.time, signed(mark.digest)))
        for found in post.hashes:
            self._hashes.append((row, post.time))
            self._values += found.value
            self._qualities.append(found.quality)
        if post.forward is not None:
            columns.forwards.extend((row, columns.handle(post.forward), post.time))
        for link in post.links:
            columns.links.extend((row, columns.handle(link.to), post.time, int(link.button)))

    def _row(self, handle: Handle) -> int:
        row = self._rows.get(handle)
        if row is None:
            columns = self.columns
            row = self._rows[handle] = columns.rows
            columns.rows += 1
            columns.named.extend((row, columns.handle(name)) for name in names_of(handle, self._marker))
        return row


def names_of(handle: Handle, marker: Marker) -> tuple[Handle, ...]:
    """Give a channel's handle and, of a public name, what it is where it is hidden."""
    if handle.kind is HandleKind.USERNAME:
        return handle, Handle(HandleKind.HIDDEN, marker.hidden(handle.value))
    return (handle,)
