"""spec/openapi-hub.json is what the code says, and the code answers what it says."""

import json
from pathlib import Path

from django.urls import resolve

from notcontent.hub.api.openapi import document

SPEC = Path(__file__).parents[3] / "spec" / "openapi-hub.json"


def test_the_description_in_the_repository_is_the_generated_one() -> None:
    assert json.loads(SPEC.read_text(encoding="utf-8")) == json.loads(json.dumps(document())), (
        "run: python -m notcontent.hub.api.openapi > spec/openapi-hub.json"
    )


def test_every_path_described_is_served() -> None:
    for path in document()["paths"]:  # type: ignore[attr-defined]
        assert resolve(path).url_name != "unknown"


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(document())
    schemas = document()["components"]["schemas"]  # type: ignore[index]
    references = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert references
    assert references <= set(schemas)
