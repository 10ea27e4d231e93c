"""Every reason has a sentence, with its numbers, and says when it speaks against."""

import string

import pytest

from notcontent.lineage.family import Reason, ReasonKind
from notcontent.lineage.words import AFTER_NOTICE, LIVED_ON, TEMPLATES, chance, grouped, many, percent, say, template


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("kind", ReasonKind)
def test_every_kind_of_reason_has_a_sentence_for_one_and_for_many(kind: ReasonKind) -> None:
    numbers = {"count": 3.0, "percent": 41.6, "days": 6.2, "hours": 5.0, "own": 2, "only": 1}
    sentence = say(Reason(kind, 1.0, numbers))
    assert sentence[:1] in string.ascii_uppercase + string.digits
    assert "{" not in sentence
    assert "against" not in sentence
    assert places(TEMPLATES[kind].one) == places(TEMPLATES[kind].many)


def test_numbers_are_rounded_and_one_is_singular() -> None:
    said = say(Reason(ReasonKind.SHARED, 2.0, {"count": 41.0, "percent": 82.6, "own": 4.0, "only": 2.0}))
    assert said == (
        "41 contents that it showed before this one did, 83\u202f% of what this one shows after others;"
        " of these it was the first of all to show 4, and 2 nobody else had shown"
    )
    assert say(Reason(ReasonKind.FORWARDS, 2.0, {"count": 1.0})) == "1 post of this one is forwarded from it"


def test_nothing_in_common_is_said_to_be_nothing() -> None:
    numbers = {"count": 0.0, "percent": 0.0, "own": 0.0, "only": 0.0}
    assert say(Reason(ReasonKind.SHARED, 0.2, numbers)) == "Nothing that this one shows was seen in it before"


def test_what_speaks_against_says_so() -> None:
    assert say(Reason(ReasonKind.CADENCE, -0.5, {"percent": 3})).endswith("(speaks against)")


def test_a_long_delay_is_told_in_days() -> None:
    assert "within 5 hours;" in say(Reason(ReasonKind.MIRROR_LAG, 1.0, {"hours": 5.0, "percent": 3}))
    assert "within 3 days;" in say(Reason(ReasonKind.MIRROR_LAG, 1.0, {"hours": 72.0, "percent": 3}))


def test_a_delay_is_never_told_shorter_than_it_was() -> None:
    for hours, said in ((0.0, "1 hour"), (1.0, "1 hour"), (1.2, "2 hours"), (73.0, "4 days")):
        assert say(Reason(ReasonKind.MIRROR_LAG, 1.0, {"hours": hours, "percent": 3})) == (
            f"Half of what they share followed within {said}; it was the latest to show 3\u202f%"
        )


def test_a_notice_that_came_after_the_beginning_is_what_is_told_where_it_still_counts() -> None:
    for days in (35.0, -2.0):
        said = say(Reason(ReasonKind.AFTER_REMOVAL, 3.2, {"days": days, "noticed": -2.3}))
        assert said == "It was found removed 2 days after this one began"
    assert template(Reason(ReasonKind.AFTER_REMOVAL, -1.0, {"days": -2.0, "noticed": -40.0}))[0] == LIVED_ON


def test_a_parent_that_lived_on_is_said_to_have_lived_on() -> None:
    reason = Reason(ReasonKind.AFTER_REMOVAL, -0.5, {"days": -12.4})
    assert template(reason) == (LIVED_ON, {"days": 12})
    assert say(reason) == "It was still posting 12 days after this one began (speaks against)"


def test_a_birth_after_a_removal_that_was_noticed_is_told_by_the_notice() -> None:
    reason = Reason(ReasonKind.AFTER_REMOVAL, 0.5, {"days": 30.2, "noticed": 1.2})
    assert template(reason)[0] is AFTER_NOTICE
    assert say(reason) == "This one began 1 day after it was found removed"
    before = Reason(ReasonKind.AFTER_REMOVAL, 0.5, {"days": 30.2, "noticed": -400.0})
    assert say(before) == "This one began 30 days after its last post that was seen"


def test_a_percentage_is_never_rounded_to_certainty() -> None:
    shares = (None, 0.0, 0.001, 0.5, 0.9949, 0.999, 1.0)
    assert [percent(share) for share in shares] == [
        "", "0\u202f%", "<\u202f1\u202f%", "50\u202f%", "99\u202f%", ">\u202f99\u202f%", "100\u202f%",
    ]  # fmt: skip
    assert [chance(share) for share in shares] == [
        "", "<\u202f1\u202f%", "<\u202f1\u202f%", "50\u202f%", "99\u202f%", ">\u202f99\u202f%", ">\u202f99\u202f%",
    ]  # fmt: skip


def test_counts_are_grouped_and_one_is_one() -> None:
    assert [grouped(999), grouped(3100), grouped(1_234_567)] == ["999", "3\u202f100", "1\u202f234\u202f567"]
    assert [many(1, "post"), many(0, "post"), many(3100, "post")] == ["1 post", "0 posts", "3\u202f100 posts"]
