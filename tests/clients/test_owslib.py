"""OWSLib, the library of Python programs, over WFS of three versions and over OGC API Features."""

import json
import re

import pytest
from lxml import etree
from owslib.etree import etree as owslib_etree
from owslib.feature.schema import get_schema
from owslib.fes import PropertyIsEqualTo as Equal1
from owslib.fes2 import And, BBox, PropertyIsEqualTo, PropertyIsGreaterThan
from owslib.ogcapi.features import Features
from owslib.util import Authentication
from owslib.wfs import WebFeatureService

import stored

VERSIONS = ["1.0.0", "1.1.0", "2.0.0"]


@pytest.fixture(scope="module")
def parcels(service, tmp_path_factory):
    return stored.rows(service, "parcel", tmp_path_factory.mktemp("stored"))


def codes(document):
    tree = etree.parse(document)
    return [e.text for e in tree.iter("{urn:x-dothi:layers}code")]


def text(element):
    return owslib_etree.tostring(element).decode()


@pytest.mark.parametrize("version", VERSIONS)
def test_capabilities_and_schema(service, version):
    wfs = WebFeatureService(f"{service.url}/wfs", version=version)
    assert wfs.version == version and "dothi:parcel" in wfs.contents
    assert "dothi:camera_security" not in wfs.contents
    about = wfs["dothi:parcel"]
    # In 1.0.0 OWSLib takes the box for one of the layer's system; like QGIS and GDAL, the service means degrees.
    west, south, east, north = about.boundingBox[:4] if version == "1.0.0" else about.boundingBoxWGS84
    assert 107 < west < east < 109 and 11 < south < north < 13
    assert [c.code for c in about.crsOptions][0] == 9218
    assert wfs.getOperationByName("GetFeature").methods[0]["url"].startswith(f"{service.url}/wfs")
    schema = get_schema(f"{service.url}/wfs", "dothi:parcel", version=version)
    assert schema["properties"]["code"] == "string" and schema["properties"]["area_m2"] == "double"
    assert schema["geometry_column"] == "geometry"
    assert "holder" not in schema["properties"]


@pytest.mark.parametrize("version", VERSIONS)
def test_features_in_pages(service, parcels, version):
    wfs = WebFeatureService(f"{service.url}/wfs", version=version)
    more = {"startindex": 7} if version != "1.0.0" else {}
    page = codes(wfs.getfeature(typename=["dothi:parcel"], maxfeatures=10, **more))
    assert len(page) == 10 and set(page) <= set(parcels)
    if version == "2.0.0":
        every = []
        while part := codes(wfs.getfeature(typename=["dothi:parcel"], maxfeatures=150, startindex=len(every))):
            every += part
        assert sorted(every) == sorted(parcels), "each once"


@pytest.mark.parametrize("version", VERSIONS)
def test_filters(service, parcels, version):
    wfs = WebFeatureService(f"{service.url}/wfs", version=version)
    use = sorted({r["land_use"] for r in parcels.values()})[0]
    expected = sorted(c for c, r in parcels.items() if r["land_use"] == use)
    kind = PropertyIsEqualTo if version == "2.0.0" else Equal1
    chosen = text(kind(propertyname="land_use", literal=use).toXML())
    if version == "2.0.0":
        chosen = f'<fes:Filter xmlns:fes="http://www.opengis.net/fes/2.0">{chosen}</fes:Filter>'
    else:
        chosen = f'<ogc:Filter xmlns:ogc="http://www.opengis.net/ogc">{chosen}</ogc:Filter>'
    # By GET OWSLib calls a filter of 2.0.0 `query`, which no standard knows.
    method = "Post" if version == "2.0.0" else "Get"
    assert sorted(codes(wfs.getfeature(typename=["dothi:parcel"], filter=chosen, method=method))) == expected
    one = next(iter(parcels))
    east, north = first_position(parcels[one]["wkt"])
    found = codes(wfs.getfeature(typename=["dothi:parcel"], bbox=(east - 1, north - 1, east + 1, north + 1, "urn:ogc:def:crs:EPSG::9218")))
    assert one in found and len(found) < len(parcels)
    json_page = json.load(wfs.getfeature(typename=["dothi:parcel"], maxfeatures=3, outputFormat="application/json"))
    assert len(json_page["features"]) == 3


def first_position(wkt):
    east, north = wkt.split("((")[1].split(",")[0].split()[:2]
    return float(east), float(north)


def test_a_box_and_a_filter_in_one(service, parcels):
    wfs = WebFeatureService(f"{service.url}/wfs", version="2.0.0")
    one, row = next(iter(parcels.items()))
    east, north = first_position(row["wkt"])
    both = And([
        PropertyIsGreaterThan(propertyname="area_m2", literal="0"),
        PropertyIsEqualTo(propertyname="land_use", literal=row["land_use"]),
        BBox([east - 1, north - 1, east + 1, north + 1], crs="urn:ogc:def:crs:EPSG::9218"),
    ])
    # OWSLib's box is of the property that a catalogue has; that of a layer is named here.
    both = text(both.toXML()).replace("ows:BoundingBox", "geometry")
    chosen = f'<fes:Filter xmlns:fes="http://www.opengis.net/fes/2.0">{both}</fes:Filter>'
    found = codes(wfs.getfeature(typename=["dothi:parcel"], filter=chosen, method="Post"))
    assert one in found and all(parcels[c]["land_use"] == row["land_use"] for c in found)


def test_stored_queries(service):
    wfs = WebFeatureService(f"{service.url}/wfs", version="2.0.0")
    [query] = wfs.storedqueries
    assert query.id == "urn:ogc:def:query:OGC-WFS::GetFeatureById"
    assert [p.name for p in query.parameters] == ["id"]
    first = service.json("/ogc/collections/parcel/items?limit=1")["features"][0]
    answer = wfs.getfeature(storedQueryID=query.id, storedQueryParams={"id": f"parcel.{first['id']}"})
    assert codes(answer) == [first["properties"]["code"]]


def test_a_restricted_layer_opens_with_the_key(service):
    auth = Authentication("agency", service.key("agency"))
    wfs = WebFeatureService(f"{service.url}/wfs", version="2.0.0", auth=auth)
    assert "dothi:camera_security" in wfs.contents
    assert codes(wfs.getfeature(typename=["dothi:camera_security"], maxfeatures=5))


def test_the_next_page_keeps_the_key_in_its_address(service):
    path = "/wfs?service=WFS&version=2.0.0&request=GetFeature&typenames=camera_security&count=1"
    page = etree.fromstring(service.get(f"{path}&token={service.key('agency')}").body)
    following = etree.fromstring(service.get(page.get("next")).body)
    assert following.get("numberReturned") == "1" and following.get("numberMatched") == page.get("numberMatched")


def test_ogc_api_features(service, parcels):
    api = Features(f"{service.url}/ogc/")
    assert api.conformance()["conformsTo"] and api.api()["openapi"].startswith("3.0")
    assert "parcel" in api.feature_collections() and "camera_security" not in api.feature_collections()
    assert api.collection("parcel")["id"] == "parcel"
    assert "land_use" in api.collection_queryables("parcel")["properties"]
    page = api.collection_items("parcel", limit=10)
    assert page["numberReturned"] == 10 and page["numberMatched"] == len(parcels)
    one = page["features"][0]
    assert api.collection_item("parcel", str(one["id"]))["properties"] == one["properties"]
    use = one["properties"]["land_use"]
    expected = sum(r["land_use"] == use for r in parcels.values())
    assert api.collection_items("parcel", land_use=use, limit=1)["numberMatched"] == expected
    assert api.collection_items("parcel", filter=f"land_use = '{use}'", limit=1)["numberMatched"] == expected
    tree = json.dumps({"op": "=", "args": [{"property": "land_use"}, use]})
    more = {"filter": tree, "filter-lang": "cql2-json"}
    assert api.collection_items("parcel", limit=1, **more)["numberMatched"] == expected
    east, north = (c for c in one["geometry"]["coordinates"][0][0][:2])
    boxed = api.collection_items("parcel", bbox=[east - 1e-4, north - 1e-4, east + 1e-4, north + 1e-4])
    assert one["id"] in [f["id"] for f in boxed["features"]] and boxed["numberMatched"] < len(parcels)


def test_a_box_is_in_the_axis_order_of_its_system(service):
    """As newer QGIS asks where EPSG:4326 is the stored system: latitude first. The wrong order is refused."""
    api = Features(f"{service.url}/ogc/")
    box = [107.68, 11.98, 107.72, 12.02]
    flipped = [box[1], box[0], box[3], box[2]]
    code = "http://www.opengis.net/def/crs/EPSG/0/4326"

    def ids(bbox, **more):
        found = api.collection_items("parcel", bbox=bbox, limit=10000, **more)
        return {f["id"] for f in found["features"]}

    here = ids(box)
    assert here and ids(flipped, **{"bbox-crs": code}) == here
    with pytest.raises(RuntimeError, match='"parameter":"bbox"'):
        ids(box, **{"bbox-crs": code})
    crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    assert ids(box, **{"bbox-crs": crs84}) == here


def test_items_are_made_changed_and_deleted(service):
    auth = Authentication("editor", service.key("editor", edit=True))
    api = Features(f"{service.url}/ogc/", auth=auth, headers={"Content-Type": "application/geo+json"})
    item = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [107.69, 12.0]},
        "properties": {"code": "OWS-1"},
    }
    assert api.collection_item_create("street_light", json.dumps(item))
    [made] = api.collection_items("street_light", code="OWS-1")["features"]
    item["properties"]["code"] = "OWS-2"
    assert api.collection_item_update("street_light", str(made["id"]), json.dumps(item))
    [changed] = api.collection_items("street_light", code="OWS-2")["features"]
    assert changed["id"] == made["id"]
    assert api.collection_item_delete("street_light", str(made["id"]))
    assert api.collection_items("street_light", code="OWS-2")["numberMatched"] == 0


CLASSES = [
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
]


def test_what_clients_look_for_before_they_ask(service):
    """Links, their exact types and classes by which QGIS decides what it offers."""
    links = {link["rel"]: link for link in service.json("/ogc/")["links"] if link["rel"] != "alternate"}
    assert links["service-desc"]["type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert links["data"]["type"] == "application/json" and links["conformance"]["type"] == "application/json"
    classes = service.json("/ogc/conformance")["conformsTo"]
    assert set(CLASSES) <= set(classes)
    assert any(c.endswith("/conf/basic-spatial-operators") for c in classes), "the name of the draft, which QGIS knows"
    collection = service.json("/ogc/collections/parcel")
    assert collection["storageCrs"] == "http://www.opengis.net/def/crs/EPSG/0/9218"
    schema = [link for link in collection["links"] if link["rel"].endswith("/schema")]
    assert [link["type"] for link in schema] == ["application/schema+json"]
    limit = service.json("/ogc/api?f=json")["components"]["parameters"]["limit"]["schema"]
    assert limit["default"] <= 1000 <= limit["maximum"]


JSON_TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
FORMATS = {"date": r"\d{4}-\d\d-\d\d", "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"}


@pytest.mark.parametrize("layer", ["parcel", "admin_commune", "field_report", "landslide", "hydrant", "building"])
def test_numbers_are_numbers_times_have_zones_and_ids_are_one(service, layer):
    properties = service.json(f"/ogc/collections/{layer}/schema")["properties"]
    page = service.json(f"/ogc/collections/{layer}/items?limit=50")["features"]
    for feature in page:
        for name, value in feature["properties"].items():
            if value is None:
                continue
            kind = properties[name]
            assert isinstance(value, JSON_TYPES[kind["type"]]), f"{name}: {value!r}"
            if form := FORMATS.get(kind.get("format")):
                assert re.fullmatch(form, value), f"{name}: {value}"
    gml = service.get(f"/wfs?service=WFS&version=2.0.0&request=GetFeature&typenames={layer}&count=50").body
    named = [e.get("{http://www.opengis.net/gml/3.2}id") for e in etree.fromstring(gml).iter(f"{{urn:x-dothi:layers}}{layer}")]
    assert named == [f"{layer}.{feature['id']}" for feature in page]
