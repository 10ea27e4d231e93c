"""The members' door described (OpenAPI 3.1), made from the wire's structs.

`python -m notcontent.hub.api.openapi > spec/openapi-hub.json`; a test compares them, so the file cannot drift.
"""

import json
import sys

import msgspec

import notcontent
from notcontent.exchange.wire import ErrorAnswer, Event, HubInfo, Page, Signed, SnapshotEnd

Json = dict[str, object]
SNAPSHOT_TYPE = "application/vnd.notcontent.snapshot+gzip"
_COMPONENTS = (Signed, Page, SnapshotEnd, Event, HubInfo, ErrorAnswer)
_REFUSALS = {
    "401": "`key_refused`: no member key, an unknown or a revoked one.",
    "403": "`scope_missing`: the key is good, but not for this.",
    "405": "`method_not_allowed`: only GET and HEAD.",
    "409": "`feed_cursor`: the feed does not reach to this cursor.",
    "422": "`request_format`: a parameter is missing, malformed, unknown or given twice.",
    "500": "`internal`: something went wrong that should not have; the hub's log says where.",
    "503": "`overloaded`: `Retry-After` says when to come back.",
}
_NONCE: Json = {
    "name": "nonce",
    "in": "query",
    "required": True,
    "description": "Fresh for every request; the signed answer repeats it.",
    "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}
_AFTER: Json = {
    "name": "after",
    "in": "query",
    "required": True,
    "description": "The cursor: the last sequence number applied; 0 at the beginning.",
    "schema": {"type": "integer", "minimum": 0},
}
_LIMIT: Json = {
    "name": "limit",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": 5000, "default": 1000},
}


def _schema(name: str) -> Json:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _answers(description: str, content: Json, *refused: str) -> Json:
    answers: Json = {"200": {"description": description, "content": content}}
    for status in (*refused, "405", "422", "500"):
        answer: Json = {"description": _REFUSALS[status], "content": {"application/json": _schema("ErrorAnswer")}}
        if status == "503":
            answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
        answers[status] = answer
    return dict(sorted(answers.items()))


def _get(operation: str, summary: str, responses: Json, parameters: list[Json], *, key: bool) -> Json:
    security: list[Json] = [{"member": []}] if key else []
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "security": security,
            "parameters": parameters,
            "responses": responses,
        }
    }


def _paths() -> Json:
    health: Json = {"schema": {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}}}
    gzip: Json = {"schema": {"type": "string", "contentMediaType": SNAPSHOT_TYPE}}
    return {
        "/v1/feed": _get(
            "feed",
            "The signed page of events after a cursor: `Signed`, whose payload is a `Page`.",
            _answers("The page.", {"application/json": _schema("Signed")}, "401", "403", "409"),
            [_AFTER, _LIMIT, _NONCE],
            key=True,
        ),
        "/v1/feed/snapshot": _get(
            "snapshot",
            "Everything live: gzip, one `Event` (add) a line, last a line `Signed` whose payload is a `SnapshotEnd`.",
            _answers("The snapshot.", {SNAPSHOT_TYPE: gzip}, "401", "403", "503"),
            [_NONCE],
            key=True,
        ),
        "/v1/hub": _get(
            "hub",
            "Who this hub is. Compare the key with the one in your configuration; never take it from here.",
            _answers("The hub.", {"application/json": _schema("HubInfo")}),
            [],
            key=False,
        ),
        "/v1/health": _get(
            "health", "The hub answers.", _answers("It does.", {"application/json": health}), [], key=False
        ),
    }


def document() -> Json:
    """Give the whole description."""
    _, components = msgspec.json.schema_components(_COMPONENTS, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "notcontent hub",
            "version": notcontent.__version__,
            "description": "What members read. Every refusal is an `ErrorAnswer` with a stable code.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "member": {"type": "http", "scheme": "bearer", "description": "A member key with scope feed:read."}
            },
        },
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2) + "\n")
