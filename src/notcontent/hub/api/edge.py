"""The API's outermost layer: below /v1 every refusal is an ErrorAnswer, whoever made it."""

from collections.abc import Callable

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from notcontent.errors import MethodRefusedError, NotContentError, PathNotFoundError, RequestFormatError
from notcontent.exchange.wire import ErrorAnswer
from notcontent.hub.logs import Said, note_failure

GetResponse = Callable[[HttpRequest], HttpResponseBase]
JSON = "application/json"
_BELOW = "/v1/"
_RETRY_AFTER_S = 5
_BY_STATUS: dict[int, type[NotContentError]] = {
    400: RequestFormatError,
    404: PathNotFoundError,
    405: MethodRefusedError,
}


def api_edge(get_response: GetResponse) -> GetResponse:
    """Django middleware: turn what Django itself refused below /v1 (404, 400, 500) into the API's form."""

    def edge(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not request.path.startswith(_BELOW):
            return response
        if response.status_code >= 400 and response.get("Content-Type") != JSON:
            error = _BY_STATUS.get(response.status_code, NotContentError)
            response = refusal(error())
        response["Cache-Control"] = "no-store"
        return response

    return edge


def refusal(error: NotContentError) -> HttpResponse:
    """Give an error the form that every refused request gets."""
    body = msgspec.json.encode(ErrorAnswer(error.code, str(error)))
    response = HttpResponse(body, content_type=JSON, status=error.http_status)
    if error.http_status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if error.http_status in {429, 503}:
        response["Retry-After"] = str(_RETRY_AFTER_S)
    return response


def door(view: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Wrap a GET view: other methods are refused, errors answered, and surprises noted without their message."""

    def guarded(request: HttpRequest) -> HttpResponseBase:
        try:
            if request.method not in {"GET", "HEAD"}:
                raise MethodRefusedError  # noqa: TRY301 (answered like every other refusal)
            return view(request)
        except NotContentError as error:
            response = refusal(error)
            if isinstance(error, MethodRefusedError):
                response["Allow"] = "GET, HEAD"
            return response
        except Exception as error:  # noqa: BLE001 (the edge: nothing may reach Django's own error page)
            note_failure(Said.REQUEST_FAILED, error)
            return refusal(NotContentError())

    guarded.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie signs anyone in here
    return guarded
