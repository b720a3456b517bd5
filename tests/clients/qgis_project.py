"""What QGIS makes of /qgis/dothi.qgs and /layers/{id}/layer.qlr of a running server with the sample province.

    /usr/bin/python3 tests/clients/qgis_project.py http://127.0.0.1:8080 [folder for pictures]

Needs Debian's python3-qgis. Exit code 0 where everything is as it should be, 1 with a list of what is not.
"""

import json
import os
import sys
import tempfile
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# QGIS keeps logins and caches in its profile: one of our own, thrown away.
profile = tempfile.mkdtemp(prefix="dothi-qgis-")
os.environ["QGIS_CUSTOM_CONFIG_PATH"] = profile
os.environ["QGIS_AUTH_DB_DIR_PATH"] = profile

from qgis.core import (  # noqa: E402
    QgsApplication, QgsAuthMethodConfig, QgsLayerDefinition, QgsMapRendererParallelJob, QgsMapSettings, QgsProject,
    QgsReadWriteContext, QgsRectangle,
)
from qgis.PyQt.QtCore import QSize  # noqa: E402
from qgis.PyQt.QtGui import QColor  # noqa: E402

PASSWORD = "dothi-sample"
# By layer: the kind of its renderer.
RENDERERS = {
    "parcel": "categorizedSymbol",
    "zoning_lot": "categorizedSymbol",
    "road_centreline": "categorizedSymbol",
    "building": "categorizedSymbol",
    "river": "singleSymbol",
    "admin_commune": "singleSymbol",
    "power_line": "RuleRenderer",
    "plan_boundary": "RuleRenderer",
}

wrong = []


def check(right, told):
    if not right:
        wrong.append(told)
        print("WRONG:", told)


class Person:
    """Somebody who downloads: the public, or an account of the sample."""

    def __init__(self, base, name=None):
        self.base, self.name, self.token = base, name, None
        if name:
            self.token = self.ask("/api/v1/login", {"name": name, "password": PASSWORD})["token"]

    def fetch(self, path, body=None, lang="vi"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data)
        request.add_header("cookie", f"dothi_lang={lang}")
        if data:
            request.add_header("content-type", "application/json")
        if self.token:
            request.add_header("authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def ask(self, path, body=None):
        return json.loads(self.fetch(path, body))

    def key(self):
        return self.ask("/api/v1/access-keys", {"name": "QGIS", "days": 7, "edit": False})["key"]


def save(text, name):
    path = os.path.join(profile, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def open_project(person, lang="vi"):
    text = person.fetch("/qgis/dothi.qgs", lang=lang)
    project = QgsProject()
    check(project.read(save(text, "dothi.qgs")), "dothi.qgs is not read")
    return project, text


def id_of(layer):
    return layer.id().removeprefix("dothi_")


def everything_is_there(person, project):
    """Every collection that the person sees is a valid layer with as many features."""
    collections = {c["id"] for c in person.ask("/ogc/collections")["collections"]}
    layers = {id_of(layer): layer for layer in project.mapLayers().values()}
    check(set(layers) == collections, f"layers of the project and collections: {set(layers) ^ collections}")
    for name, layer in sorted(layers.items()):
        if not layer.isValid():
            check(False, f"{name} is not valid: {layer.error().summary()} {layer.source()}")
            continue
        matched = person.ask(f"/ogc/collections/{name}/items?limit=1")["numberMatched"]
        check(layer.featureCount() == matched, f"{name}: {layer.featureCount()} features, {matched} items")
        check(layer.crs().authid() == "EPSG:9218", f"{name} is in {layer.crs().authid()}")
        check(layer.renderer() is not None, f"{name} has no renderer")
        kind = RENDERERS.get(name)
        check(kind in (None, layer.renderer().type()), f"{name} is drawn by {layer.renderer().type()}, not {kind}")
        check(layer.fields().count() > 0, f"{name} has no fields")
    return layers


def looks(layers):
    """Categories, labels, scales and titles arrived as they were meant."""
    parcel = layers["parcel"]
    codes = {c.value(): c.label() for c in parcel.renderer().categories()}
    check("ODT" in codes and "(ODT)" in codes["ODT"], f"categories of parcel: {list(codes.items())[:5]}")
    check(any(not v for v in codes), "parcel has no category for all others")
    check(parcel.hasScaleBasedVisibility() and 30000 < parcel.minimumScale() < 40000, f"parcel up to 1:{parcel.minimumScale()}")
    check(parcel.labelsEnabled(), "parcel has no labels")
    settings = parcel.labeling().settings()
    check("parcel_number" in settings.fieldName and settings.isExpression, f"label of parcel: {settings.fieldName}")
    check(settings.scaleVisibility and settings.minimumScale < 3000, f"labels of parcel up to 1:{settings.minimumScale}")
    fields = parcel.fields()
    check(parcel.attributeAlias(fields.indexOf("land_use")) == "Mục đích sử dụng đất", "land_use has no title")
    check(parcel.editorWidgetSetup(fields.indexOf("land_use")).type() == "ValueMap", "land_use has no meanings")
    check(layers["school"].labeling().settings().fieldName == '"name"', "label of school")
    for name, layer in layers.items():
        for symbol in layer.renderer().symbols(render_context(layer)) if layer.renderer() else []:
            for part in symbol.symbolLayers():
                for prop in part.dataDefinedProperties().propertyKeys():
                    expression = part.dataDefinedProperties().property(prop).asExpression()
                    check_expression(name, expression)


def check_expression(name, text):
    from qgis.core import QgsExpression

    expression = QgsExpression(text)
    check(not expression.hasParserError(), f"{name}: {text}: {expression.parserErrorString()}")


def render_context(layer):
    from qgis.core import QgsRenderContext

    return QgsRenderContext()


def picture(project, layers, extent, name, into):
    """Draws the layers that are on; says how many colours the picture has."""
    settings = QgsMapSettings()
    settings.setLayers([l for l in project.layerTreeRoot().layerOrder() if l in layers])
    settings.setDestinationCrs(project.crs())
    settings.setExtent(extent)
    settings.setOutputSize(QSize(1200, 850))
    settings.setOutputDpi(96)
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    for error in job.errors():
        check(False, f"picture {name}: {error.message}")
    image = job.renderedImage()
    image.save(os.path.join(into, f"qgis-{name}.png"))
    return len({image.pixel(x, y) for x in range(0, 1200, 3) for y in range(0, 850, 3)})


def definition(person, name, service):
    """A .qlr loads as one valid layer with its style."""
    text = person.fetch(f"/layers/{name}/layer.qlr?service={service}")
    path = save(text, f"{name}.qlr")
    project = QgsProject()
    root = project.layerTreeRoot()
    ok, message = QgsLayerDefinition.loadLayerDefinition(path, project, root)
    check(ok, f"{name}.qlr ({service}): {message}")
    layers = list(project.mapLayers().values())
    check(len(layers) == 1 and layers[0].isValid(), f"{name}.qlr ({service}) gives {[l.source() for l in layers]}")
    if layers and layers[0].isValid():
        check(layers[0].featureCount() > 0, f"{name}.qlr ({service}) has no features")
        kind = RENDERERS.get(name)
        check(kind in (None, layers[0].renderer().type()), f"{name}.qlr ({service}): {layers[0].renderer().type()}")
    return text


def as_the_public(base, into):
    public = Person(base)
    project, text = open_project(public)
    check(project.crs().authid() == "EPSG:9218", f"the project is in {project.crs().authid()}")
    check("authcfg" not in text and "password" not in text, "the public's project names a login")
    check("camera_security" not in text and "holder" not in text, "the public's project names what is closed")
    groups = [g.name() for g in project.layerTreeRoot().children()]
    check("Quy hoạch" in " ".join(groups), f"groups: {groups}")
    english = [g.get("name") for g in ET.fromstring(public.fetch("/qgis/dothi.qgs", lang="en")).find("layer-tree-group")]
    check("Planning" in " ".join(n or "" for n in english), f"groups in English: {english}")
    layers = everything_is_there(public, project)
    looks(layers)
    shown = [l.layer() for l in project.layerTreeRoot().findLayers() if l.isVisible()]
    check(len(shown) > 20, f"{len(shown)} layers are on")
    view = project.viewSettings().defaultViewExtent()
    colours = picture(project, shown, view, "province", into)
    check(colours > 20, f"the province is drawn in {colours} colours")
    # 1.4 km of Gia Nghĩa, in which there is some of everything.
    box = public.ask("/ogc/collections/zoning_lot?f=json")["extent"]["spatial"]["bbox"][0]
    place = public.ask(f"/ogc/collections/parcel/items?limit=1&crs=http://www.opengis.net/def/crs/EPSG/0/9218&bbox={','.join(map(str, box))}")
    x, y = place["features"][0]["geometry"]["coordinates"][0][0]
    for half, name in [(2500, "district"), (700, "town"), (150, "street")]:
        extent = QgsRectangle(x - half, y - half * 0.7, x + half, y + half * 0.7)
        colours = picture(project, shown, extent, name, into)
        check(colours > 20, f"{name} is drawn in {colours} colours")
    for name in ["parcel", "school", "power_line", "road_centreline", "plan_boundary"]:
        if name in layers:
            definition(public, name, "wfs")
    definition(public, "school", "oapif")


def as_an_officer(base):
    """Closed layers are found with the stored key, and not without."""
    officer = Person(base, "editor")
    key = officer.key()
    project, text = open_project(officer)
    check("authcfg=dothi01" in text, "the officer's project names no login")
    check(key not in text and officer.token not in text, "the officer's project holds a secret")
    closed = [l for l in project.mapLayers().values() if "authcfg" in l.source()]
    check(closed and not any(l.isValid() for l in closed), "closed layers are valid without a key")
    manager = QgsApplication.authManager()
    check(manager.setMasterPassword("for this test", True), "the store of logins does not open")
    config = QgsAuthMethodConfig("Basic")
    config.setId("dothi01")
    config.setName("Dothi")
    config.setConfig("username", officer.name)
    config.setConfig("password", key)
    check(manager.storeAuthenticationConfig(config)[0] if isinstance(manager.storeAuthenticationConfig(config), tuple) else True, "the login is not stored")
    project, _ = open_project(officer)
    everything_is_there(officer, project)
    check("dothi_camera_traffic" in project.mapLayers(), "the officer has no layer of traffic cameras")


def main():
    base = sys.argv[1].rstrip("/")
    into = sys.argv[2] if len(sys.argv) > 2 else profile
    os.makedirs(into, exist_ok=True)
    app = QgsApplication([], False)
    app.initQgis()
    as_the_public(base, into)
    as_an_officer(base)
    print(f"{len(wrong)} wrong; pictures in {into}")
    sys.stdout.flush()
    # QGIS 3.22's own end may crash after everything is done.
    os._exit(1 if wrong else 0)


main()
