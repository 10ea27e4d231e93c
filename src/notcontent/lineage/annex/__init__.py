"""Annexes to notices: a family's channels that are not known to be removed, with reasons; those removed in a list."""

from notcontent.lineage.annex.entries import ToldBy
from notcontent.lineage.annex.pdf import annex_pdf
from notcontent.lineage.annex.text import annex_text

__all__ = ["ToldBy", "annex_pdf", "annex_text"]
