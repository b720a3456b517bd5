"""QGIS takes the styles: SLD and QML of every layer, and the style of the whole dataset over its vector tiles."""

import pytest
from qgis.core import (
    QgsExpression,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRenderContext,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsRectangle,
    QgsRuleBasedLabeling,
    QgsRuleBasedRenderer,
    QgsVectorLayer,
    QgsVectorTileLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QSize

import qgis_client as qgis

KINDS = {"point": "Point", "line": "LineString", "polygon": "Polygon"}
FIELDS = {"integer": "integer", "number": "double", "boolean": "bool", "string": "string"}


@pytest.fixture(scope="module", autouse=True)
def application():
    running = qgis.begin()
    yield running
    QgsProject.instance().clear()
    running.exitQgis()


@pytest.fixture(scope="module")
def styles(service):
    """Every layer's style metadata, as the administrator sees them: none is hidden."""
    who = service.bearer("admin")
    listed = service.json("/ogc/styles", who)["styles"]
    return [service.json(f"/ogc/styles/{s['id']}/metadata", who) for s in listed if s["id"] != "default"]


def empty_layer(service, about):
    """A layer of the style's geometry and attributes."""
    layer = about["id"]
    schema = service.json(f"/ogc/collections/{layer}/schema", service.bearer("admin"))["properties"]
    fields = [(n, FIELDS[p["type"]]) for n, p in schema.items() if p.get("type") in FIELDS]
    source = KINDS[about["layers"][0]["type"]] + "?crs=EPSG:9218"
    source += "".join(f"&field={name}:{kind}" for name, kind in fields)
    return qgis.opened(QgsVectorLayer(source, layer, "memory"))


def fetched(service, about, f, folder):
    """The style in a file, as a person saves it."""
    answer = service.get(f"/ogc/styles/{about['id']}?f={f}", service.bearer("admin"))
    file = folder / f"{about['id']}.{f}"
    file.write_bytes(answer.body)
    return str(file)


def rules(layer):
    """The rules of what is drawn; their filters must be expressions of QGIS."""
    renderer = layer.renderer()
    if not isinstance(renderer, QgsRuleBasedRenderer):
        return renderer.symbols(QgsRenderContext())
    found = renderer.rootRule().descendants()
    for rule in found:
        text = rule.filterExpression()
        assert not text or not QgsExpression(text).hasParserError(), f"{layer.name()}: {text}"
    return found


def test_every_sld_is_loaded(service, styles, tmp_path):
    assert len(styles) > 65
    for about in styles:
        layer = empty_layer(service, about)
        message, ok = layer.loadSldStyle(fetched(service, about, "sld10", tmp_path))
        assert ok, f"{about['id']}: {message}"
        sld = (tmp_path / f"{about['id']}.sld10").read_text()
        drawn = rules(layer)
        written = sld.count("<Rule>") - sld.count("<TextSymbolizer>")
        assert len(drawn) == max(written, 1), f"{about['id']}: {len(drawn)} rules of {written}"
        texts = sld.count("<TextSymbolizer>")
        assert layer.labelsEnabled() == (texts > 0), about["id"]
        if texts > 1:
            assert isinstance(layer.labeling(), QgsRuleBasedLabeling), about["id"]
            assert len(layer.labeling().rootRule().descendants()) == texts, about["id"]
        if isinstance(layer.renderer(), QgsRuleBasedRenderer):
            limited = [r for r in drawn if r.dependsOnScale()]
            assert limited, f"{about['id']}: scales"
            assert all(r.symbol().symbolLayerCount() >= 1 for r in drawn), about["id"]


def test_icons_of_an_sld_are_pictures(service, styles, tmp_path):
    about = next(s for s in styles if s["id"] == "hospital_clinic")
    layer = empty_layer(service, about)
    layer.loadSldStyle(fetched(service, about, "sld10", tmp_path))
    kinds = {r.symbol().symbolLayer(0).layerType() for r in rules(layer)}
    assert "SvgMarker" in kinds and len(kinds) == 2, kinds


def test_every_qml_is_loaded(service, styles, tmp_path):
    for about in styles:
        layer = empty_layer(service, about)
        message, ok = layer.loadNamedStyle(fetched(service, about, "qml", tmp_path))
        assert ok, f"{about['id']}: {message}"
        assert rules(layer), about["id"]


def test_the_style_of_the_whole_dataset_opens_unchanged(service):
    template = f"{service.url}/tiles/default/{{z}}/{{x}}/{{y}}.mvt"
    source = f"type=xyz&url={template}&zmin=0&zmax=16&styleUrl={service.url}/ogc/styles/default"
    layer = QgsVectorTileLayer(source, "Dothi")
    assert layer.isValid()
    message, ok = layer.loadDefaultStyle()
    assert ok, message
    style = service.json("/ogc/styles/default")
    drawn = [entry for entry in style["layers"] if entry["type"] in ("fill", "line", "circle")]
    assert len(layer.renderer().styles()) >= len(drawn), message
    texts = [entry for entry in style["layers"] if "text-field" in entry.get("layout", {})]
    assert len(layer.labeling().styles()) >= len(texts), message
    mercator = QgsCoordinateReferenceSystem("EPSG:3857")
    degrees = QgsCoordinateReferenceSystem("OGC:CRS84")
    move = QgsCoordinateTransform(degrees, mercator, QgsProject.instance())
    town = move.transformBoundingBox(QgsRectangle(107.68, 11.98, 107.71, 12.01))
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(mercator)
    settings.setExtent(town)
    settings.setOutputSize(QSize(600, 600))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    assert not job.errors()
    image = job.renderedImage()
    colours = {image.pixel(x, y) for x in range(0, 600, 5) for y in range(0, 600, 5)}
    assert len(colours) > 20, f"{len(colours)} colours of a town"
