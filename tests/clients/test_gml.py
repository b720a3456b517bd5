"""GML against its XSD: what the service answers is valid against the schema that it announces, which imports the
standard's own (OGC's files as the package geonode-pycsw carries them; the answers' own in schemas/)."""

from pathlib import Path
from urllib.parse import urlencode

import pycsw
import pytest
from lxml import etree
from osgeo import gdal

from service import basic

gdal.UseExceptions()

HERE = Path(__file__).resolve().parent / "schemas"
OGC = Path(pycsw.__file__).parent / "core/schemas/ogc"
W3C = OGC.parent / "w3c"
PLACES = {
    "http://schemas.opengis.net/gml/2.1.2/feature.xsd": HERE / "gml_2.xsd",
    "http://www.w3.org/1999/xlink.xsd": W3C / "1999/xlink.xsd",
    "http://www.w3.org/2001/xml.xsd": W3C / "2001/xml.xsd",
}
VERSIONS = ["2.0.0", "1.1.0", "1.0.0"]
WFS = {"2.0.0": "wfs_2_0.xsd", "1.1.0": "wfs_1_1.xsd", "1.0.0": "wfs_1_0.xsd"}
# Points, lines, areas, several of them; nulls, dates, times, Vietnamese text.
LAYERS = ["hospital_clinic", "road_centreline", "parcel", "admin_commune", "plan_boundary", "field_report", "landslide"]


class Offline(etree.Resolver):
    """Addresses of schemas as files; whatever else lies on the network is an error."""

    def resolve(self, url, _id, context):
        if url.startswith("http://schemas.opengis.net/") or url in PLACES:
            path = PLACES.get(url) or OGC / url.removeprefix("http://schemas.opengis.net/")
            return self.resolve_filename(str(path), context)
        assert "://" not in url, f"{url} would be fetched"
        return None


def parser():
    made = etree.XMLParser(no_network=True)
    made.resolvers.add(Offline())
    return made


def described(service, version, layers, headers=None):
    """The schema that the service announces for layers."""
    key = "typenames" if version == "2.0.0" else "typename"
    names = ",".join(f"dothi:{layer}" for layer in layers)
    return service.get(f"/wfs?service=WFS&version={version}&request=DescribeFeatureType&{key}={names}", headers).body


@pytest.fixture(scope="session")
def schemas(service, tmp_path_factory):
    """One schema a version: the answers' own, and the announced one of the layers."""
    folder = tmp_path_factory.mktemp("xsd")
    made = {}
    for version in VERSIONS:
        layers = folder / f"layers-{version}.xsd"
        layers.write_bytes(described(service, version, LAYERS))
        namespace = "http://www.opengis.net/wfs" + ("/2.0" if version == "2.0.0" else "")
        whole = f"""<schema xmlns="http://www.w3.org/2001/XMLSchema">
          <import namespace="{namespace}" schemaLocation="{HERE / WFS[version]}"/>
          <import namespace="urn:x-dothi:layers" schemaLocation="{layers}"/></schema>"""
        made[version] = etree.XMLSchema(etree.fromstring(whole, parser(), base_url=str(folder / "whole.xsd")))
    return made


def valid(schema, body):
    document = etree.fromstring(body)
    assert schema.validate(document), f"{schema.error_log}\n{body[:1500]}"
    return document


def asked(service, version, request, **pairs):
    query = urlencode({"service": "WFS", "version": version, "request": request} | pairs)
    return service.get(f"/wfs?{query}").body


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("srs", [None, "urn:ogc:def:crs:EPSG::4326"])
def test_features(service, schemas, version, layer, srs):
    more = {"srsname": srs} if srs else {}
    number = {"count" if version == "2.0.0" else "maxfeatures": 200}
    body = asked(service, version, "GetFeature", typenames=f"dothi:{layer}", typename=f"dothi:{layer}", **number, **more)
    document = valid(schemas[version], body)
    gml = "http://www.opengis.net/wfs/2.0" if version == "2.0.0" else "http://www.opengis.net/gml"
    member = "member" if version == "2.0.0" else "featureMember"
    assert 0 < len(document.findall(f"{{{gml}}}{member}")) <= 200


def test_the_layers_have_what_is_to_be_proven(service):
    """Nulls, dates, times, several parts and Vietnamese letters are among the features that are validated."""
    every = {l: service.json(f"/ogc/collections/{l}/items?limit=200")["features"] for l in LAYERS}
    values = [v for fs in every.values() for f in fs for v in f["properties"].values()]
    assert None in values and any(isinstance(v, str) and "ườ" in v for v in values)
    assert {f["geometry"]["type"] for fs in every.values() for f in fs} >= {"Point", "LineString", "Polygon", "MultiPolygon"}
    kinds = [p for l in LAYERS for p in service.json(f"/ogc/collections/{l}/schema")["properties"].values()]
    assert {p.get("format") for p in kinds} >= {"date", "date-time"}


@pytest.mark.parametrize("version", VERSIONS)
def test_answers_without_features(service, schemas, version):
    names = {"typenames": "parcel", "typename": "parcel"}
    if version != "1.0.0":
        valid(schemas[version], asked(service, version, "GetFeature", resulttype="hits", **names))
    nothing = asked(service, version, "GetFeature", bbox="0,0,1,1", **names)
    valid(schemas[version], nothing)


def test_pages_values_and_the_one_feature(service, schemas):
    schema = schemas["2.0.0"]
    page = valid(schema, asked(service, "2.0.0", "GetFeature", typenames="parcel", count=2, startindex=3))
    assert page.get("next") and page.get("previous")
    several = asked(service, "2.0.0", "GetFeature", typenames="(parcel)(admin_commune)", count=3)
    valid(schema, several)
    for reference in ("code", "dothi:geometry", "@gml:id"):
        valid(schema, asked(service, "2.0.0", "GetPropertyValue", typenames="parcel", valuereference=reference, count=5))
    by_id = asked(service, "2.0.0", "GetFeature", storedquery_id="urn:ogc:def:query:OGC-WFS::GetFeatureById", id="parcel.1")
    assert valid(schema, by_id).tag == "{urn:x-dothi:layers}parcel"


def test_a_whole_layer_as_a_file(service, schemas, tmp_path):
    """The file is valid, and GDAL, which looks for the schema, finds the reference system of it."""
    body = service.get("/ogc/collections/parcel/download/parcel.gml").body
    document = valid(schemas["2.0.0"], body)
    path = tmp_path / "parcel.gml"
    path.write_bytes(body)
    schema = tmp_path / "parcel.xsd"
    schema.write_bytes(described(service, "2.0.0", ["parcel"]))
    file = gdal.OpenEx(str(path), open_options=[f"XSD={schema}", "SWAP_COORDINATES=AUTO"])
    layer = file.GetLayer(0)
    assert layer.GetFeatureCount() == int(document.get("numberReturned"))
    assert layer.GetSpatialRef().GetAuthorityCode(None) == "9218"


def test_stored_queries(service, schemas):
    valid(schemas["2.0.0"], asked(service, "2.0.0", "ListStoredQueries"))
    valid(schemas["2.0.0"], asked(service, "2.0.0", "DescribeStoredQueries"))


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_capabilities(service, schemas, editor_key, version):
    valid(schemas[version], asked(service, version, "GetCapabilities"))
    path = f"/wfs?service=WFS&request=GetCapabilities&version={version}"
    document = valid(schemas[version], service.get(path, basic("editor", editor_key)).body)
    assert b"Transaction" in etree.tostring(document)


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_refusals(service, version):
    ows = "1.1.0" if version == "2.0.0" else "1.0.0"
    path = OGC / "ows" / ows / "owsExceptionReport.xsd"
    schema = etree.XMLSchema(etree.parse(str(path), parser()))
    for pairs in ("request=Fly", "request=GetFeature&typenames=nix&typename=nix", "request=GetFeature"):
        answer = service.call("GET", f"/wfs?service=WFS&version={version}&{pairs}")
        assert answer.status == 400
        valid(schema, answer.body)


ACTIONS = {
    "1.0.0": ("http://www.opengis.net/wfs", "http://www.opengis.net/ogc", "http://www.opengis.net/gml", "FeatureId fid", "Name"),
    "1.1.0": ("http://www.opengis.net/wfs", "http://www.opengis.net/ogc", "http://www.opengis.net/gml", "FeatureId fid", "Name"),
    "2.0.0": ("http://www.opengis.net/wfs/2.0", "http://www.opengis.net/fes/2.0", "http://www.opengis.net/gml/3.2", "ResourceId rid", "ValueReference"),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_answers_to_transactions(service, schemas, editor_key, version):
    wfs, fes, gml, named, name = ACTIONS[version]
    position = "<gml:coordinates>411650,1327250</gml:coordinates>" if version == "1.0.0" else "<gml:pos>411650 1327250</gml:pos>"
    feature = (f'<dothi:street_light><dothi:code>XSD-{version}</dothi:code><dothi:geometry><gml:Point srsName="EPSG:9218">'
               f"{position}</gml:Point></dothi:geometry></dothi:street_light>")

    def send(actions):
        body = (f'<wfs:Transaction service="WFS" version="{version}" xmlns:wfs="{wfs}" xmlns:fes="{fes}" xmlns:gml="{gml}" '
                f'xmlns:dothi="urn:x-dothi:layers">{actions}</wfs:Transaction>')
        answer = service.call("POST", "/wfs", body, basic("editor", editor_key) | {"content-type": "text/xml"})
        assert answer.status == 200, answer.text
        return valid(schemas[version], answer.body)

    made = send(f'<wfs:Insert handle="một">{feature}</wfs:Insert>')
    identifier = next(e.get("rid") or e.get("fid") for e in made.iter() if e.get("rid") or e.get("fid"))
    fid = f'<fes:Filter><fes:{named}="{identifier}"/></fes:Filter>'
    send(f'<wfs:Update typeName="dothi:street_light"><wfs:Property><wfs:{name}>code</wfs:{name}>'
         f"<wfs:Value>XSD-{version}-2</wfs:Value></wfs:Property>{fid}</wfs:Update>")
    if version == "2.0.0":
        send(f'<wfs:Replace handle="hai">{feature}{fid}</wfs:Replace>')
    send(f'<wfs:Delete typeName="dothi:street_light">{fid}</wfs:Delete>')


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schema_of_all_layers(service, version, tmp_path):
    """DescribeFeatureType without a name is a schema, too, with one element a layer."""
    file = tmp_path / "all.xsd"
    file.write_bytes(service.get(f"/wfs?service=WFS&version={version}&request=DescribeFeatureType").body)
    schema = etree.parse(str(file), parser())
    etree.XMLSchema(schema)
    names = {e.get("name") for e in schema.getroot().findall("{http://www.w3.org/2001/XMLSchema}element")}
    assert {"parcel", "road"} <= names and "camera_security" not in names
