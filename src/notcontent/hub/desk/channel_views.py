"""The operators' pages of channels. Each parses, calls one flow and answers; guard.py has seen to who is asking."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from notcontent.errors import (
    LineageBookError,
    LineageChannelAmbiguousError,
    LineageChannelNotFoundError,
    LineageFamilyNotFoundError,
)
from notcontent.hub import flows
from notcontent.hub.channel_answers import ChannelName, HandoutKind
from notcontent.hub.desk.channel_forms import FindForm, HandoutForm
from notcontent.hub.desk.channel_words import explain
from notcontent.lineage.drawing import Goal
from notcontent.lineage.exports import Tlp

DAYS = (7, 30, 90)
MOST_OPENED = 50
View = Callable[..., HttpResponse]


def of_the_book(view: View) -> View:
    """Wrap a page: what is not in the book is no page, and a book that cannot be read is said to be so."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (LineageChannelNotFoundError, LineageFamilyNotFoundError):
            raise Http404 from None
        except LineageBookError as error:
            return render(request, "desk/channels_closed.html", {"said": explain(error)}, status=error.http_status)

    return guarded


@require_safe
@of_the_book
def channels(request: HttpRequest) -> HttpResponse:
    """Show the queue, the families and the chats that nobody imported; `channel` looks for one."""
    find = FindForm(request.GET)
    wanted = find.cleaned_data["channel"] if find.is_valid() else ""
    several: tuple[ChannelName, ...] = ()
    if wanted:
        try:
            return redirect("desk:channel", channel=flows.find_channel(wanted))
        except LineageChannelAmbiguousError:
            several = flows.channels_called(wanted)
            find.add_error("channel", _("Several channels go by this name. Choose one:"))
        except LineageChannelNotFoundError:
            find.add_error("channel", _("No channel goes by this name."))
    page = _number(request.GET.get("page"), 1)
    shown = {"find": find, "several": several, "page": page, "shown": flows.desk_channels(page)}
    return render(request, "desk/channels.html", shown)


@require_http_methods(["POST"])
@of_the_book
def seen(request: HttpRequest) -> HttpResponse:
    """Take channels off the queue."""
    count = flows.mark_channels_seen(request.user.get_username(), request.POST.getlist("channel")[:MOST_OPENED])
    if count:
        messages.success(request, _("Noted: {count} off the list.").format(count=count))
    return redirect("desk:channels")


@require_http_methods(["POST"])
@of_the_book
def judge(request: HttpRequest) -> HttpResponse:
    """Judge the whole book anew."""
    flows.judge_channels(request.user.get_username())
    messages.success(request, _("All channels are judged anew."))
    return redirect("desk:channels")


@require_safe
@of_the_book
def family(request: HttpRequest, family: str) -> HttpResponse:
    """Show one family; `open` names channels whose subtrees are unfolded."""
    opened = list(dict.fromkeys(request.GET.getlist("open")))[:MOST_OPENED]
    here = reverse("desk:family", args=[family])

    def path(goal: Goal, channel: str) -> str | None:
        if goal is Goal.CHANNEL:
            return reverse("desk:channel", args=[channel])
        rest = [one for one in opened if one != channel]
        left = [*rest, channel] if goal is Goal.OPEN else rest
        return f"{here}?{urlencode({'open': left}, doseq=True)}#tree" if left else f"{here}#tree"

    shown = flows.desk_family(family, opened, path)
    return render(request, "desk/family.html", {"family": shown, "form": HandoutForm()})


@require_http_methods(["POST"])
@of_the_book
def hand_out(request: HttpRequest, family: str) -> HttpResponse:
    """Make a file of one family and send it: a POST, since making one is recorded."""
    annex = {"annex-pdf": HandoutKind.ANNEX_PDF, "annex-text": HandoutKind.ANNEX_TEXT}.get(request.POST.get("kind", ""))
    form = HandoutForm(request.POST)
    if annex is None and not form.is_valid():
        raise Http404
    kind = annex or HandoutKind(form.cleaned_data["kind"])
    tlp = Tlp.AMBER if annex else Tlp(form.cleaned_data["tlp"])
    made = flows.hand_out_family(request.user.get_username(), family, kind, tlp)
    answer = HttpResponse(made.body, content_type=made.content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer


@require_safe
@of_the_book
def channel(request: HttpRequest, channel: str) -> HttpResponse:
    """Show one channel."""
    return render(request, "desk/channel.html", {"channel": flows.desk_channel(channel)})


@require_safe
@of_the_book
def compare(request: HttpRequest, one: str, other: str) -> HttpResponse:
    """Show two channels beside each other; one beside itself is shown alone."""
    if one == other:
        return redirect("desk:channel", one)
    return render(request, "desk/compare.html", {"shown": flows.desk_comparison(one, other)})


@require_safe
@of_the_book
def radar(request: HttpRequest) -> HttpResponse:
    """Show what re-appeared in the last days."""
    days = max(1, min(_number(request.GET.get("days"), 7), 365))
    found = flows.desk_radar(days)
    began, older = ([one for one in found.lines if one.born is born] for born in (True, False))
    shown = {"began": began, "older": older, "further": found.further}
    return render(request, "desk/radar.html", {**shown, "days": days, "choices": DAYS})


def _number(typed: str | None, otherwise: int) -> int:
    """Read a number from the address; anything else counts as not given."""
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 7 else otherwise
