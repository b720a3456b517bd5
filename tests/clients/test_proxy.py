"""Behind a proxy: the addresses in the answers are those of DOTHI_PUBLIC_URL, and clients that follow them never come to
the address at which the program itself listens."""

import pytest
from osgeo import gdal, ogr
from owslib.ogcapi.features import Features
from owslib.wfs import WebFeatureService

import service as program
from proxy import Proxy

gdal.UseExceptions()
ogr.UseExceptions()

ANSWERS = [
    "/",
    "/ogc",
    "/ogc/api",
    "/ogc/collections",
    "/ogc/collections/road_centreline/items?limit=3",
    "/ogc/collections/road_centreline/items?limit=3&f=gml",
    "/ogc/collections/road_centreline/tiles/WebMercatorQuad",
    "/ogc/tiles/WorldCRS84Quad",
    "/tiles/road_centreline.json",
    "/tiles/default.json",
    "/ogc/styles",
    "/ogc/styles/default?f=mapbox",
    "/ogc/collections/road_centreline/download/road_centreline.gml",
    "/wfs?service=WFS&request=GetCapabilities&version=2.0.0",
    "/wfs?service=WFS&request=GetCapabilities&version=1.1.0",
    "/wfs?service=WFS&request=GetCapabilities&version=1.0.0",
    "/wfs?service=WFS&request=GetFeature&version=2.0.0&typenames=road_centreline&count=3",
    "/qgis/dothi.qgs",
]


@pytest.fixture(scope="module")
def behind(service):
    """The proxy, and the program behind it that knows by which address it is asked."""
    if not service.home:
        pytest.fail("the data folder of the program is needed: DOTHI_HOME")
    with Proxy("http://127.0.0.1:1") as proxy:
        running = program.serve(service.home, DOTHI_PUBLIC_URL=proxy.url, DOTHI_BEHIND_PROXY="true")
        proxy.upstream = running.url
        yield proxy, running
        running.end()


@pytest.mark.parametrize("path", ANSWERS)
def test_no_answer_names_the_programs_own_address(behind, path):
    proxy, running = behind
    answer = running.call("GET", path)
    assert answer.status == 200, f"{path}: {answer.status} {answer.body[:300]}"
    own = running.url.removeprefix("http://")
    assert own not in answer.text and own not in str(answer.headers), path
    if path != "/":
        assert proxy.url in answer.text, path


def test_clients_follow_the_addresses_through_the_proxy(behind):
    proxy, running = behind
    there = len(running.json("/ogc/collections/road_centreline/items?limit=10000")["features"])
    assert there > 20
    proxy.seen.clear()
    for source in (f"OAPIF:{proxy.url}/ogc", f"WFS:{proxy.url}/wfs?version=2.0.0"):
        # GDAL's layers do not outlive their source.
        opened = gdal.OpenEx(source, gdal.OF_VECTOR)
        names = [opened.GetLayer(i).GetName() for i in range(opened.GetLayerCount())]
        name = next(n for n in names if n.rpartition(":")[2] == "road_centreline")
        assert sum(1 for _ in opened.GetLayerByName(name)) == there, source
    wfs = WebFeatureService(f"{proxy.url}/wfs", version="2.0.0")
    body = wfs.getfeature(typename=["dothi:road_centreline"], maxfeatures=5).read()
    assert body.count(b"<wfs:member>") == 5
    api = Features(f"{proxy.url}/ogc/")
    assert len(api.collection_items("road_centreline", limit=7)["features"]) == 7
    # GDAL reads pages of ten and of a hundred by the links of the answers: all of them came by here.
    paths = [e.path for e in proxy.seen]
    assert sum("/items" in p for p in paths) >= there // 10, paths
    assert all(e.status == 200 for e in proxy.seen), [(e.path, e.status) for e in proxy.seen]
    own = running.url.removeprefix("http://").encode()
    assert not [e.path for e in proxy.seen if own in e.answer]
