"""The members' door: parse, call one flow, answer."""

import re

import msgspec
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from notcontent.errors import KeyRefusedError, PathNotFoundError, RequestFormatError
from notcontent.exchange.signing import key_id
from notcontent.exchange.wire import HubInfo
from notcontent.hub import flows
from notcontent.hub.api.edge import JSON, door
from notcontent.hub.api.openapi import SNAPSHOT_TYPE
from notcontent.hub.config import hub_config
from notcontent.hub.keys import hub_ring

DEFAULT_LIMIT, MOST = 1000, 5000
_LARGEST_CURSOR = 2**63 - 1
_NONCE = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"[0-9]{1,19}")


@door
def feed(request: HttpRequest) -> HttpResponseBase:
    """GET /v1/feed?after=N&limit=L&nonce=H: the signed page after a cursor."""
    key = _key(request)
    _only(request, {"after", "limit", "nonce"})
    answer = flows.feed_page(
        key,
        after=_number(request, "after", default=None, least=0, most=_LARGEST_CURSOR),
        limit=_number(request, "limit", default=DEFAULT_LIMIT, least=1, most=MOST),
        nonce=_nonce(request),
    )
    return HttpResponse(answer, content_type=JSON)


@door
def snapshot(request: HttpRequest) -> HttpResponseBase:
    """GET /v1/feed/snapshot?nonce=H: everything live, as one gzip stream that ends with a signed line."""
    key = _key(request)
    _only(request, {"nonce"})
    return StreamingHttpResponse(flows.feed_snapshot(key, nonce=_nonce(request)), content_type=SNAPSHOT_TYPE)


@door
def hub(request: HttpRequest) -> HttpResponseBase:
    """GET /v1/hub: who this hub is, to anyone. A gate takes the key from its configuration, never from here."""
    _only(request, set())
    public = hub_ring().signing.public_key()
    info = HubInfo(1, hub_config().origin, key_id(public), public.public_bytes_raw().hex())
    return HttpResponse(msgspec.json.encode(info), content_type=JSON)


@door
def health(request: HttpRequest) -> HttpResponseBase:
    """GET /v1/health: the hub answers."""
    _only(request, set())
    return HttpResponse(b'{"status":"ok"}', content_type=JSON)


@door
def unknown(request: HttpRequest) -> HttpResponseBase:  # noqa: ARG001 (every view takes it)
    """Every other path below /v1."""
    raise PathNotFoundError


def _key(request: HttpRequest) -> str:
    """Give the bearer key. Raises KeyRefusedError when there is none."""
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not key:
        raise KeyRefusedError
    return key.strip()


def _only(request: HttpRequest, names: set[str]) -> None:
    """Refuse parameters that are not documented, or given twice."""
    if not set(request.GET) <= names or any(len(values) != 1 for _, values in request.GET.lists()):
        raise RequestFormatError("A parameter is unknown or given twice.")


def _nonce(request: HttpRequest) -> str:
    nonce = request.GET.get("nonce", "")
    if not _NONCE.fullmatch(nonce):
        raise RequestFormatError("nonce is 32 lower-case hexadecimal digits.")
    return nonce


def _number(request: HttpRequest, name: str, *, default: int | None, least: int, most: int) -> int:
    text = request.GET.get(name)
    if text is None and default is not None:
        return default
    if text is None or not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise RequestFormatError(f"{name} is a number from {least} to {most}.")
    return int(text)
