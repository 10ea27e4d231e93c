"""A lease ends when it ends, whatever somebody does to the wall clock."""

import pytest
from gate_parts import SetClock

from notcontent.gate.lease import LeaseState, Seen, SystemClock, deadlines, steady_now


def test_states_follow_each_other() -> None:
    ends = deadlines(SetClock(), now=5000.0, contact=5000.0, hold_after_s=70, shred_after_s=300)
    states = [ends.state(1000.0 + passed) for passed in (0, 69, 70, 299, 300, 1e9)]
    live, hold, shred = LeaseState.LIVE, LeaseState.HOLD, LeaseState.SHRED
    assert states == [live, live, hold, hold, shred, shred]


def test_a_lease_that_shreds_before_it_holds_never_lasts_longer() -> None:
    ends = deadlines(SetClock(), now=0.0, contact=0.0, hold_after_s=500, shred_after_s=10)
    assert ends.state(1010.0) is LeaseState.SHRED


@pytest.mark.parametrize("moved", [-1e9, -3600.0, 3600.0, 1e9])
def test_setting_the_wall_clock_within_a_boot_changes_nothing(moved: float) -> None:
    clock = SetClock()
    seen = Seen(steady_now(clock, None), clock.boot(), clock.boot_id())
    clock.boot_s += 60
    clock.wall_s += moved
    assert steady_now(clock, seen) == seen.steady + 60


def test_over_a_boot_the_clock_may_go_on_but_not_back() -> None:
    clock = SetClock()
    seen = Seen(steady_now(clock, None), clock.boot(), clock.boot_id())
    clock.boot_name, clock.boot_s = "boot-b", 5.0
    clock.wall_s -= 1e8
    assert steady_now(clock, seen) == seen.steady
    clock.wall_s += 2e8
    assert steady_now(clock, seen) == clock.wall_s


def test_a_contact_from_the_future_counts_as_now() -> None:
    clock = SetClock()
    ends = deadlines(clock, now=100.0, contact=1e12, hold_after_s=10, shred_after_s=20)
    assert ends.contact == clock.boot()


def test_the_machine_has_the_clocks_that_are_needed() -> None:
    clock = SystemClock()
    assert clock.boot() > 0
    assert clock.wall() > 1.7e9
    assert len(clock.boot_id()) == 36
