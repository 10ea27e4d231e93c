"""An answer that got lost on the way can be had once more, by its token alone."""

import secrets

from notcontent.hub.portal.replies import KEPT_S, MOST, Replies


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_token_gives_its_answer_and_no_other_token_does() -> None:
    replies = Replies()
    token = secrets.token_bytes(16)
    replies.keep(token, b"the answer")
    assert replies.recall(token) == b"the answer"
    assert replies.recall(secrets.token_bytes(16)) is None


def test_what_is_kept_is_sealed_and_does_not_hold_the_token() -> None:
    replies = Replies()
    token = secrets.token_bytes(16)
    replies.keep(token, b"canary words")
    kept = b"".join(name + sealed for name, (_when, sealed) in replies._kept.items())
    assert b"canary" not in kept
    assert token not in kept


def test_it_is_forgotten_after_ten_minutes() -> None:
    clock = Clock()
    replies = Replies(clock)
    token = secrets.token_bytes(16)
    replies.keep(token, b"the answer")
    clock.now = KEPT_S - 1
    assert replies.recall(token) == b"the answer"
    clock.now = KEPT_S + 1
    assert replies.recall(token) is None
    assert not replies._kept


def test_only_so_many_are_kept_the_newest() -> None:
    replies = Replies()
    tokens = [secrets.token_bytes(16) for _ in range(MOST + 1)]
    for token in tokens:
        replies.keep(token, b"x")
    assert replies.recall(tokens[0]) is None
    assert replies.recall(tokens[-1]) == b"x"
