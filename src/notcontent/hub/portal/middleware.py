"""Before and after every page of the portal: what may come in, what the answer carries, how an error looks.

The desk and the API stand at the same address and guard themselves; their paths pass through untouched.
"""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from notcontent.errors import BodyTooLargeError, NotContentError, RequestFormatError, UnderageError
from notcontent.hub.config import hub_config
from notcontent.hub.portal.texts import explain

OTHER_FACES = ("/desk/", "/v1/")
MAX_BODY = 1_000_000
"""Bytes a form may have: 100 pictures and the frames of several long videos fit (`parsing.FRAMES_A_SEND`)."""

_PAGE_RULES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "worker-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types notcontent",
)
_PAGE_POLICY = "; ".join(_PAGE_RULES)
_FILE_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""What files carry. A worker obeys the policy it is served with, so this is what shuts in the thread that sees pixels.

What it imports statically is fetched under the page's policy, before its first line runs (where a browser does not do
so, the thread comes in one file, `threads.py`); from then on it may ask for nothing: no connection, no import, no
thread of its own. A `script-src` here would open that again: an `import()` may carry a query, which no policy looks
at, and a query can carry a picture.
"""

_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Other sites are told nothing. "no-referrer" would also make browsers send our own forms with `Origin: null`,
    # and older ones, which do not send Sec-Fetch-Site, could then not be told from a stranger's page.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class PortalGuard:
    """Middleware of the portal and of everything that no other face answers. Must stand first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse what another site sent or what is too large, otherwise answer; then put on the headers."""
        if _for_another_face(request):
            return self.get_response(request)
        refused = _refusal(request)
        response = error_answer(request, refused) if refused else self.get_response(request)
        _dress(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a deliberate error into a page with one clear sentence and its stable code."""
        if _for_another_face(request) or not isinstance(exception, NotContentError):
            return None
        return error_answer(request, exception)


def error_answer(request: HttpRequest, error: NotContentError) -> HttpResponse:
    """Say what went wrong: as JSON to the portal's own script, otherwise as a page."""
    said = explain(error)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"error": error.code, "message": said.sentence}, status=error.http_status)
    template = "portal/help.html" if isinstance(error, UnderageError) else "portal/error.html"
    return render(request, template, {"said": said, "code": error.code}, status=error.http_status)


def _for_another_face(request: HttpRequest) -> bool:
    """Tell whether the desk or the API answers, and guards itself. What only begins alike is ours."""
    return request.path_info.startswith(OTHER_FACES) or request.path_info == "/desk"


def _refusal(request: HttpRequest) -> NotContentError | None:
    """Tell why a request may not pass; None when it may. Reading is free, sending is for our own pages."""
    if request.method in {"GET", "HEAD"}:
        return None
    if not _from_own_page(request):
        return RequestFormatError("The form was not sent by this site's own page.")
    length = request.headers.get("Content-Length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY:
        return BodyTooLargeError()
    return None


def _from_own_page(request: HttpRequest) -> bool:
    """Believe Sec-Fetch-Site, which no page can forge; Origin where a browser does not send it."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    public = urlsplit(hub_config().public_url)
    return request.headers.get("Origin") == f"{public.scheme}://{public.netloc}"


def _dress(request: HttpRequest, response: HttpResponse) -> None:
    """Put on the headers. Pages are never stored; files are asked for anew each time, and may answer 304."""
    is_file = request.path_info.startswith(str(settings.STATIC_URL)) and response.status_code != HTTPStatus.NOT_FOUND
    for name, value in _HEADERS.items():
        response.headers[name] = value
    response.headers["Content-Security-Policy"] = _FILE_POLICY if is_file else _PAGE_POLICY
    response.headers["Cache-Control"] = "no-cache" if is_file else "no-store"
