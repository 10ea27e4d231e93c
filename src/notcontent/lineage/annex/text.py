"""The annex as plain text, for a mail or a form that takes no file."""

from textwrap import wrap

from notcontent.lineage.annex.entries import CAUTIONS, GONE_HEADING, GONE_NOTE, HEADING, Entry, Gone, ToldBy, annex
from notcontent.lineage.evidence import Evidence
from notcontent.lineage.family import Lineage
from notcontent.lineage.portrait.names import isolated

WIDTH = 78


def annex_text(evidence: Evidence, lineage: Lineage, family: int, *, now: int, told_by: ToldBy | None = None) -> str:
    """Give one family's annex as text with lines of 78 signs; links stand whole on lines of their own.

    `told_by` names the source of a status fact. Raises LineageFamilyNotFoundError.
    """
    told = annex(evidence, lineage, family, now=now, told_by=told_by)
    lines = [HEADING, "=" * len(HEADING), "", f"Family of {isolated(told.family)}, printed on {told.printed}", ""]
    for caution in (told.summary, *CAUTIONS):
        lines += wrap(caution, WIDTH)
    for entry in told.entries:
        lines += ["", *_entry(entry)]
    if told.gone:
        lines += ["", GONE_HEADING, "-" * len(GONE_HEADING), *wrap(GONE_NOTE, WIDTH)]
    for gone in told.gone:
        lines += ["", *_gone(gone)]
    return "\n".join(lines) + "\n"


def _gone(gone: Gone) -> list[str]:
    lines = [f"No. {gone.number}  {isolated(gone.title)}, removed"]
    lines += [f"    {link}" for link in gone.links or (gone.reached,)]
    for sentence in filter(None, (gone.renamed, gone.removed)):
        lines += wrap(sentence, WIDTH, initial_indent="    ", subsequent_indent="      ")
    return lines


def _entry(entry: Entry) -> list[str]:
    lines = [f"No. {entry.number}  {isolated(entry.title)}"]
    lines += [f"    {link}" for link in entry.links or (entry.reached,)]
    said = [entry.renamed, entry.since, entry.size, entry.belongs, entry.continues]
    for sentence in filter(None, said):
        lines += wrap(sentence, WIDTH, initial_indent="    ", subsequent_indent="      ")
    for head, sentences in ((entry.reasons_head, entry.reasons), ("Status:", entry.statuses)):
        if sentences:
            lines.append(f"    {head}")
        for sentence in sentences:
            lines += wrap(sentence, WIDTH, initial_indent="    - ", subsequent_indent="      ")
    return lines
