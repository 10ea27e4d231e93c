"""Files of one family to hand out: exports for other people's tools, and the annex of a notice."""

import time

from notcontent.hub.channel_answers import Handout, HandoutKind
from notcontent.hub.lineage.place import hub_book
from notcontent.hub.lineage.reading import Reading
from notcontent.lineage.annex import annex_pdf, annex_text
from notcontent.lineage.exports import FORMATS, Tlp
from notcontent.lineage.family import Family
from notcontent.lineage.judging import family_evidence, told_by


def handout(reading: Reading, family: Family, kind: HandoutKind, tlp: Tlp) -> Handout:
    """Make one file. Its name says what it is and nothing of the family. Raises LineageFamilyNotFoundError."""
    with hub_book() as book:
        evidence, part = family_evidence(book, reading.judgement, family)
        who = told_by(book, evidence)
    now, lineage = int(time.time()), part.lineage
    if kind is HandoutKind.ANNEX_PDF:
        return Handout("annex.pdf", "application/pdf", annex_pdf(evidence, lineage, family.id, now=now, told_by=who))
    if kind is HandoutKind.ANNEX_TEXT:
        text = annex_text(evidence, lineage, family.id, now=now, told_by=who)
        return Handout("annex.txt", "text/plain; charset=utf-8", text.encode())
    export, ending, content_type = FORMATS[kind.value]
    body = export(evidence, lineage, family.id, now=now, tlp=tlp)
    return Handout(f"family-{tlp.value.replace('+', '-').replace(':', '-')}{ending}", content_type, body)
