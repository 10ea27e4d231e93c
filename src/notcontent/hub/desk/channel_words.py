"""The stable words of lineage, told in sentences."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from notcontent.errors import LineageSourceError, NotContentError
from notcontent.lineage.book import SourceKind
from notcontent.lineage.family import Reason
from notcontent.lineage.observations import FactKind
from notcontent.lineage.portrait import Standing
from notcontent.lineage.report import Skipped
from notcontent.lineage.words import AGAINST, IN_GENERAL, LEFT_OUT, filled, template

ERRORS: dict[str, Promise] = {
    "lineage_source": _(
        "This is no saved page, archive of pages, table or list that can be read, or nothing in it is about a channel. "
        "Nothing of it was kept."
    ),
    "lineage_truncated": _("The file is cut off: it ends in the middle. Nothing of it was kept."),
    "lineage_depth": _("The file is nested deeper than any real one is. Nothing of it was kept."),
    "lineage_size": _(
        "The file, or a part of it, is larger than what is read here. Nothing of it was kept. Large Telegram exports "
        "are imported on the hub’s machine."
    ),
    "lineage_book_busy": _("Another import or withdrawal is at work. Try again when it has ended."),
    "lineage_book_version": _("The book of channels was written by another version of this software."),
}

STANDINGS: dict[Standing, Promise] = {
    Standing.ALIVE: _("alive"),
    Standing.REMOVED: _("removed"),
    Standing.RESTRICTED: _("restricted"),
    Standing.NO_PREVIEW: _("no preview"),
    Standing.UNKNOWN: _("status unknown"),
}

KINDS: dict[SourceKind, Promise] = {
    SourceKind.TELEGRAM_EXPORT: _("Telegram export"),
    SourceKind.TELEGRAM_MEDIA: _("Telegram export with media"),
    SourceKind.SAVED_PAGES: _("saved pages"),
    SourceKind.CHANNEL_LIST: _("table"),
    SourceKind.REPORTED_LINKS: _("reported links"),
}

FACTS: dict[FactKind, Promise] = {
    FactKind.TITLE: _("title"),
    FactKind.CREATED: _("created"),
    FactKind.MEMBERS: _("members"),
    FactKind.ALIVE: _("seen alive"),
    FactKind.REMOVED: _("said to be removed"),
    FactKind.RESTRICTED: _("said to be shown in some places or to some people only"),
    FactKind.PREVIEW_UNAVAILABLE: _("has no preview on the web, which says nothing of life or death"),
    FactKind.REPORTED: _("reported by somebody"),
    FactKind.KIND: _("kind"),
}

COUNTS: dict[str, tuple[str, str]] = {
    "posts": (gettext_noop("post"), gettext_noop("posts")),
    "channels": (gettext_noop("channel"), gettext_noop("channels")),
    "facts": (gettext_noop("fact"), gettext_noop("facts")),
    "media_hashed": (gettext_noop("picture or film hashed"), gettext_noop("pictures and films hashed")),
}
"""What an import read: for one, and for many."""


def explain(error: NotContentError) -> str:
    """Say what went wrong, for reading: a refused source's own sentence where there is one (it carries no data)."""
    if isinstance(error, LineageSourceError) and str(error) != error.message:
        return gettext("{sentence} Nothing of it was kept.").format(sentence=error)
    return str(ERRORS.get(error.code, _("The book of channels cannot be read or written. Tell who runs this hub.")))


def say_reason(reason: Reason) -> str:
    """Give one reason as a sentence, which says so where it speaks against."""
    chosen, numbers = template(reason)
    sentence = filled(ngettext(chosen.one, chosen.many, numbers.get(chosen.counted, 2)), numbers)
    return gettext(AGAINST).format(sentence=sentence) if reason.weight < 0 else sentence


def say_report(report: Mapping[str, int]) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Give what an import read and what it left out, each as count and words; what is zero is not told."""
    read = [(count, ngettext(*said, count)) for word, said in COUNTS.items() if (count := report.get(word, 0))]
    left = [(report[_key(why)], gettext(said)) for why, said in LEFT_OUT.items() if report.get(_key(why))]
    return read, left


def strongest(reasons: Iterable[Reason], most: int = 3) -> list[Reason]:
    """Give the reasons that speak for it most, the strongest first; none of what is said of channels in general."""
    telling = (one for one in reasons if one.weight > 0 and one.kind not in IN_GENERAL)
    return sorted(telling, key=lambda one: -one.weight)[:most]


def _key(why: Skipped) -> str:
    return f"skipped_{why.value}"
