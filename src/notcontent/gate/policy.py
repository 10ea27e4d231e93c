"""When a match is near enough for which advice. Pure values, made once from gate.toml."""

from dataclasses import dataclass

from notcontent.exchange.wire import Action, Kind
from notcontent.gate.config import Family, GateConfig, PolicyConfig
from notcontent.matching.estimating import EstimatePolicy

NEVER = -1


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

    @property
    def reach(self) -> int:
        """The farthest distance that matters to any rule; -1 when none does."""
        return max(radii.hold for radii in (self.radii, *(rule.radii for rule in self.rules)))

    def widest(self, look: Family) -> Radii:
        """Give the farthest distances at which an entry of whatever bank and kind may lead to each advice."""
        some = (self.radii, *(rule.radii for rule in self.rules if rule.look in {None, look}))
        return Radii(max(radii.block for radii in some), max(radii.hold for radii in some))

    def radii_for(self, bank: str, kind: Kind, look: Family) -> Radii:
        """Give the radii for an entry and a look: the first rule that fits, otherwise the general ones."""
        for rule in self.rules:
            if rule.bank in {None, bank} and rule.kind in {None, kind} and rule.look in {None, look}:
                return rule.radii
        return self.radii


def make_policy(config: PolicyConfig) -> Policy:
    """Make the policy that a gate.toml describes."""
    rules = tuple(
        PolicyRule(rule.bank, rule.kind, rule.look, Radii(rule.block_radius, rule.hold_radius)) for rule in config.rules
    )
    return Policy(Radii(config.block_radius, config.hold_radius), config.min_quality, rules)


def make_estimate_policy(config: GateConfig) -> EstimatePolicy:
    """Make the policy of estimates that a gate.toml describes."""
    return EstimatePolicy(config.estimates.budget, config.estimates.false_holds, config.policy.min_quality)
