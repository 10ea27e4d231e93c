"""From advice to effect. The gate never acts by itself: it tells the platform what to do, and in dry-run, nothing."""

from typing import Protocol

from notcontent.exchange.wire import Action
from notcontent.gate.config import Mode


class Actions(Protocol):
    """What becomes of a verdict's advice."""

    mode: Mode

    def effective(self, advice: Action) -> Action:
        """Give what the platform is told to do."""
        ...


class DryRun:
    """The default: everything passes. What would have happened is counted and shown as `advice`."""

    mode = Mode.DRY_RUN

    def effective(self, advice: Action) -> Action:  # noqa: ARG002 (that is the point)
        """Let it pass."""
        return Action.ALLOW


class Enforce:
    """The platform is told to do what the policy advises."""

    mode = Mode.ENFORCE

    def effective(self, advice: Action) -> Action:
        """Pass the advice on."""
        return advice


def make_actions(mode: Mode) -> Actions:
    """Make what a gate.toml's mode asks for."""
    return Enforce() if mode is Mode.ENFORCE else DryRun()
