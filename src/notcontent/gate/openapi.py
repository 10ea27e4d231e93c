"""The HTTP door's description (OpenAPI 3.1), made from the wire's structs.

`python -m notcontent.gate.openapi > spec/openapi-gate.json`; a test compares them, so the file cannot drift.
"""

import json
import sys

import msgspec

import notcontent
from notcontent.exchange.wire import ErrorAnswer, HealthAnswer, LookupAnswer, LookupRequest, VerdictAnswer

Json = dict[str, object]
_COMPONENTS = (VerdictAnswer, LookupRequest, LookupAnswer, HealthAnswer, ErrorAnswer)
_REFUSALS = {
    "401": "`key_refused`: no caller's key, or an unknown one.",
    "403": "`scope_missing`: the caller's role does not allow this.",
    "408": "`body_timeout`: the body came too slowly.",
    "413": "`body_too_large`, `image_too_large`: over the limit; the rest was not read.",
    "422": "`request_format`, `hash_format`, or an `image_*` code: these bytes cannot be used.",
    "431": "`headers_too_large`: more than 32 KiB or 100 fields; the connection closes.",
    "429": "`rate_limited`: this caller asks too much; `Retry-After` says when to come back.",
    "503": "`overloaded`, `not_ready` or `decoder_start`; `Retry-After` says when to come back.",
    "507": "`storage`: gate.db cannot be read.",
}


def _json_content(name: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _answers(good: str, *refused: str) -> Json:
    answers: Json = {"200": {"description": "The answer.", "content": _json_content(good)}}
    for status in refused:
        answer: Json = {"description": _REFUSALS[status], "content": _json_content("ErrorAnswer")}
        if status in {"429", "503"}:
            answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
        answers[status] = answer
    return answers


def _paths() -> Json:
    key: list[Json] = [{"caller": []}]
    refused = ("401", "408", "413", "422", "429", "431", "503", "507")
    picture = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    unready = {"description": "The gate cannot answer questions.", "content": _json_content("HealthAnswer")}
    text = {"text/plain": {"schema": {"type": "string"}}}
    metrics = {
        "200": {"description": "Prometheus text, the sum over all workers.", "content": text},
        "401": {"description": _REFUSALS["401"], "content": _json_content("ErrorAnswer")},
        "403": {"description": "`scope_missing`: not a staff caller.", "content": _json_content("ErrorAnswer")},
    }
    return {
        "/v1/screen": {
            "post": {
                "operationId": "screen",
                "summary": "Advise on one picture. The body is the file's bytes, whatever its Content-Type says.",
                "security": key,
                "requestBody": {"required": True, "content": {"application/octet-stream": picture}},
                "responses": _answers("VerdictAnswer", *refused),
            }
        },
        "/v1/lookup": {
            "post": {
                "operationId": "lookup",
                "summary": "Advise on 1 to 1,000 hashes that the caller made itself; one verdict each, in order. "
                "For callers of the role lookup or staff.",
                "security": key,
                "requestBody": {"required": True, "content": _json_content("LookupRequest")},
                "responses": _answers("LookupAnswer", "401", "403", *refused[1:]),
            }
        },
        "/v1/health": {
            "get": {
                "operationId": "health",
                "summary": "Is the gate fit to answer, and how old is what it answers from. Needs no key.",
                "responses": {**_answers("HealthAnswer"), "503": unready},
            }
        },
        "/metrics": {
            "get": {
                "operationId": "metrics",
                "summary": "Counters for Prometheus: from this machine, or with a staff key, as gate.toml says.",
                "security": [{}, *key],
                "responses": metrics,
            }
        },
    }


def describe() -> Json:
    """Make the whole document."""
    _, components = msgspec.json.schema_components(_COMPONENTS, ref_template="#/components/schemas/{name}")
    bearer = {"type": "http", "scheme": "bearer", "description": "A caller's key, `ncg_...`."}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "notcontent gate",
            "version": notcontent.__version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(),
        "components": {"schemas": dict(sorted(components.items())), "securitySchemes": {"caller": bearer}},
    }


def render() -> str:
    """Write it as it lies in spec/."""
    return json.dumps(describe(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
