"""The contract as a document: complete, valid, served, and true of the golden files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from cometapi_mock.app import create_app
from cometapi_mock.contract import control_issues, document
from cometapi_mock.server import MockServer
from support.mock_client import MockClient

GOLDEN = Path(__file__).parents[2] / "fixtures" / "api"
FILES = sorted(path.relative_to(GOLDEN) for path in GOLDEN.rglob("*.json"))
SCHEMAS = {"create": "CreateAnswer", "poll": "PollAnswer", "errors": "ErrorAnswer"}


def golden(path: Path) -> Any:
    """Return what a golden file shows of a body."""
    body = json.loads((GOLDEN / path).read_text(encoding="utf-8"))
    return body["body"] if path.parts[0] == "errors" else body


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_golden_file_is_an_example_of_the_document(path: Path) -> None:
    """The document has each golden body as an example."""
    name = "_".join(path.with_suffix("").parts)
    assert document()["components"]["examples"][name]["value"] == golden(path)


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] in SCHEMAS], ids=str)
def test_every_golden_answer_keeps_its_schema(path: Path) -> None:
    """Each golden answer that is JSON is valid by the document's own schema."""
    body = golden(path)
    assert isinstance(body, str) or control_issues(SCHEMAS[path.parts[0]], body) == []


def test_every_example_is_shown_somewhere() -> None:
    """No example lies about unused: each is referenced by a request or a response."""
    text = json.dumps(document()["paths"]) + json.dumps(document()["components"]["responses"])
    unused = [name for name in document()["components"]["examples"] if f"#/components/examples/{name}" not in text]
    assert [name for name in unused if f'{name}"' not in text] == []


def test_every_documented_route_is_served_and_no_other(server: MockServer) -> None:
    """Routes of the application and paths of the document are the same, the page's own and the short base aside."""
    rules = create_app(server.service).url_map.iter_rules()
    served = {rule.rule.replace("<int:", "<").replace("<", "{").replace(">", "}") for rule in rules}
    own = {path for path in served if path.startswith(("/static", "/_mock/page", "/_mock/pictures", "/v1/"))}
    own |= {"/", "/_mock/docs", "/_mock/openapi.yaml", "/_mock/openapi.json"}
    assert served - own == set(document()["paths"])


def test_the_document_is_served_as_yaml_json_and_for_people(client: MockClient) -> None:
    """YAML and JSON hold the same document, and the page shows every operation."""
    as_yaml = yaml.safe_load(requests.get(f"{client.url}/_mock/openapi.yaml", timeout=9).text)
    as_json = requests.get(f"{client.url}/_mock/openapi.json", timeout=9).json()
    page = requests.get(f"{client.url}/_mock/docs", timeout=9).text
    assert as_yaml == as_json
    operations = [row["operationId"] for item in as_json["paths"].values() for row in item.values() if "tags" in row]
    assert [name for name in operations if f'id="{name}"' not in page] == []
