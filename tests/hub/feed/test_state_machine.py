"""Whatever cases do, in whatever order: a gate that replays its feed holds exactly what is live for its member.

Hypothesis plays adds, withdrawals, take-backs, erasures and epochs against the real rooms and a model in sets.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hub_stage import Gate, item, member, opened, token
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from notcontent.errors import CaseClosedError, ItemStateError
from notcontent.hub import flows
from notcontent.hub.audit import services as audit
from notcontent.hub.bank.models import Entry
from notcontent.hub.config import HubConfig

MEMBERS = ("alpha", "beta", "gamma")
HOUR = timedelta(hours=1)
audiences = st.sets(st.sampled_from(MEMBERS), min_size=1)
seeds = st.lists(st.integers(0, 12), min_size=1, max_size=4)
pick = st.integers(0, 10_000)


@dataclass
class Thing:
    """One item in the model: its value, whether it went out, how it stands."""

    value: bytes
    out: bool = False
    state: str = "open"


@dataclass
class Told:
    """One case in the model."""

    case_id: UUID
    members: set[str]
    things: list[Thing] = field(default_factory=list)
    codes: dict[str, list[int]] = field(default_factory=dict)

    def numbers(self, *states: str) -> list[int]:
        return [number for number, thing in enumerate(self.things, 1) if thing.state in states]


class Feeds(RuleBasedStateMachine):
    """Cases on one side, gates on the other."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.gates: dict[str, Gate] = {name: member(name) for name in MEMBERS}
        self.cases: list[Told] = []
        self.now: datetime = timezone.now()
        flows.tick(self.now)

    def teardown(self) -> None:
        assert audit.verify().broken_at is None
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def one(self, number: int) -> Told:
        return self.cases[number % len(self.cases)]

    @rule(audience=audiences, chosen=seeds)
    def open(self, audience: set[str], chosen: list[int]) -> None:
        case = opened(*(item(seed) for seed in chosen), members=tuple(sorted(audience)))
        values = dict.fromkeys(item(seed).value for seed in chosen)
        assert (case.count, case.already_there) == (len(values), len(chosen) - len(values))
        self.cases.append(Told(case.case_id, audience, [Thing(value) for value in values]))

    @precondition(lambda self: self.cases)
    @rule(number=pick, chosen=seeds)
    def add(self, number: int, chosen: list[int]) -> None:
        case = self.one(number)
        try:
            added = flows.add_items(case.case_id, [item(seed) for seed in chosen], token())
        except CaseClosedError:
            assert not case.numbers("open")
            return
        live = {case.things[place - 1].value for place in case.numbers("open")}
        fresh = [value for value in dict.fromkeys(item(seed).value for seed in chosen) if value not in live]
        assert added.count == len(fresh)
        case.things += [Thing(value) for value in fresh]

    @precondition(lambda self: self.cases)
    @rule(number=pick, which=pick, everything=st.booleans())
    def withdraw(self, number: int, which: int, everything: bool) -> None:
        case = self.one(number)
        chosen = None if everything else [which % len(case.things) + 1]
        stopping = [place for place in chosen or range(1, len(case.things) + 1) if place in case.numbers("open")]
        try:
            stopped = flows.withdraw(case.case_id, chosen)
        except ItemStateError:
            assert not stopping
            return
        assert stopped.count == len(stopping)
        for place in stopping:
            case.things[place - 1].state = "withdrawn"
        case.codes[stopped.take_back_code] = stopping

    @precondition(lambda self: any(case.codes for case in self.cases))
    @rule(number=pick)
    def take_back(self, number: int) -> None:
        case = [case for case in self.cases if case.codes][number % sum(bool(case.codes) for case in self.cases)]
        code, places = case.codes.popitem()
        restored = [place for place in places if case.things[place - 1].state == "withdrawn"]
        live = {case.things[place - 1].value for place in case.numbers("open")}
        doubled = [place for place in restored if case.things[place - 1].value in live]
        if restored:
            assert flows.take_back(case.case_id, code) == len(restored) - len(doubled)
        for place in restored:
            state = "erased" if place in doubled else "open"
            case.things[place - 1].state, case.things[place - 1].out = state, False

    @precondition(lambda self: any(case.numbers("open") for case in self.cases))
    @rule(number=pick, which=pick)
    def withdraw_add_again_and_take_back(self, number: int, which: int) -> None:
        """The way to two entries of one picture, which chance alone finds too rarely."""
        willing = [case for case in self.cases if len(case.numbers("open")) > 1]
        if not willing:
            return
        case = willing[number % len(willing)]
        place = case.numbers("open")[which % len(case.numbers("open"))]
        stopped = flows.withdraw(case.case_id, [place])
        value = case.things[place - 1].value
        assert flows.add_items(case.case_id, [flows.NewItem(value, 100)], token()).count == 1
        assert flows.take_back(case.case_id, stopped.take_back_code) == 0
        case.things[place - 1].state = "erased"
        case.things.append(Thing(value))

    @precondition(lambda self: self.cases)
    @rule(number=pick, which=pick, everything=st.booleans())
    def erase(self, number: int, which: int, everything: bool) -> None:
        case = self.one(number)
        chosen = None if everything else [which % len(case.things) + 1]
        going = [
            place for place in chosen or range(1, len(case.things) + 1) if case.things[place - 1].state != "erased"
        ]
        assert flows.erase(case.case_id, chosen) == len(going)
        for place in going:
            case.things[place - 1].state = "erased"

    @rule()
    def epoch(self) -> None:
        self.now += HOUR
        waiting = [thing for case in self.cases for thing in case.things if thing.state == "open" and not thing.out]
        assert flows.tick(self.now).published == len(waiting)
        for thing in waiting:
            thing.out = True
        assert flows.tick(self.now) == flows.TickReport()

    @rule(name=st.sampled_from(MEMBERS), limit=st.sampled_from([1, 3, 1000]))
    def sync(self, name: str, limit: int) -> None:
        self.gates[name].sync(limit)

    @rule(name=st.sampled_from(MEMBERS))
    def begin_anew(self, name: str) -> None:
        self.gates[name].snapshot()

    @invariant()
    def every_gate_holds_what_is_live_for_it(self) -> None:
        for name, gate in self.gates.items():
            live = sorted(
                thing.value
                for case in self.cases
                if name in case.members
                for thing in case.things
                if thing.state == "open" and thing.out
            )
            assert Gate(name, gate.key).sync(5).values() == live
            assert gate.sync().values() == live

    @invariant()
    def no_case_has_two_open_items_of_one_value(self) -> None:
        marks = [bytes(row.value_index or b"") for row in Entry.objects.filter(state__in=("waiting", "active"))]
        assert len(marks) == len(set(marks)) == sum(len(case.numbers("open")) for case in self.cases)

    @invariant()
    def every_case_shows_its_items_as_they_stand(self) -> None:
        words = {"withdrawn": "withdrawn", "erased": "erased"}
        for case in self.cases:
            shown = [each.state.value for each in flows.view_case(case.case_id).items]
            assert shown == [words.get(t.state, "active" if t.out else "waiting") for t in case.things]


@pytest.mark.django_db
def test_a_gate_that_replays_its_feed_holds_exactly_what_is_live(with_config: Callable[..., HubConfig]) -> None:
    with_config(epoch_s=3600, max_items_a_case=1000, max_items_a_day=0, max_cases_a_day=0)
    run_state_machine_as_test(
        Feeds,
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
