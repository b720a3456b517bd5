"""What the database holds, by `dothi export` and OGR: the truth that clients' readings are held against."""

from osgeo import ogr

ogr.UseExceptions()


def rows(service, layer, folder, key="code"):
    """The rows of a layer in EPSG:9218 by their key (or `fid`): attributes, and the geometry as `wkt`."""
    file = service.export(layer, folder / f"{layer}.gpkg")
    source = ogr.Open(str(file))
    table = source.GetLayer(0)
    assert table.GetSpatialRef().GetAuthorityCode(None) == "9218"
    found = {}
    for feature in table:
        row = {}
        for i in range(feature.GetFieldCount()):
            field = feature.GetFieldDefnRef(i)
            row[field.GetName()] = feature.GetField(i) if feature.IsFieldSetAndNotNull(i) else None
        row["wkt"] = feature.GetGeometryRef().ExportToWkt()
        found[feature.GetFID() if key == "fid" else row[key]] = row
    return found
