"""What QGIS 3.22 cannot: OGC API Features in the layer's own reference system, filters that the server runs, and
editing. Run by scripts/newer-qgis in a folder with a newer Debian; what is sent there is kept in ../sent and is sent
again by ../test_replay.py in every run of the tests."""

import pytest
from qgis.core import QgsFeature, QgsFeatureRequest, QgsGeometry, QgsRectangle
from qgis.PyQt.QtCore import QVariant

import qgis_client as qgis

CODE = "24611-901-7"
EAST, NORTH = 413000.0, 1329000.0
METRES = "http://www.opengis.net/def/crs/EPSG/0/9218"


@pytest.fixture(scope="module", autouse=True)
def application():
    running = qgis.begin()
    assert qgis.version() >= 33600
    yield running
    running.exitQgis()


def square(size, east=EAST):
    return QgsGeometry.fromRect(QgsRectangle(east, NORTH, east + size, NORTH + size))


def items(service, code):
    return service.json(f"/ogc/collections/parcel/items?code={code}&crs={METRES}")["features"]


def test_a_layer_is_read_in_its_own_system(service):
    layer = qgis.opened(qgis.oapif(service, "road", page=500))
    assert layer.crs().authid() == "EPSG:9218"
    truth = {f["properties"]["code"]: f for f in service.json(f"/ogc/collections/road/items?limit=10000&crs={METRES}")["features"]}
    seen = list(layer.getFeatures())
    assert len(seen) == len(truth) > 1000
    for feature in seen:
        first = next(feature.geometry().vertices())
        assert [first.x(), first.y()] == pytest.approx(truth[feature["code"]]["geometry"]["coordinates"][0][0])
    assert layer.fields().field("made_up").type() == QVariant.Bool


def test_a_box_is_asked_for_in_that_system(service):
    layer = qgis.opened(qgis.oapif(service, "parcel"))
    box = QgsRectangle(412100, 1328100, 412400, 1328400)
    found = {f["code"] for f in layer.getFeatures(QgsFeatureRequest().setFilterRect(box))}
    query = f"bbox=412100,1328100,412400,1328400&bbox-crs={METRES}&limit=1000"
    there = service.json(f"/ogc/collections/parcel/items?{query}")["features"]
    assert found == {f["properties"]["code"] for f in there} and found


def test_filters_are_run_by_the_server(service):
    layer = qgis.opened(qgis.oapif(service, "parcel", page=1000))
    request = QgsFeatureRequest().setFilterExpression("\"land_use\" = 'ODT' AND \"area_m2\" > 2000")
    found = {f["code"] for f in layer.getFeatures(request)}
    query = "filter=land_use%3D%27ODT%27%20AND%20area_m2%3E2000&filter-lang=cql2-text&limit=10000"
    there = service.json(f"/ogc/collections/parcel/items?{query}")["features"]
    assert found == {f["properties"]["code"] for f in there} and found


def test_who_may_not_edit_is_not_offered_to(service):
    assert not qgis.opened(qgis.oapif(service, "parcel")).startEditing()


def test_items_are_added_changed_and_deleted(service):
    auth = qgis.sign_in("editor-nnmt", service.key("editor-nnmt", edit=True))
    layer = qgis.opened(qgis.oapif(service, "parcel", auth))

    def add(layer):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(square(20))
        values = {"code": CODE, "commune_code": "24611", "sheet_number": 901, "parcel_number": 7,
                  "land_use": "ODT", "address": "Đường Nơ Trang Lơng", "made_up": True}
        for name, value in values.items():
            assert feature.setAttribute(feature.fieldNameIndex(name), value) is not False
        return layer.addFeature(feature)

    qgis.commit(layer, add)
    [made] = items(service, CODE)
    assert made["properties"]["land_use"] == "ODT" and made["properties"]["address"] == "Đường Nơ Trang Lơng"
    assert made["properties"]["area_m2"] == pytest.approx(400, abs=0.01)
    layer = qgis.opened(qgis.oapif(service, "parcel", auth))
    box = QgsRectangle(EAST - 1, NORTH - 1, EAST + 50, NORTH + 50)
    [fid] = [f.id() for f in layer.getFeatures(QgsFeatureRequest().setFilterRect(box)) if f["code"] == CODE]
    qgis.commit(layer, lambda l: l.changeAttributeValue(fid, l.fields().indexOf("land_use"), "CLN"))
    [changed] = items(service, CODE)
    assert changed["id"] == made["id"] and changed["geometry"] == made["geometry"]
    assert changed["properties"] == made["properties"] | {"land_use": "CLN"}
    qgis.commit(layer, lambda l: l.changeGeometry(fid, square(40)))
    [grown] = items(service, CODE)
    assert grown["properties"] == changed["properties"] | {"area_m2": grown["properties"]["area_m2"]}
    assert grown["properties"]["area_m2"] == pytest.approx(1600, abs=0.01)
    qgis.commit(layer, lambda l: l.deleteFeature(fid))
    assert items(service, CODE) == []
