"""QGIS 3.40 over OGC API Features: what it sent when it read a layer in its own system, had the server filter, and
added, changed and deleted an item (scripts/newer-qgis keeps it in sent/), sent again, in its order and to the letter."""

import http.client
import json
import re
from pathlib import Path
from urllib.parse import quote, urlsplit

from service import basic
from tiles import tiles_of

SENT = json.loads((Path(__file__).resolve().parent / "sent/qgis_3_40.json").read_text())
CODE = "24611-901-7"
# The square of the recorded item, in degrees.
PLACE = (107.702841, 12.017313)


def send(service, exchange, path, key):
    """Sends it with the same headers; gives status, headers as they were written, and body."""
    headers = dict(exchange["headers"])
    if "authorization" in headers:
        headers |= {"authorization": basic("editor-nnmt", key)["authorization"]}
    body = exchange["body"].encode() if exchange["body"] else None
    connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=60)
    connection.request(exchange["method"], quote(path, safe="/?&=%:,()'+"), body, headers)
    answer = connection.getresponse()
    read = answer.read()
    connection.close()
    return answer.status, answer.getheaders(), read


def test_what_qgis_3_40_sent_is_answered_as_it_was(service):
    assert any("filter-lang=cql2-text" in e["path"] for e in SENT)
    assert any("bbox-crs=http" in e["path"] for e in SENT)
    methods = [e["method"] for e in SENT if e["method"] not in ("GET", "OPTIONS")]
    assert methods == ["POST", "PATCH", "PATCH", "DELETE"]
    key = service.key("editor-nnmt", edit=True)
    recorded = made = None
    lands = []
    for exchange in SENT:
        path = exchange["path"]
        if recorded is None and made is not None:
            # The first look at the new item tells what its number was.
            recorded = re.search(r"/items/(\d+)$", path).group(1)
        if recorded:
            path = re.sub(rf"/items/{recorded}$", f"/items/{made}", path)
        status, headers, body = send(service, exchange, path, key)
        assert status == exchange["status"], f"{exchange['method']} {path}: {status} {body[:500]}"
        if exchange["method"] == "POST":
            # QGIS looks for this name to the letter.
            made = re.search(r"/items/(\d+)$", dict(headers)["Location"]).group(1)
        if exchange["method"] in ("POST", "PATCH", "DELETE"):
            found = tiles_of(service, "parcel", *PLACE).get(CODE)
            lands.append(found and found["land_use"])
    assert lands == ["ODT", "CLN", "CLN", None], "each change is in the next tile"


def test_options_tell_what_one_may_do(service):
    key = service.key("editor-nnmt", edit=True)
    fid = service.json("/ogc/collections/parcel/items?limit=1")["features"][0]["id"]
    for path, may in [("items", {"POST"}), (f"items/{fid}", {"PUT", "PATCH", "DELETE"})]:
        path = f"/ogc/collections/parcel/{path}"
        for headers, expected in [(basic("editor-nnmt", key), may), ({}, set())]:
            allow = service.call("OPTIONS", path, headers=headers).headers["allow"]
            assert {m.strip() for m in allow.split(",")} == {"GET", "HEAD", "OPTIONS"} | expected


def test_a_stale_version_is_told_apart(service):
    """What QGIS does not send, a careful client does: the version that it has read."""
    key = basic("editor", service.key("editor", edit=True))
    body = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [107.69, 12.0]}, "properties": {"code": "IFM-1"}}
    headers = key | {"content-type": "application/geo+json"}
    path = urlsplit(service.call("POST", "/ogc/collections/street_light/items", json.dumps(body), headers).headers["location"]).path
    etag = service.get(path).headers["etag"]
    patch = json.dumps({"properties": {"code": "IFM-2"}})
    merge = key | {"content-type": "application/merge-patch+json"}
    assert service.call("PATCH", path, patch, merge | {"if-match": etag}).status == 204
    assert service.call("PATCH", path, patch, merge | {"if-match": etag}).status == 412
    assert service.call("DELETE", path, headers=key | {"if-match": etag}).status == 412
    assert service.call("DELETE", path, headers=key).status == 204
