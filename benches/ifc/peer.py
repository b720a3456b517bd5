"""IfcOpenShell on one IFC file: `open`, or `geometry` (open, then every product's mesh by the hybrid kernel in two
threads, without spaces and openings). Prints a line of JSON as the `ifc` bench does."""

import json
import sys
import time

import ifcopenshell
import ifcopenshell.geom


def largest_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def box_of(model):
    settings = ifcopenshell.geom.settings()
    settings.set("use-world-coords", True)
    iterator = ifcopenshell.geom.iterator(
        settings, model, 2, exclude=("IfcSpace", "IfcFeatureElementSubtraction"),
        geometry_library="hybrid-cgal-simple-opencascade")
    low, high = [float("inf")] * 3, [float("-inf")] * 3
    more = iterator.initialize()
    while more:
        vertices = iterator.get().geometry.verts
        for k in range(3):
            if vertices:
                low[k] = min(low[k], min(vertices[k::3]))
                high[k] = max(high[k], max(vertices[k::3]))
        more = iterator.next()
    return low + high


what, path = sys.argv[1:]
begin = time.perf_counter()
model = ifcopenshell.open(path)
opened = time.perf_counter() - begin
result = {"what": what, "version": ifcopenshell.version, "open_s": round(opened, 4)}
if what == "geometry":
    result["box"] = box_of(model)
result |= {"s": round(time.perf_counter() - begin, 4), "memory_bytes": largest_memory()}
print(json.dumps(result))
