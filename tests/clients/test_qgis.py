"""QGIS reads over OGC API Features and over WFS, draws vector tiles and edits over WFS-T; what it gets is held against
what the database holds, and what it changes against the next tile."""

import pytest
from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsRectangle,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize, QVariant
from qgis.PyQt.QtGui import QColor

import qgis_client as qgis
import stored
from tiles import tiles_of


@pytest.fixture(scope="module", autouse=True)
def application():
    running = qgis.begin()
    yield running
    QgsProject.instance().clear()
    running.exitQgis()


@pytest.fixture(scope="module")
def roads(service, tmp_path_factory):
    return stored.rows(service, "road", tmp_path_factory.mktemp("stored"))


def transform(source, target):
    crs = QgsCoordinateReferenceSystem
    return QgsCoordinateTransform(crs(source), crs(target), QgsProject.instance())


def near(one, other, tolerance):
    """Whether two geometries are the same: as many vertices, and no place of one far from the other."""
    as_many = one.constGet().nCoordinates() == other.constGet().nCoordinates()
    return as_many and one.hausdorffDistance(other) <= tolerance


def around(layer, lon, lat):
    """The features within some 50 m of a place. All of them: QGIS 3.22 may hang when a download is left half done."""
    box = QgsRectangle(lon - 5e-4, lat - 5e-4, lon + 5e-4, lat + 5e-4)
    if layer.crs().authid() != "EPSG:4326":
        box = transform("EPSG:4326", layer.crs().authid()).transformBoundingBox(box)
    return list(layer.getFeatures(QgsFeatureRequest().setFilterRect(box)))


def codes(layer, request=None):
    return sorted(f["code"] for f in layer.getFeatures(request or QgsFeatureRequest()))


KINDS = {
    "code": QVariant.String,
    "planning_class": QVariant.String,
    "width_between_red_lines_m": QVariant.Double,
}
# Of a truth value over WFS QGIS 3.22 makes text.
TRUTH = {"made_up": QVariant.Bool}


def assert_kinds(layer, kinds):
    for name, kind in kinds.items():
        field = layer.fields().field(name)
        assert field.type() in (kind if isinstance(kind, tuple) else (kind,)), f"{name}: {field.typeName()}"


def test_oapif_reads_every_item_over_pages_as_the_database_has_them(service, roads):
    layer = qgis.opened(qgis.oapif(service, "road"))
    assert_kinds(layer, KINDS | TRUTH)
    assert layer.featureCount() == len(roads) > 100, "more than one page"
    # 3.22 reads CRS84 and calls it EPSG:4326; from 3.36 on a layer is read in its storageCrs.
    crs = layer.crs().authid()
    assert crs == ("EPSG:9218" if qgis.version() >= 33600 else "EPSG:4326"), crs
    to_metres = transform(crs, "EPSG:9218") if crs != "EPSG:9218" else None
    seen = 0
    for feature in layer.getFeatures():
        geometry = QgsGeometry(feature.geometry())
        if to_metres:
            geometry.transform(to_metres)
        row = roads[feature["code"]]
        # QGIS has PROJ choose the way from WGS 84 to VN-2000: a metre is its accuracy.
        assert near(geometry, QgsGeometry.fromWkt(row["wkt"]), 1.0 if to_metres else 0.001), feature["code"]
        assert feature["name"] == row["name"] and feature["made_up"] is bool(row["made_up"])
        seen += 1
    assert seen == len(roads)


@pytest.mark.parametrize("of", ["oapif", "wfs"])
def test_a_box_brings_only_what_meets_it(service, roads, of):
    layer = qgis.opened(qgis.oapif(service, "road") if of == "oapif" else qgis.wfs(service, "road"))
    middle = next(iter(roads.values()))
    box = QgsGeometry.fromWkt(middle["wkt"]).boundingBox().buffered(30)
    crs = layer.crs().authid()
    if crs != "EPSG:9218":
        asked = transform("EPSG:9218", crs).transformBoundingBox(box)
        whole = transform(crs, "EPSG:9218")
    else:
        asked, whole = box, None
    found = codes(layer, QgsFeatureRequest().setFilterRect(asked))
    inside = [c for c, row in roads.items() if QgsGeometry.fromWkt(row["wkt"]).intersects(box.buffered(-2))]
    around = [c for c, row in roads.items() if QgsGeometry.fromWkt(row["wkt"]).intersects(box.buffered(2))]
    assert set(inside) <= set(found) <= set(around) and middle["code"] in found
    assert 1 < len(found) < len(roads)


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0", "1.0.0"])
def test_wfs_reads_every_feature_as_the_database_has_them(service, roads, version):
    layer = qgis.opened(qgis.wfs(service, "road", version=version))
    assert_kinds(layer, KINDS | (TRUTH if qgis.version() >= 33600 else {}))
    assert layer.crs().authid() == "EPSG:9218"
    # A server of 1.0.0 cannot say how many there are.
    assert version == "1.0.0" or layer.featureCount() == len(roads)
    seen = 0
    for feature in layer.getFeatures():
        row = roads[feature["code"]]
        assert near(feature.geometry(), QgsGeometry.fromWkt(row["wkt"]), 0.001), feature["code"]
        assert feature["planning_class"] == row["planning_class"] and feature["name"] == row["name"]
        seen += 1
    assert seen == len(roads)


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0", "1.0.0"])
def test_wfs_in_degrees_has_the_axes_in_the_right_order(service, roads, version):
    # QGIS asks for urn:ogc:def:crs:EPSG::4326 in 1.1.0 and 2.0.0, for EPSG:4326 in 1.0.0, and turns what it gets.
    layer = qgis.opened(qgis.wfs(service, "road", version=version, srs="EPSG:4326"))
    to_degrees = transform("EPSG:9218", "EPSG:4326")
    some = dict(list(roads.items())[:5])
    for code, row in some.items():
        there = QgsGeometry.fromWkt(row["wkt"])
        there.transform(to_degrees)
        box = QgsRectangle(there.boundingBox())
        found = {f["code"]: f.geometry() for f in layer.getFeatures(QgsFeatureRequest().setFilterRect(box))}
        assert near(found[code], there, 2e-5), f"{code}: {found[code].asWkt(6)} is not {there.asWkt(6)}"


def test_a_subset_of_wfs_is_chosen_by_the_server(service, roads):
    uses = {row["planning_class"] for row in roads.values()}
    use = sorted(uses)[0]
    expected = sorted(c for c, row in roads.items() if row["planning_class"] == use and row["width_between_red_lines_m"] > 13)
    assert 0 < len(expected) < len(roads)
    layer = qgis.opened(qgis.wfs(service, "road"))
    assert layer.setSubsetString(f"\"planning_class\" = '{use}' AND \"width_between_red_lines_m\" > 13"), layer.error().summary()
    assert layer.featureCount() == len(expected), "counted by the server"
    assert codes(layer) == expected
    # A box and a filter arrive as one fes:And.
    one = QgsGeometry.fromWkt(roads[expected[0]]["wkt"]).boundingBox()
    boxed = codes(layer, QgsFeatureRequest().setFilterRect(one))
    assert expected[0] in boxed and set(boxed) <= set(expected)


def test_a_layer_of_each_kind_of_geometry_opens(service, tmp_path):
    for layer, multi in [("hospital_clinic", "Point"), ("road_centreline", "LineString"), ("admin_commune", "MultiPolygon")]:
        rows = stored.rows(service, layer, tmp_path, key="fid")
        for opened in (qgis.opened(qgis.oapif(service, layer)), qgis.opened(qgis.wfs(service, layer))):
            features = list(opened.getFeatures())
            assert len(features) == len(rows) > 0, layer
            assert all(not f.geometry().isEmpty() for f in features), layer


def test_a_hidden_layer_stays_hidden_and_opens_with_the_key(service):
    for make in (qgis.oapif, qgis.wfs):
        assert not make(service, "camera_security").isValid()
        assert not make(service, "no_such_layer").isValid()
    key = service.key("agency")
    auth = qgis.sign_in("agency", key)
    for make in (qgis.oapif, qgis.wfs):
        layer = qgis.opened(make(service, "camera_security", auth))
        assert len(list(layer.getFeatures())) == layer.featureCount() > 0
    wrong = qgis.sign_in("agency", key[:-1] + ("a" if key[-1] != "a" else "b"))
    for make in (qgis.oapif, qgis.wfs):
        assert not make(service, "camera_security", wrong).isValid()


def test_a_restricted_attribute_comes_with_the_key(service):
    auth = qgis.sign_in("editor-nnmt", service.key("editor-nnmt"))
    for make in (qgis.oapif, qgis.wfs):
        assert qgis.opened(make(service, "parcel")).fields().indexOf("holder") < 0
        layer = qgis.opened(make(service, "parcel", auth))
        assert layer.fields().field("sheet_number").type() in (QVariant.Int, QVariant.LongLong)
        assert layer.fields().indexOf("holder") >= 0
        assert any(f["holder"] for f in around(layer, 107.6955, 12.0095))


def test_who_may_not_edit_is_not_offered_to(service):
    reading = qgis.opened(qgis.wfs(service, "road"))
    assert not reading.startEditing(), "without a key"


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "2.0.0"])
def test_wfs_t_adds_changes_and_deletes_and_the_next_tile_has_it(service, version):
    auth = qgis.sign_in("editor-nnmt", service.key("editor-nnmt", edit=True))
    layer = qgis.opened(qgis.wfs(service, "parcel", auth, version))
    code = f"24611-900-{version[0]}{version[2]}"
    lon, lat = 107.7, 12.02
    east, north = transform("EPSG:4326", "EPSG:9218").transform(QgsPointXY(lon, lat))
    square = lambda size: QgsGeometry.fromRect(QgsRectangle(east, north, east + size, north + size))
    assert code not in tiles_of(service, "parcel", lon, lat)

    def add(layer):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(square(20))
        for name, value in {"code": code, "commune_code": "24611", "sheet_number": 900, "parcel_number": 7,
                            "land_use": "ODT", "address": "Đường Nơ Trang Lơng <&> “số 7”", "made_up": True}.items():
            assert feature.setAttribute(feature.fieldNameIndex(name), value)
        return layer.addFeature(feature)

    qgis.commit(layer, add)
    assert tiles_of(service, "parcel", lon, lat)[code]["land_use"] == "ODT"

    def item():
        found = service.json(f"/ogc/collections/parcel/items?code={code}")["features"]
        assert len(found) == 1
        return found[0]

    made = item()
    assert made["properties"]["address"] == "Đường Nơ Trang Lơng <&> “số 7”"
    assert abs(made["properties"]["area_m2"] - 400) < 0.01, "computed by the service"

    layer.reload()
    [fid] = [f.id() for f in around(layer, lon, lat) if f["code"] == code]
    qgis.commit(layer, lambda l: l.changeAttributeValue(fid, l.fields().indexOf("land_use"), "CLN"))
    changed = item()
    assert changed["id"] == made["id"] and changed["properties"] == made["properties"] | {"land_use": "CLN"}
    assert changed["geometry"] == made["geometry"], "what was not sent is not touched"
    west, east_side, _, _ = tiles_of(service, "parcel", lon, lat)[code]["bounds"]
    width = east_side - west
    assert tiles_of(service, "parcel", lon, lat)[code]["land_use"] == "CLN"

    qgis.commit(layer, lambda l: l.changeGeometry(fid, square(40)))
    grown = item()
    assert abs(grown["properties"]["area_m2"] - 1600) < 0.01 and grown["properties"]["land_use"] == "CLN"
    west, east_side, _, _ = tiles_of(service, "parcel", lon, lat)[code]["bounds"]
    assert east_side - west == pytest.approx(2 * width, rel=0.1), "the tile has the larger square"

    qgis.commit(layer, lambda l: l.deleteFeature(fid))
    assert service.json(f"/ogc/collections/parcel/items?code={code}")["numberMatched"] == 0
    assert code not in tiles_of(service, "parcel", lon, lat)


def test_what_is_refused_is_said_and_changes_nothing(service):
    auth = qgis.sign_in("editor-nnmt", service.key("editor-nnmt", edit=True))
    layer = qgis.opened(qgis.wfs(service, "parcel", auth))
    feature = around(layer, 107.6955, 12.0095)[0]
    before = service.get(f"/ogc/collections/parcel/items?code={feature['code']}").json()["features"]
    assert layer.startEditing()
    assert layer.changeAttributeValue(feature.id(), layer.fields().indexOf("land_use"), "NOT A CODE")
    assert not layer.commitChanges()
    assert any("land_use" in e for e in layer.commitErrors()), layer.commitErrors()
    layer.rollBack()
    assert service.get(f"/ogc/collections/parcel/items?code={feature['code']}").json()["features"] == before


def test_vector_tiles_are_drawn_with_the_style(service, roads):
    template = f"{service.url}/tiles/parcel/{{z}}/{{x}}/{{y}}.mvt"
    style = f"{service.url}/ogc/styles/parcel"
    source = f"type=xyz&url={template}&zmin=0&zmax=18&styleUrl={style}"
    layer = QgsVectorTileLayer(source, "parcel")
    assert layer.isValid()
    message, converted = layer.loadDefaultStyle()
    assert converted, message
    assert layer.renderer().styles(), "rules of the style"
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(512, 512))
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    row = next(iter(roads.values()))
    place = transform("EPSG:9218", "EPSG:3857").transformBoundingBox(QgsGeometry.fromWkt(row["wkt"]).boundingBox())
    settings.setExtent(place.buffered(60))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    white = QColor("white").rgb()
    drawn = sum(image.pixel(x, y) != white for x in range(0, 512, 4) for y in range(0, 512, 4))
    assert drawn > 0.2 * 128 * 128, f"{drawn} of {128 * 128} looked at"
