"""The committed description is what the code says, and the code answers what it describes."""

import json
from pathlib import Path

from notcontent.gate.openapi import describe, render

SPEC = Path(__file__).parent.parent.parent / "spec" / "openapi-gate.json"


def test_the_committed_description_is_the_codes() -> None:
    assert SPEC.read_text() == render(), "run: python -m notcontent.gate.openapi > spec/openapi-gate.json"


def test_every_reference_leads_somewhere() -> None:
    text = render()
    schemas = json.loads(text)["components"]["schemas"]
    for reference in text.split('"#/components/schemas/')[1:]:
        assert reference.split('"')[0] in schemas


def test_every_path_starts_with_v1_but_the_metrics() -> None:
    paths = describe()["paths"]
    assert isinstance(paths, dict)
    assert {path for path in paths if not path.startswith("/v1/")} == {"/metrics"}
