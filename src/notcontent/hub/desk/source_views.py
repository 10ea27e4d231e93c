"""The operators' pages of sources: what was imported, importing, withdrawing."""

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from notcontent.errors import LineageSizeError, LineageSourceError, LineageSourceNotFoundError, NotContentError
from notcontent.hub import flows
from notcontent.hub.channel_answers import SourceRow, Taken
from notcontent.hub.desk.channel_forms import LinksForm, WithdrawForm
from notcontent.hub.desk.channel_views import of_the_book
from notcontent.hub.desk.channel_words import explain
from notcontent.hub.lineage.uploads import MOST_BYTES, Upload
from notcontent.lineage.book import SourceState
from notcontent.lineage.words import grouped

_ROOM_FOR_THE_FORM = 64 * 1024


@require_safe
@of_the_book
def sources(request: HttpRequest) -> HttpResponse:
    """List the sources, with the forms to import one."""
    return _sources_page(request, LinksForm())


@csrf_exempt  # Django reads the form to find its token, so the place for the file must be ready: see `_take` below
def new_source(request: HttpRequest) -> HttpResponse:
    """Import a file. Nothing of it is on the disk any more when the answer goes out."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if request.method == "POST" and (not length.isdecimal() or int(length) > MOST_BYTES + _ROOM_FOR_THE_FORM):
        # Refused by what it says of itself: not a byte of it is read.
        return _refused(request, LineageSizeError())
    with flows.receiving_upload() as upload:
        request.upload_handlers = [upload]
        return _take(request, upload)


@csrf_protect
@require_http_methods(["POST"])
@of_the_book
def _take(request: HttpRequest, upload: Upload) -> HttpResponse:
    """Import what has come. guard.py let an operator pass before the first byte of it was read."""
    request.FILES.clear()  # the first look at it reads the form; it is always empty, since files are read by their path
    if upload.too_large:
        return _refused(request, LineageSizeError())
    if upload.path is None:
        return _refused(request, LineageSourceError())
    try:
        taken = flows.import_source(request.user.get_username(), upload.path)
    except LineageSourceError as error:
        return _refused(request, error)
    return _taken(request, taken)


@require_http_methods(["POST"])
@of_the_book
def new_links(request: HttpRequest) -> HttpResponse:
    """Import links that were typed."""
    try:
        form = LinksForm(request.POST)
    except RequestDataTooBig:
        return _refused(request, LineageSizeError())
    if not form.is_valid():
        return _sources_page(request, form, status=422)
    with flows.receiving_upload() as upload:
        try:
            taken = flows.import_links(request.user.get_username(), upload, form.cleaned_data["links"])
        except LineageSourceError as error:
            return _refused(request, error)
    return _taken(request, taken)


@require_http_methods(["GET", "HEAD", "POST"])
@of_the_book
def withdraw(request: HttpRequest, source: int) -> HttpResponse:
    """Ask for the source's number, then take it out with all that hung on it."""
    found = _standing(source)
    form = WithdrawForm(request.POST or None, source=source)
    if request.method == "POST" and form.is_valid():
        try:
            flows.withdraw_source(request.user.get_username(), source)
        except LineageSourceNotFoundError:
            raise Http404 from None
        messages.success(request, _("Source {number} is withdrawn, with all that hung on it.").format(number=source))
        return redirect("desk:sources")
    status = 422 if form.errors else 200
    return render(request, "desk/withdraw_source.html", {"source": found, "form": form}, status=status)


def _standing(source: int) -> SourceRow:
    for row in flows.desk_sources():
        if row.id == source and row.state is not SourceState.WITHDRAWN:
            return row
    raise Http404


def _taken(request: HttpRequest, taken: Taken) -> HttpResponse:
    if taken.already:
        messages.warning(request, _("These very bytes stand in the book already, so nothing was added."))
    else:
        posts = ngettext("{count} post", "{count} posts", taken.posts).format(count=grouped(taken.posts))
        channels = ngettext("{count} channel", "{count} channels", taken.channels).format(count=grouped(taken.channels))
        said = _("Imported as source {number}: {posts} of {channels}; {skipped} left out.")
        messages.success(
            request, said.format(number=taken.source, posts=posts, channels=channels, skipped=taken.skipped)
        )
    return redirect("desk:sources")


def _refused(request: HttpRequest, error: NotContentError) -> HttpResponse:
    return _sources_page(request, LinksForm(), said=explain(error), status=error.http_status)


def _sources_page(request: HttpRequest, form: LinksForm, *, said: str = "", status: int = 200) -> HttpResponse:
    context = {"sources": flows.desk_sources(), "form": form, "said": said, "most": MOST_BYTES // 1024**2}
    return render(request, "desk/sources.html", context, status=status)
