"""PMTiles: the archive of a layer, read by ranges with the format's own library, holds the tiles that are served."""

import gzip
import subprocess

import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType

import service as program
from tiles import tile_at

LAYER = "road_centreline"


@pytest.fixture
def remote(service):
    """A reader that asks for nothing but ranges, as a map in a browser does."""
    address = f"/ogc/collections/{LAYER}/download/{LAYER}.pmtiles"
    asked = []

    def part(offset, length):
        asked.append(length)
        answer = service.call("GET", address, headers={"range": f"bytes={offset}-{offset + length - 1}"})
        assert answer.status == 206 and answer.headers["content-type"] == "application/vnd.pmtiles"
        return answer.body

    reader = Reader(part)
    reader.asked = asked
    return reader


def served(service, layer, z, x, y):
    answer = service.call("GET", f"/tiles/{layer}/{z}/{x}/{y}.mvt", headers={"accept-encoding": "identity"})
    assert answer.status in (200, 204)
    return answer.body


def test_an_archive_is_read_by_ranges(service, remote):
    header, about = remote.header(), remote.metadata()
    assert header["tile_type"] == TileType.MVT and header["tile_compression"] == Compression.GZIP
    assert header["clustered"] and header["max_zoom"] == 16
    extent = service.json(f"/ogc/collections/{LAYER}")["extent"]["spatial"]["bbox"][0]
    bounds = [header[f"{side}_e7"] / 1e7 for side in ("min_lon", "min_lat", "max_lon", "max_lat")]
    assert bounds == pytest.approx(extent, abs=2e-6)
    assert [layer["id"] for layer in about["vector_layers"]] == [LAYER]
    assert about["vector_layers"] == service.json(f"/tiles/{LAYER}.json")["vector_layers"]
    item = service.json(f"/ogc/collections/{LAYER}/items?limit=1")["features"][0]
    lon, lat = item["geometry"]["coordinates"][0][:2]
    for z in range(header["min_zoom"], header["max_zoom"] + 1):
        _, x, y = tile_at(lon, lat, z)
        assert gzip.decompress(remote.get(z, x, y)) == served(service, LAYER, z, x, y) != b"", z
    whole = service.get(f"/ogc/collections/{LAYER}/download/{LAYER}.pmtiles").body
    assert max(remote.asked) < len(whole), "no part is the whole"


def test_every_tile_of_several_layers_is_the_served_one(service, tmp_path):
    path = tmp_path / "two.pmtiles"
    program.run(service.home, "export", f"{LAYER},street_light", str(path))
    with open(path, "rb") as file:
        source = MmapSource(file)
        header = Reader(source).header()
        tiles = {place: gzip.decompress(body) for place, body in all_tiles(source)}
    assert header["addressed_tiles_count"] == len(tiles) > 50
    for (z, x, y), body in tiles.items():
        assert body == served(service, LAYER, z, x, y) + served(service, "street_light", z, x, y), (z, x, y)
    # The same by HTTP, for whoever asks by the layers' names.
    archive = service.get(f"/ogc/download/tiles.pmtiles?collections={LAYER},street_light").body
    sent = tmp_path / "sent.pmtiles"
    sent.write_bytes(archive)
    with open(sent, "rb") as file:
        assert {place: gzip.decompress(body) for place, body in all_tiles(MmapSource(file))} == tiles
    # Nothing is missing: beside each tile lie tiles that are in the archive, or empty.
    for z, x, y in list(tiles)[::7]:
        for beside in ((z, x + 1, y), (z, x, y - 1)):
            alone = served(service, LAYER, *beside) + served(service, "street_light", *beside)
            assert tiles.get(beside, b"") == alone, beside


def test_a_part_and_what_cannot_be(service, tmp_path):
    part = tmp_path / "part.pmtiles"
    whole = tmp_path / "whole.pmtiles"
    program.run(service.home, "export", LAYER, str(part), "--bbox", "107.68,11.99,107.70,12.01")
    program.run(service.home, "export", LAYER, str(whole))
    assert 0 < part.stat().st_size < whole.stat().st_size
    with pytest.raises(AssertionError, match="--crs"):
        program.run(service.home, "export", LAYER, str(tmp_path / "x.pmtiles"), "--crs", "EPSG:9218")
    assert not (tmp_path / "x.pmtiles").exists()
