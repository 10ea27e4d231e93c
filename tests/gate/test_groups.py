"""What belongs together in gate.db: the frames of one video, by an index that older files get when they are opened."""

import os
import sqlite3

from gate_parts import Site, open_holder, served, stored

from notcontent.gate.config import read_config
from notcontent.gate.entries import _GROUP_SIZE, EntryReader


def test_frames_of_a_video_belong_together_and_a_picture_to_itself(site: Site) -> None:
    site.feed.add(os.urandom(32))
    alias = site.feed.add_video((n * 1000, os.urandom(32)) for n in range(3))
    site.feed.add_video([(0, os.urandom(32))])
    site.follow()
    reader = EntryReader(read_config(site.path).database).of(site.syncer.store.number)
    facts = reader.facts(range(1, 6))
    groups = reader.groups(range(1, 6), 50)
    by_alias = {facts[slot].alias: groups[slot] for slot in facts}
    assert sorted(group.frames for group in by_alias.values()) == [1, 1, 3]
    assert [facts[slot].t_ms for slot in facts if facts[slot].alias == alias] == [0, 1000, 2000]
    assert by_alias[alias].frames == 3
    assert len(set(by_alias.values())) == 3
    assert {group.frames for group in reader.groups(range(1, 6), 101).values()} == {0, 1}, "plain frames do not count"
    site.feed.withdraw(alias)
    site.follow()
    assert {group.frames for group in reader.groups(range(1, 6), 50).values()} == {1}
    assert stored(site) == [1, 5]
    assert served(open_holder(site).bank().snapshot) == [1, 5]
    reader.close()


def test_a_file_from_before_videos_gets_the_index_and_uses_it(site: Site) -> None:
    database = read_config(site.path).database
    site.follow()
    with sqlite3.connect(database) as db:
        db.execute("DROP INDEX frames_by_group")
    site.reopen()
    with sqlite3.connect(database) as db:
        plan = db.execute("EXPLAIN QUERY PLAN " + _GROUP_SIZE, [b"x", 50]).fetchall()
    assert "frames_by_group" in str(plan)
