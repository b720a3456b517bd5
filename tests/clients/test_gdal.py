"""GDAL 3.6 over OGC API Features and over WFS, both directions; counts, values and coordinates are those of the
database."""

import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest
from osgeo import gdal, ogr, osr

import stored
from proxy import Proxy

gdal.UseExceptions()
ogr.UseExceptions()

VERSIONS = ["2.0.0", "1.1.0", "1.0.0"]


@pytest.fixture(scope="module")
def roads(service, tmp_path_factory):
    return stored.rows(service, "road", tmp_path_factory.mktemp("stored"))


def command(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout} {done.stderr}"
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout


def turned(geometry, epsg):
    """A geometry of EPSG:9218 in another system, east before north."""
    here, there = osr.SpatialReference(), osr.SpatialReference()
    here.ImportFromEPSG(9218)
    there.ImportFromEPSG(epsg)
    for system in (here, there):
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    copy = geometry.Clone()
    copy.Transform(osr.CoordinateTransformation(here, there))
    return copy


def near(one, other, tolerance):
    """Whether the outlines are the same, vertex by vertex, in whichever direction."""
    a, b = (g.GetGeometryRef(0).GetPoints() for g in (one, other))
    close = lambda p, q: abs(p[0] - q[0]) <= tolerance and abs(p[1] - q[1]) <= tolerance
    return len(a) == len(b) and any(all(map(close, a, way)) for way in (b, b[::-1]))


def hold(features, roads, epsg, tolerance):
    """All features are there, as the database has them."""
    seen = 0
    for feature in features:
        row = roads[feature["code"]]
        expected = ogr.CreateGeometryFromWkt(row["wkt"])
        expected = expected if epsg == 9218 else turned(expected, epsg)
        assert near(feature.GetGeometryRef(), expected, tolerance), feature["code"]
        assert feature["name"] == row["name"] and feature["made_up"] in (True, 1)
        assert feature["width_between_red_lines_m"] == pytest.approx(row["width_between_red_lines_m"])
        seen += 1
    assert seen == len(roads) > 100


def test_oapif_is_read_whole_over_pages_of_ten(service, roads):
    with Proxy(service.url) as proxy:
        source = gdal.OpenEx(f"OAPIF:{proxy.url}/ogc")
        layer = source.GetLayerByName("road")
        assert layer.GetFeatureCount() == len(roads)
        hold(layer, roads, 4326, 2e-5)
        pages = [e for e in proxy.seen if "/road/items" in e.path]
        assert len(pages) >= len(roads) // 10, "page by page"
    out = command("ogrinfo", "-ro", "-so", f"OAPIF:{service.url}/ogc", "parcel")
    count = service.json("/ogc/collections/parcel/items?limit=1")["numberMatched"]
    assert f"Feature Count: {count}" in out and "Geometry: Polygon" in out, out
    assert "parcel_number: Integer" in out and "area_m2: Real" in out and "holder" not in out, out


def test_oapif_filters_and_boxes(service, roads):
    layer_of = gdal.OpenEx(f"OAPIF:{service.url}/ogc")
    layer = layer_of.GetLayerByName("road")
    code = next(iter(roads))
    layer.SetAttributeFilter(f"code = '{code}'")
    assert [f["code"] for f in layer] == [code]
    layer.SetAttributeFilter(None)
    west, east, south, north = turned(ogr.CreateGeometryFromWkt(roads[code]["wkt"]), 4326).GetEnvelope()
    layer.SetSpatialFilterRect(west, south, east, north)
    found = [f["code"] for f in layer]
    assert code in found and len(found) < len(roads)


@pytest.mark.parametrize("version", VERSIONS)
def test_wfs_is_read_whole(service, roads, version):
    source = gdal.OpenEx(f"WFS:{service.url}/wfs?VERSION={version}", open_options=["EXPOSE_GML_ID=NO"])
    layer = source.GetLayerByName("dothi:road")
    assert layer.GetSpatialRef().GetAuthorityCode(None) == "9218"
    assert layer.GetFeatureCount() == len(roads)
    hold(layer, roads, 9218, 0.001)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("srs", ["EPSG:4326", "urn:ogc:def:crs:EPSG::4326"])
def test_wfs_in_degrees_has_the_axes_in_the_right_order(service, roads, version, srs):
    address = f"WFS:{service.url}/wfs?VERSION={version}&SRSNAME={srs}&TYPENAME=dothi:road"
    source = gdal.OpenEx(address)
    features = list(source.GetLayer(0))
    assert len(features) == len(roads)
    for feature in features:
        expected = turned(ogr.CreateGeometryFromWkt(roads[feature["code"]]["wkt"]), 4326)
        assert near(feature.GetGeometryRef(), expected, 2e-5), f"{feature.GetGeometryRef()} is not {expected}"


def test_wfs_pages_of_a_hundred_ask_for_the_schema_once_or_with_each(service, roads):
    with Proxy(service.url) as proxy:
        options = ["-ro", "-q", "-al", "--config", "OGR_WFS_PAGE_SIZE", "100", "--config", "OGR_WFS_LOAD_MULTIPLE_LAYER_DEFN", "NO"]
        out = command("ogrinfo", *options, f"WFS:{proxy.url}/wfs?VERSION=2.0.0&TYPENAME=dothi:road")
        assert out.count("  code (String) = ") == len(roads)
        asked = [parse_qs(urlsplit(e.path).query.upper()).get("REQUEST", [""])[0] for e in proxy.seen]
        pages, schemas = asked.count("GETFEATURE"), asked.count("DESCRIBEFEATURETYPE")
        assert pages > len(roads) // 100, asked
        assert schemas >= 1
        # A schema comes with the pages, so it must be nearly free: here with a proxy in between.
        slowest = max(e.seconds for e, a in zip(proxy.seen, asked) if a == "DESCRIBEFEATURETYPE")
        assert slowest < 0.1, slowest


def test_wfs_filters_are_run_by_the_server(service, roads):
    with Proxy(service.url) as proxy:
        source = gdal.OpenEx(f"WFS:{proxy.url}/wfs?VERSION=2.0.0")
        layer = source.GetLayerByName("dothi:road")
        use = sorted({r["planning_class"] for r in roads.values()})[0]
        layer.SetAttributeFilter(f"planning_class = '{use}' AND width_between_red_lines_m > 13")
        expected = sorted(c for c, r in roads.items() if r["planning_class"] == use and r["width_between_red_lines_m"] > 13)
        assert 0 < len(expected) < len(roads)
        assert sorted(f["code"] for f in layer) == expected
        assert any("FILTER=" in e.path.upper() for e in proxy.seen)


def test_what_is_copied_over_wfs_is_what_the_database_has(service, tmp_path):
    """`ogr2ogr` of layers of several kinds, over both services, into a GeoPackage."""
    for layer in ["admin_commune", "road_centreline", "hospital_clinic", "plan_boundary"]:
        truth = stored.rows(service, layer, tmp_path, key="fid")
        for name, address in [(f"dothi:{layer}", f"WFS:{service.url}/wfs"), (layer, f"OAPIF:{service.url}/ogc")]:
            file = str(tmp_path / f"copy-{layer}-{name[:2]}.gpkg")
            command("ogr2ogr", "-f", "GPKG", file, address, name, "-nln", layer)
            written = ogr.Open(file)
            copy = written.GetLayer(0)
            assert copy.GetFeatureCount() == len(truth) > 0, address
            codes = sorted(f["code"] or "" for f in copy)
            assert codes == sorted(r["code"] or "" for r in truth.values()), address


def test_a_restricted_layer_opens_with_the_key(service):
    assert "camera_security" not in command("ogrinfo", "-ro", f"WFS:{service.url}/wfs")
    key = service.key("agency")
    options = ["--config", "GDAL_HTTP_USERPWD", f"agency:{key}", "--config", "GDAL_HTTP_AUTH", "BASIC"]
    for address, name in [(f"WFS:{service.url}/wfs", "dothi:camera_security"), (f"OAPIF:{service.url}/ogc", "camera_security")]:
        out = command("ogrinfo", "-ro", "-so", *options, address, name)
        assert "Feature Count: 0" not in out and "Feature Count:" in out, out


@pytest.mark.parametrize("version", VERSIONS)
def test_gdal_writes_by_transactions(service, version, tmp_path):
    key = service.key("editor", edit=True)
    gdal.SetConfigOption("GDAL_HTTP_USERPWD", f"editor:{key}")
    gdal.SetConfigOption("GDAL_HTTP_AUTH", "BASIC")
    try:
        source = gdal.OpenEx(f"WFS:{service.url}/wfs?VERSION={version}", gdal.OF_VECTOR | gdal.OF_UPDATE)
        layer = source.GetLayerByName("dothi:street_light")
        feature = ogr.Feature(layer.GetLayerDefn())
        code = f"GDAL-{version}"
        feature["code"] = code
        feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (411700.25 1327300.5)"))
        layer.CreateFeature(feature)
        path = f"/ogc/collections/street_light/items?code={code}"
        made = service.json(path + "&crs=http://www.opengis.net/def/crs/EPSG/0/9218")["features"]
        assert [f["geometry"]["coordinates"] for f in made] == [[411700.25, 1327300.5]]
        layer.SetAttributeFilter(f"code = '{code}'")
        stored_one = next(iter(layer))
        stored_one.SetGeometry(ogr.CreateGeometryFromWkt("POINT (411701 1327301)"))
        layer.SetFeature(stored_one)
        moved = service.json(path + "&crs=http://www.opengis.net/def/crs/EPSG/0/9218")["features"]
        assert [f["geometry"]["coordinates"] for f in moved] == [[411701, 1327301]]
        assert [f["id"] for f in moved] == [f["id"] for f in made]
        layer.DeleteFeature(stored_one.GetFID())
        assert service.json(path)["numberMatched"] == 0
    finally:
        for option in ("GDAL_HTTP_USERPWD", "GDAL_HTTP_AUTH"):
            gdal.SetConfigOption(option, None)
