"""How channels are told in the desk's templates."""

from collections.abc import Iterable, Mapping

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from notcontent.hub.desk import channel_words
from notcontent.lineage.book import SourceKind
from notcontent.lineage.drawing import on_paper as pieces
from notcontent.lineage.family import Reason
from notcontent.lineage.observations import FactKind
from notcontent.lineage.portrait import Standing
from notcontent.lineage.words import chance, grouped

register = template.Library()


@register.filter
def drawing(svg: str) -> SafeString:
    """Put a drawing into the page as it is: lineage/drawing escapes everything that comes from outside."""
    return mark_safe(svg)  # noqa: S308


@register.filter
def on_paper(svg: str) -> SafeString:
    """Put the same drawing into the page in pieces, for a printer."""
    return mark_safe(pieces(svg))  # noqa: S308


@register.filter
def sure(probability: float | None) -> str:
    """Give a probability as people read it: 93 %, never 100 %; a dash where nothing is said."""
    return chance(probability) or "–"


@register.filter
def number(count: int | None) -> str | None:
    """Give a count in groups of three; None stays None."""
    return None if count is None else grouped(count)


@register.filter
def reason(said: Reason) -> str:
    """Give one reason as a sentence."""
    return channel_words.say_reason(said)


@register.filter
def strongest(reasons: Iterable[Reason], most: int = 3) -> list[Reason]:
    """Give the reasons that speak for it most."""
    return channel_words.strongest(reasons, most)


@register.filter
def standing(said: Standing) -> str:
    """Give a standing in a word or two."""
    return str(channel_words.STANDINGS[said])


@register.filter
def source_kind(said: SourceKind) -> str:
    """Give a source's kind."""
    return str(channel_words.KINDS[said])


@register.filter
def fact_kind(said: FactKind) -> str:
    """Give what a fact is about."""
    return str(channel_words.FACTS.get(said, said.value))


@register.filter
def read_counts(report: Mapping[str, int]) -> list[tuple[int, str]]:
    """Give what an import read."""
    return channel_words.say_report(report)[0]


@register.filter
def left_out(report: Mapping[str, int]) -> list[tuple[int, str]]:
    """Give what an import left out."""
    return channel_words.say_report(report)[1]


@register.filter
def weight(said: Reason) -> str:
    """Tell whether a reason speaks for or against, for those who do not see its sign."""
    return _("for") if said.weight > 0 else _("against")
