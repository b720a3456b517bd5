"""Vector tiles: where they are, and what lies in them as GDAL decodes it."""

import math
import uuid

from osgeo import gdal, ogr

gdal.UseExceptions()
ogr.UseExceptions()


def tile_at(lon, lat, zoom):
    """Zoom, column and row of the tile of WebMercatorQuad that a place in degrees lies in."""
    n = 2**zoom
    phi = math.radians(lat)
    return zoom, int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(phi)) / math.pi) / 2 * n)


def features_of(body):
    """The attributes of the features of a tile, with `bounds` (min x, max x, min y, max y in the tile's grid)."""
    if not body:
        return []
    path = f"/vsimem/{uuid.uuid4().hex}.mvt"
    gdal.FileFromMemBuffer(path, body)
    try:
        source = gdal.OpenEx(path, gdal.OF_VECTOR, allowed_drivers=["MVT"])
        found = []
        for i in range(source.GetLayerCount()):
            for feature in source.GetLayer(i):
                row = feature.items() | {"layer": source.GetLayer(i).GetName()}
                found.append(row | {"bounds": feature.GetGeometryRef().GetEnvelope()})
        return found
    finally:
        source = None
        gdal.Unlink(path)


def tiles_of(service, layer, lon, lat, zoom=16):
    """The features of a layer in the tile at a place, by code: by both addresses, which must agree."""
    z, x, y = tile_at(lon, lat, zoom)
    both = []
    for path in (f"/tiles/{layer}/{z}/{x}/{y}.mvt", f"/ogc/collections/{layer}/tiles/WebMercatorQuad/{z}/{y}/{x}"):
        answer = service.call("GET", path)
        assert answer.status in (200, 204), f"{path}: {answer.status}"
        both.append(features_of(answer.body))
    assert both[0] == both[1]
    return {f["code"]: f for f in both[0]}
