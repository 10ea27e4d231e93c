"""What inference is worth on simulated worlds: metrics with intervals, beside three baselines on the same evidence."""

from notcontent.lineage.evaluation.evaluating import LARGE_BOOKS, SMALL_BOOKS, Infer, Progress, evaluate
from notcontent.lineage.evaluation.plot import calibration_plot
from notcontent.lineage.evaluation.tables import Row, Table

__all__ = ["LARGE_BOOKS", "SMALL_BOOKS", "Infer", "Progress", "Row", "Table", "calibration_plot", "evaluate"]
