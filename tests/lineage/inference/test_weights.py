"""The weights that are shipped are those of this version, and say where they come from."""

import numpy as np
import pytest

from notcontent.lineage.inference.model import FEW_STRANGERS, Threshold, choose, weights


def test_the_shipped_weights_say_by_what_command_on_which_seeds_and_when_they_were_fitted() -> None:
    read = weights()
    assert {"command", "seeds", "date"} <= read.provenance.keys()
    assert len(read.parent) < len(read.family) == len(read.columns)
    assert 0.3 < read.stated.many < read.stated.few < 0.9
    assert all(0.3 < each < 0.9 for each in (read.in_family.few, read.in_family.many))


def test_where_few_strangers_were_met_more_is_asked_for() -> None:
    least = Threshold(few=0.8, many=0.5)
    assert [least.at(met) for met in (0, FEW_STRANGERS - 1, FEW_STRANGERS, 500)] == [0.8, 0.8, 0.5, 0.5]


def test_probabilities_of_candidates_and_none_add_up_to_one_however_large_the_scores() -> None:
    child = np.array([0, 0, 2, 2, 2])
    choice = choose(np.array([800.0, 790.0, -900.0, 0.0, 1.0]), child, 3)
    whole = choice.none + np.bincount(child, choice.probability, minlength=3)
    assert whole == pytest.approx([1, 1, 1])
    assert choice.none[1] == 1
    assert choice.probability[0] > 0.99
    assert np.isfinite(choice.others).all()
