"""Families of channels with known truth: made, not met, so that what inference says can be checked."""

from notcontent.lineage.simulation.settings import EVALUATION_SEEDS, SMALL, Level, Ranges, Settings, Span
from notcontent.lineage.simulation.truth import Truth
from notcontent.lineage.simulation.world import World, simulate

__all__ = ["EVALUATION_SEEDS", "SMALL", "Level", "Ranges", "Settings", "Span", "Truth", "World", "simulate"]
