"""The two OpenAPI documents are valid, and the service answers as they say: schemathesis asks everything that they
describe, rightly and wrongly, and finds no server error and no status, type or body that is not described. These tests
come last: they write whatever comes to their mind."""

import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import validate

DOCUMENTS = ["/ogc/api?f=json", "/api/openapi.json"]
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
]
# Each layer has the same operations: these are of all kinds of access, geometry and attributes.
SOME_LAYERS = r"^/(?!collections/)|^/collections$|^/collections/(parcel|admin_commune|field_report|street_light|permit)(/|$)"
# What would end the session that asks, or close the service to other tests for minutes.
# Files are answered in parts, and a part of JSON is none: tests/it/downloads.rs asks for them.
NOT = r"/(login|logout|password)$|/download/|/events$"


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("account", [None, "editor", "applicant"])
def test_the_document_is_valid(service, path, account):
    document = service.json(path, service.bearer(account) if account else None)
    validate(document)
    # QGIS and others read no newer one.
    assert document["openapi"].startswith("3.0") or not path.startswith("/ogc")


@pytest.mark.parametrize("account", [None, "editor"])
@pytest.mark.parametrize("path", DOCUMENTS)
def test_what_is_not_described_does_not_happen(service, path, account, tmp_path):
    command = [Path(sys.executable).parent / "schemathesis", "run", service.url + path]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "4", "--seed", "20261130"]
    command += ["--max-time", "25", "--checks", ",".join(CHECKS), "--no-color"]
    command += ["--include-path-regex", SOME_LAYERS, "--exclude-path-regex", NOT]
    if account:
        command += ["--header", f"Authorization: Bearer {service.token(account)}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr
    assert "Test cases:" in done.stdout, done.stdout


def test_it_still_serves(service):
    assert service.get("/health/ready").status == 200
    assert service.json("/ogc/collections/parcel/items?limit=1")["numberMatched"] > 0
