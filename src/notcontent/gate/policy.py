"""When a match is near enough for which advice. Pure values, made once from gate.toml.

The more entries a bank has, the more often a stranger's upload comes near one of them by chance. So the general radii
are those of a small bank, and `Policy.at` narrows them, for each family of looks by itself, as the bank grows. What a
rule says stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from notcontent.exchange.wire import Action, Kind
from notcontent.gate.config import Family, GateConfig, PolicyConfig
from notcontent.gate.tails import PATTERNS, TAILS, Tail, radius_for
from notcontent.matching.estimating import EstimatePolicy
from notcontent.signals.looks import DEFAULT_BUDGET

NEVER = -1
ALWAYS_HELD = 6
"""So near a whole picture is held however large the bank is and however little its hash says: what was banked and comes
back as it was must not pass unseen. Radii that the platform sets smaller stay."""


@dataclass(frozen=True, slots=True)
class Radii:
    """Inclusive distances in bits out of 256 up to which an entry leads to this advice; -1 means never."""

    block: int
    hold: int

    def advice(self, distance: int) -> Action:
        """Say what an entry at this distance leads to."""
        if distance <= self.block:
            return Action.BLOCK
        return Action.HOLD if distance <= self.hold else Action.ALLOW


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Which shares of the uploads that show nothing banked may be blocked, and held, for their looks: both in vain.

    `looks` is the most looks that are taken of an upload.
    """

    false_blocks: float
    false_holds: float
    looks: int = DEFAULT_BUDGET

    def narrowed(self, radii: Radii, tail: Tail, entries: int) -> Radii:
        """Give the farthest distances within these radii that a tail allows in a bank of so many entries."""
        block = min(radii.block, radius_for(tail, entries, self.false_blocks, self.looks))
        hold = min(radii.hold, radius_for(tail, entries, self.false_holds, self.looks))
        return Radii(block, max(block, hold))


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """Other radii for one bank, one kind of entry, one family of looks, or several of these; None stands for any."""

    bank: str | None
    kind: Kind | None
    look: Family | None
    radii: Radii


@dataclass(frozen=True, slots=True)
class Policy:
    """A platform's own thresholds. Looks and entries below `min_quality` never match: too plain to be told apart."""

    radii: Radii
    min_quality: int
    rules: tuple[PolicyRule, ...] = ()
    tolerance: Tolerance | None = None
    """What narrows the general radii as a bank grows; None: nothing does."""
    by_look: Mapping[Family, Radii] = field(default_factory=dict)
    """The general radii where a family of looks has narrower ones: see `at`."""
    patterned: Radii | None = None
    """The same where the entry's hash says little (`signals/pattern.py`), for all families."""
    reach: int = field(init=False)
    """The farthest distance that matters to any rule or family of looks; -1 when none does. Each search asks for it."""

    def __post_init__(self) -> None:
        """Find how far is to be searched."""
        general = [self.general(look) for look in Family]
        reach = max(radii.hold for radii in (*general, *(rule.radii for rule in self.rules)))
        object.__setattr__(self, "reach", reach)

    def at(self, entries: int) -> "Policy":
        """Give the policy for a bank of so many entries."""
        if self.tolerance is None:
            return self
        by_look = {look: self.tolerance.narrowed(self.radii, TAILS[look], entries) for look in Family}
        whole = by_look[Family.WHOLE]
        by_look[Family.WHOLE] = Radii(whole.block, max(whole.hold, min(ALWAYS_HELD, self.radii.hold)))
        return replace(self, by_look=by_look, patterned=self.tolerance.narrowed(self.radii, PATTERNS, entries))

    def general(self, look: Family, *, pattern: bool = False) -> Radii:
        """Give the radii for a family of looks where no rule fits; with `pattern` for a hash that says little."""
        radii = self.by_look.get(look, self.radii)
        if not pattern or self.patterned is None:
            return radii
        least = min(ALWAYS_HELD, self.radii.hold) if look is Family.WHOLE else NEVER
        return Radii(min(radii.block, self.patterned.block), max(min(radii.hold, self.patterned.hold), least))

    def widest(self, look: Family) -> Radii:
        """Give the farthest distances at which an entry of whatever bank and kind may lead to each advice."""
        some = (self.general(look), *(rule.radii for rule in self.rules if rule.look in {None, look}))
        return Radii(max(radii.block for radii in some), max(radii.hold for radii in some))

    def radii_for(self, bank: str, kind: Kind, look: Family, *, pattern: bool = False) -> Radii:
        """Give the radii for an entry and a look: the first rule that fits, otherwise the general ones."""
        for rule in self.rules:
            if rule.bank in {None, bank} and rule.kind in {None, kind} and rule.look in {None, look}:
                return rule.radii
        return self.general(look, pattern=pattern)


def make_policy(config: PolicyConfig, looks: int = DEFAULT_BUDGET) -> Policy:
    """Make the policy that a gate.toml describes, for a bank of any size (`Policy.at` gives that of one)."""
    rules = tuple(
        PolicyRule(rule.bank, rule.kind, rule.look, Radii(rule.block_radius, rule.hold_radius)) for rule in config.rules
    )
    tolerance = Tolerance(config.false_blocks, config.false_holds, looks)
    return Policy(Radii(config.block_radius, config.hold_radius), config.min_quality, rules, tolerance)


def make_estimate_policy(config: GateConfig) -> EstimatePolicy:
    """Make the policy of estimates that a gate.toml describes."""
    return EstimatePolicy(config.estimates.budget, config.estimates.false_holds, config.policy.min_quality)
