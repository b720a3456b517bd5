#!/usr/bin/env python3
"""Works out expected.json for the sample models, without the program that is tested.

Needs PyPI `ifcopenshell` (written with 0.9.0) and `shapely` (2.2). Reads the *.ifc beside it and sites.json (the
map around them), makes each model's solids with IfcOpenShell, lays them on the map by the model's own map
conversion, and judges them by domain rules written down here a second time. Values worked out by hand from the
buildings' drawings stand in HAND; the script stops if geometry and hand differ by more than 0.005 (m, m²).

    python3 expected.py          writes expected.json
    python3 expected.py --check  exits with 1 if expected.json differs
"""
import json
import math
import pathlib
import sys

import ifcopenshell
import ifcopenshell.geom
import ifcopenshell.util.element as element_util
import ifcopenshell.util.unit as unit_util
from shapely import set_precision, unary_union
from shapely.affinity import affine_transform
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

HERE = pathlib.Path(__file__).parent
UNCERTAINTY_M = 0.05  # of a map conversion in EPSG:9218; the parcel's survey accuracy is added

# What the drawings say: footprint, gross floor area, FAR area (m²), height from ±0.00 (m), storeys that count.
HAND = {
    "tube_house.ifc": (4.7 * 15.4, 4 * 4.7 * 14.4 + 4.7 * 6, 4 * 4.7 * 14.4 + 4.7 * 6, 16.65, 5),
    "tube_house_too_high.ifc": (4.7 * 15.4, 4 * 4.7 * 14.4 + 4.7 * 6, 4 * 4.7 * 14.4 + 4.7 * 6, 18.15, 5),
    "tube_house_over_boundary.ifc": (4.7 * 15.4, 4 * 4.7 * 14.4 + 4.7 * 6, 4 * 4.7 * 14.4 + 4.7 * 6, 16.65, 5),
    "tube_house_basement_over_boundary.ifc": (4.7 * 15.4, 4 * 4.7 * 14.4 + 5.45 * 13, 4 * 4.7 * 14.4 + 5.45 * 13, 14.9, 5),
    "villa.ifc": (120, 240, 240, 10.15, 2),
    "villa_over_building_line.ifc": (120, 240, 240, 10.15, 2),
    "apartment.ifc": (32 * 40 + 4 * 3.6, 9 * 1280 + 38 * 44 + 120, 9 * 1280, 34.8, 11),
    "apartment_over_coverage.ifc": (40 * 42, 8 * 1280 + 40 * 42 + 38 * 44 + 120, 8 * 1280 + 40 * 42, 34.8, 11),
    "school.ifc": (1272 + 26 * 2.4, 3 * 1272, 3 * 1272, 11.85, 3),
    "school_extra_storey.ifc": (1272 + 26 * 2.4, 4 * 1272, 4 * 1272, 15.45, 4),
}
# Models that miss their place: how, the verdict of G03, and of which model they are twins. Their measures are the twin's.
MISPLACED = {
    "tube_house_by_degrees.ifc": ("degrees", "MANUAL", "tube_house.ifc"),
    "villa_axes_swapped.ifc": ("swapped", "FAIL", "villa.ifc"),
    "school_offset_twice.ifc": ("twice", "FAIL", "school.ifc"),
    "school_wrong_zone.ifc": ("wrong_zone", "FAIL", "school.ifc"),
}
# Twin of which model, and the rules that it breaks.
TWINS = {
    "tube_house_too_high.ifc": ("tube_house.ifc", ["P09"]),
    "tube_house_over_boundary.ifc": ("tube_house.ifc", ["P03"]),
    "tube_house_basement_over_boundary.ifc": ("tube_house.ifc", ["P03"]),
    "villa_over_building_line.ifc": ("villa.ifc", ["P05"]),
    "apartment_over_coverage.ifc": ("apartment.ifc", ["P07"]),
    "school_extra_storey.ifc": ("school.ifc", ["P10"]),
}
HOUSEHOLD = {"type": "household_individual", "name": "Nguyễn Văn Mẫu", "address": "Phường Bắc Gia Nghĩa, tỉnh Lâm Đồng",
             "id_number": "067000000001"}
COMPANY = {"type": "organisation", "name": "Công ty cổ phần Nhà ở Mẫu", "address": "Phường Bắc Gia Nghĩa, tỉnh Lâm Đồng",
           "id_number": "6400000001"}
SCHOOL = {"type": "organisation", "name": "Ban quản lý dự án xã Đức Lập (mẫu)", "address": "Xã Đức Lập, tỉnh Lâm Đồng",
          "id_number": "6400000002"}
DESIGNER = {"name": "Công ty Tư vấn thiết kế Mẫu", "licence": "LDO-00000001"}
# Use, kind of application and investor by the name that a model's file begins with.
APPLICATION = {"tube_house": ("new_house", HOUSEHOLD), "villa": ("new_house", HOUSEHOLD),
               "apartment": ("new_work", COMPANY), "school": ("new_work", SCHOOL)}
# Land-use codes and the uses that they allow, as far as the samples go: TT 08/2024 (ODT, ONT: residential land;
# DGD: land for education).
LAND_USE = {"ODT": {"house_single", "apartment", "mixed"}, "ONT": {"house_single"}, "DGD": {"school"}}
OUTSIDE_FAR = {"parking", "technical", "fire", "refuge"}
HOW = {
    "G01": "IfcOpenShell opens and validates the file with its EXPRESS rules, and makes a solid of every product",
    "G03": "the model's target CRS is EPSG:9218, and the site's outline, laid on the map, is the parcel's ring",
    "G05": "the form below states the measured values, rounded to 0.01",
    "G07": "TT 34/2026 row 2.1, the highest criterion, and NĐ 217/2026 Art. 53, by hand from the measured values",
    "P01": "the parcel's land_use and the building's use in the table of expected.py",
    "P02": "the lot's allowed_uses name the building's use",
    "P03": "plan view of all parts below ground and of the footprint, from the solids, against the parcel's ring",
    "P04": "plan view of all parts above ground, from the solids, against the parcel's side of the red lines",
    "P05": "the footprint, from the solids, against the parcel's side of the building lines",
    "P06": "least distance from the footprint to a red line",
    "P07": "area of the footprint by area of the parcel",
    "P08": "floor areas of storeys that are not all parking or technical, by area of the parcel",
    "P09": "top of the highest part but tanks, plus the height of ±0.00, less the planned level",
    "P10": "storeys with rooms; above_ground_only leaves those out that say AboveGround = false",
}


def r2(x):
    return round(x + 0.0, 2)


def plan(shape):
    """Plan view of a solid in metres."""
    v, f = shape.geometry.verts, shape.geometry.faces
    triangles = []
    for i in range(0, len(f), 3):
        t = Polygon([(v[3 * k], v[3 * k + 1]) for k in f[i:i + 3]])
        if t.area > 1e-9:
            triangles.append(t)
    return unary_union(set_precision(triangles, 1e-6)), min(v[2::3]), max(v[2::3])


def filled(area):
    """An outline without its holes."""
    parts = area.geoms if isinstance(area, MultiPolygon) else [area]
    return unary_union([Polygon(p.exterior) for p in parts])


class Model:
    def __init__(self, path):
        self.ifc = ifcopenshell.open(str(path))
        self.schema = self.ifc.schema
        settings = ifcopenshell.geom.settings()
        settings.set("use-world-coords", True)
        self.parts = []
        for product in self.ifc.by_type("IfcElement"):
            if product.is_a("IfcFeatureElement") or not product.Representation:
                continue
            storey = element_util.get_container(product)
            area, low, high = plan(ifcopenshell.geom.create_shape(settings, product))
            self.parts.append((product, storey, area, low, high))
        self.storeys = sorted(self.ifc.by_type("IfcBuildingStorey"), key=lambda s: s.Elevation)
        self.scale = unit_util.calculate_unit_scale(self.ifc)

    def conversion(self):
        if self.schema == "IFC2X3":
            sets = element_util.get_psets(self.ifc.by_type("IfcSite")[0])
            c, crs = sets["ePset_MapConversion"], sets["ePset_ProjectedCRS"]
            assert c["TargetCRS"] == crs["Name"]
            return [c["Eastings"], c["Northings"], c["OrthogonalHeight"], c["XAxisAbscissa"], c["XAxisOrdinate"]], crs
        c = self.ifc.by_type("IfcMapConversion")[0]
        # The map's unit is the metre; Scale brings the file's unit to it, which IfcOpenShell has done already.
        assert abs(c.Scale - self.scale) < 1e-12 and not c.TargetCRS.MapUnit.Prefix
        crs = {"Name": c.TargetCRS.Name, "VerticalDatum": c.TargetCRS.VerticalDatum}
        return [c.Eastings, c.Northings, c.OrthogonalHeight, c.XAxisAbscissa, c.XAxisOrdinate], crs

    def on_map(self, area):
        (e, n, _, cos, sin), _ = self.conversion()
        return affine_transform(area, [cos, -sin, sin, cos, e, n])

    def site_ring(self):
        outline = [x for x in self.ifc.by_type("IfcSite")[0].Representation.Representations
                   if x.RepresentationIdentifier == "FootPrint"][0].Items[0]
        line = outline.Elements[0] if outline.is_a("IfcGeometricCurveSet") else outline
        return Polygon([[x * self.scale for x in p.Coordinates[:2]] for p in line.Points])

    def has_rooms(self, storey):
        return bool(self.rooms(storey))

    def rooms(self, storey):
        return [x for x in element_util.get_decomposition(storey) if x.is_a("IfcSpace")]

    def above_ground(self, storey):
        return element_util.get_psets(storey)["Pset_BuildingStoreyCommon"]["AboveGround"]

    def walls(self, storey):
        """Plan views of a storey's walls but parapets."""
        return [a for p, s, a, _, _ in self.parts
                if s == storey and p.is_a("IfcWall") and p.ObjectType != "Tường chắn mái"]

    def gross(self, storey):
        return filled(unary_union(self.walls(storey))).area

    def footprint(self):
        """Enclosed outlines and floors, used overhangs among them, of the storeys above ground."""
        areas = []
        for storey in self.storeys:
            if self.above_ground(storey) and self.has_rooms(storey):
                areas.append(filled(unary_union(self.walls(storey))))
                areas += [a for p, s, a, _, _ in self.parts
                          if s == storey and p.is_a("IfcSlab") and p.PredefinedType in ("FLOOR", "BASESLAB")]
        return filled(unary_union(areas))

    def projection(self, ground):
        return unary_union([a for _, _, a, _, high in self.parts if high > ground])

    def underground(self, ground):
        return unary_union([a for _, _, a, low, _ in self.parts if low < ground] or [Polygon()])

    def height(self):
        return max(high for p, _, _, _, high in self.parts if not p.is_a("IfcTank"))

    def far_area(self):
        total = 0
        for storey in filter(self.has_rooms, self.storeys):
            uses = {element_util.get_psets(x)["Pset_SpaceOccupancyRequirements"]["OccupancyType"]
                    for x in self.rooms(storey)}
            total += 0 if uses <= OUTSIDE_FAR else self.gross(storey)
        return total

    def depth(self):
        lows = [low for p, s, _, low, _ in self.parts if not self.above_ground(s)]
        return -min(lows) if lows else None


def class_of(height, storeys, area_m2, depth, basements):
    """Class by TT 34/2026 row 2.1 as numbers, I = 1 … IV = 4; the smallest governs. No sample is above class I."""
    by_height = 4 if height <= 6 else 3 if height <= 28 else 2 if height <= 75 else 1
    by_storeys = 4 if storeys <= 1 else 3 if storeys <= 7 else 2 if storeys <= 24 else 1
    by_area = 4 if area_m2 < 1000 else 3 if area_m2 <= 10000 else 2 if area_m2 <= 30000 else 1
    by_depth = 4 if depth is None else 3 if depth < 6 else 2 if depth <= 18 else 1
    by_basements = 4 if basements == 0 else 3 if basements == 1 else 2 if basements <= 4 else 1
    return min(by_height, by_storeys, by_area, by_depth, by_basements)


def beyond(area, inside):
    """How far an outline reaches out of an allowed area, and how near it comes to its edge from inside, metres."""
    outside = area.difference(inside)
    if outside.is_empty or outside.area < 1e-6:
        return 0.0, area.distance(inside.exterior)
    points = [p for g in getattr(outside, "geoms", [outside]) for p in g.exterior.coords]
    return max(inside.exterior.distance(Point(p)) for p in points), 0.0


def behind(lines, parcel, quarter):
    """The part of the quarter on the parcel's side of each line: half planes, as its blocks are rectangles."""
    area = Polygon(quarter["ring"])
    inner = parcel.representative_point()
    for line in lines:
        (x0, y0), (x1, y1) = line["line"]
        d = math.hypot(x1 - x0, y1 - y0)
        ux, uy = (x1 - x0) / d, (y1 - y0) / d
        side = 1 if (inner.y - y0) * ux - (inner.x - x0) * uy > 0 else -1
        far = 2000.0
        a, b = (x0 - ux * far, y0 - uy * far), (x0 + ux * far, y0 + uy * far)
        n = (-uy * far * side, ux * far * side)
        area = area.intersection(Polygon([a, b, (b[0] + n[0], b[1] + n[1]), (a[0] + n[0], a[1] + n[1])]))
    return area


def lines_around(parcel, lines, reach):
    """Lines of the parcel's own block: the nearest on each of its sides that is parallel and within reach."""
    return [x for x in lines if LineString(x["line"]).distance(parcel) < reach]


def judge(name, sites):
    stem = next(s for s in APPLICATION if name.startswith(s))
    kind, investor = APPLICATION[stem]
    site = next(s for s in sites["sites"] if s["id"] == stem)
    quarter = next(q for q in sites["quarters"] if q["name"] == site["quarter"])
    record = next(p for p in quarter["parcels"] if p["code"] == site["parcel"])
    lot = next(x for x in quarter["lots"] if x["lot_code"] == record["lot"])
    parcel = Polygon(record["ring"])
    m = Model(HERE / name)
    numbers, crs = m.conversion()

    # The building's own values, and hand against geometry.
    footprint_local, height, zero = m.footprint(), m.height(), numbers[2]
    counted = [s for s in m.storeys if m.has_rooms(s)]
    gross, far_area = sum(m.gross(s) for s in counted), m.far_area()
    above = [s for s in counted if m.above_ground(s)]
    got = (footprint_local.area, gross, far_area, height, len(counted))
    for a, b in zip(got, HAND[name]):
        assert abs(a - b) <= 0.005, (name, got, HAND[name])

    ground = lot["planned_level_m"] - zero
    footprint, projection = m.on_map(footprint_local), m.on_map(m.projection(ground))
    underground = m.on_map(m.underground(ground))
    site_on_map = m.on_map(m.site_ring())
    assert site_on_map.hausdorff_distance(parcel) < 0.001, name
    assert crs["Name"] == "EPSG:9218" and crs["VerticalDatum"] == "Hon Dau 1992"
    use = element_util.get_psets(m.ifc.by_type("IfcBuilding")[0])["Pset_BuildingCommon"]["OccupancyType"]

    own_block = lines_around(parcel, quarter["red_lines"], 0.01)
    red = behind(own_block, parcel, quarter)
    streets = {x["road_name"] for x in own_block}
    near = [x for x in quarter["building_lines"] if x["road_name"] in streets]
    building_lines = [x for x in near if LineString(x["line"]).distance(parcel) < 0.01]
    setback = min(footprint.distance(LineString(x["line"])) for x in own_block)
    margin = UNCERTAINTY_M + record["survey_accuracy_m"]
    plan_name = quarter["plan"]["name"]
    source = {"kind": "detailed_plan", "name": plan_name, "lot": lot["lot_code"]}
    above_ground_height = height + zero - lot["planned_level_m"]
    storeys = len(above) if lot["storeys_counting"] == "above_ground_only" else len(counted)
    depth, basements = m.depth(), len(counted) - len(above)
    klass = class_of(above_ground_height, len(above), gross, depth, basements)
    household = investor["type"] == "household_individual" and use == "house_single"
    commune = household or klass >= 3

    def row(rule, verdict, measured=None, limit=None, unit=None, limit_source=None, **more):
        value = {"verdict": verdict, "measured": None if measured is None else r2(measured),
                 "limit": limit, "unit": unit, "limit_source": limit_source, "how": HOW[rule]}
        value.update(more)
        return value

    def at_most(rule, measured, limit, unit):
        return row(rule, "PASS" if r2(measured) <= limit else "FAIL", measured, limit, unit, source)

    def within(rule, area, allowed, limit_source):
        out, inner = beyond(area, allowed)
        # A placed check is decided only where its margin exceeds the uncertainty: every sample must be decided.
        assert max(out, inner) > margin, (name, rule, out, inner)
        return row(rule, "FAIL" if out > 0 else "PASS", out, 0, "m", limit_source, clear_m=r2(inner))

    land = record["land_use"]
    rules = {
        "G01": row("G01", "PASS"),
        "G03": row("G03", "PASS", crs="EPSG:9218", vertical_datum="Hon Dau 1992"),
        "G05": row("G05", "PASS"),
        "G07": row("G07", "PASS", construction_class=["", "I", "II", "III", "IV"][klass],
                   authority={"kind": "commune", "code": quarter["commune_code"]} if commune
                   else {"kind": "department"}),
        "P01": row("P01", "PASS" if use in LAND_USE[land] else "FAIL",
                   limit_source={"kind": "parcel", "name": "land_use", "value": land}),
        "P02": row("P02", "PASS" if use in lot["allowed_uses"].split(",") else "FAIL", limit_source=source),
        "P03": within("P03", unary_union([footprint, underground]), parcel,
                      {"kind": "parcel", "name": record["code"]}),
        "P04": within("P04", projection, red, {"kind": "red_line", "name": ", ".join(sorted(streets))}),
        "P05": within("P05", footprint, behind(building_lines, parcel, quarter) if building_lines else red,
                      {"kind": "building_line", "name": ", ".join(sorted({x["road_name"] for x in building_lines}))}),
        "P06": row("P06", "PASS" if r2(setback) >= lot["setback_min_m"] else "FAIL", setback, lot["setback_min_m"],
                   "m", source),
        "P07": at_most("P07", footprint.area / parcel.area * 100, lot["net_coverage_max_percent"], "percent"),
        "P08": at_most("P08", far_area / parcel.area, lot["far_max"], "ratio"),
        "P09": at_most("P09", above_ground_height, lot["height_max_m"], "m"),
        "P10": at_most("P10", storeys, lot["storeys_max"], "storeys"),
    }
    assert abs(setback - lot["setback_min_m"]) > margin
    twin_of, breaks = TWINS.get(name, (None, []))
    assert [r for r, v in rules.items() if v["verdict"] == "FAIL"] == breaks, (name, rules)

    declared = element_util.get_psets(m.ifc.by_type("IfcBuilding")[0], qtos_only=True)["Qto_BuildingBaseQuantities"]
    facts = {
        "schema": m.schema, "entities": len(list(m.ifc)), "length_unit_m": m.scale,
        "rotation_deg": r2(math.degrees(math.atan2(numbers[4], numbers[3]))),
        "easting": round(numbers[0], 4), "northing": round(numbers[1], 4), "zero_level_elevation_m": zero,
        "storeys": [{"name": s.Name, "elevation_m": r2(s.Elevation * m.scale), "above_ground": m.above_ground(s),
                     "gross_area_m2": r2(m.gross(s))} for s in counted],
        "storey_count": {"total_49_9": len(counted), "below_ground": basements},
        "height_m": {"measured": r2(height), "declared": r2(declared["Height"] * m.scale)},
        "footprint_area_m2": {"measured": r2(footprint_local.area), "declared": r2(declared["FootPrintArea"])},
        "projection_area_m2": r2(m.projection(ground).area),
        "gross_floor_area_m2": {"measured": r2(gross), "declared": r2(declared["GrossFloorArea"])},
        "far_area_m2": r2(far_area), "building_use": use, "depth_m": None if depth is None else r2(depth),
        "spaces": len(m.ifc.by_type("IfcSpace")),
    }
    form = {
        "use": use, "storeys": storeys, "height_m": r2(above_ground_height),
        "footprint_area_m2": r2(footprint_local.area), "gross_floor_area_m2": r2(gross), "setback_m": r2(setback),
        "level_zero_m": r2(zero), "investor": investor, "designer": DESIGNER,
    }
    return {"parcel": site["parcel"], "kind": kind, "twin_of": twin_of, "breaks": breaks, "form": form,
            "facts": facts, "rules": rules}


def misplace(name, models):
    """Entry of a model that misses its place: that it does is shown here, from its own records alone."""
    how, verdict, twin = MISPLACED[name]
    good, m = models[twin], Model(HERE / name)
    gross = sum(m.gross(s) for s in m.storeys if m.has_rooms(s))
    for got, key in ((m.footprint().area, "footprint_area_m2"), (gross, "gross_floor_area_m2"), (m.height(), "height_m")):
        assert abs(got - good["facts"][key]["measured"]) <= 0.006, (name, key, got)
    right = [good["facts"]["easting"], good["facts"]["northing"]]
    site = m.ifc.by_type("IfcSite")[0]
    facts = {key: good["facts"][key] for key in
             ("schema", "length_unit_m", "height_m", "footprint_area_m2", "gross_floor_area_m2", "spaces", "building_use")}
    facts["entities"] = len(list(m.ifc))
    if how == "degrees":
        assert not m.ifc.by_type("IfcMapConversion")
        lat, lon = ([sum(x / k for x, k in zip(a, (1, 60, 3600, 3.6e9)))][0] for a in (site.RefLatitude, site.RefLongitude))
        facts["latitude"], facts["longitude"] = round(lat, 9), round(lon, 9)
    else:
        (e, n, *_), crs = m.conversion()
        got = {"swapped": [n, e], "twice": [e, n], "wrong_zone": [e, n]}[how]
        assert max(abs(a - b) for a, b in zip(got, right)) < 0.001, name
        assert (crs["Name"] == "EPSG:5899") == (how == "wrong_zone")
        at = site.ObjectPlacement.RelativePlacement.Location.Coordinates
        assert (math.dist(at[:2], right) < 0.001) == (how == "twice"), name
        facts["easting"], facts["northing"] = round(e, 4), round(n, 4)
    none = {"measured": None, "limit": None, "unit": None, "limit_source": None}
    rules = {"G01": {"verdict": "PASS", **none, "how": HOW["G01"]},
             "G03": {"verdict": verdict, **none, "how": "the model's own records, held against its twin's place"},
             "G07": good["rules"]["G07"]}
    form = good["form"]
    if how == "degrees":
        # It has no vertical datum: the applicant takes the height over ±0.00, which is all that it tells.
        form = {**form, "height_m": facts["height_m"]["measured"]}
    return {"parcel": good["parcel"], "kind": good["kind"], "twin_of": twin, "misplaced": how,
            "breaks": ["G03"] if verdict == "FAIL" else [], "form": form, "facts": facts, "rules": rules}


def main():
    sites = json.loads((HERE / "sites.json").read_text(encoding="utf-8"))
    models = {name: judge(name, sites) for name in HAND}
    models.update({name: misplace(name, models) for name in MISPLACED})
    everything = {
        "about": "Expected facts and verdicts of the sample models, worked out by expected.py with IfcOpenShell and "
                 "shapely and checked there against values worked out by hand; no output of the program went in. "
                 "measured of P03, P04, P05: how far the outline reaches beyond what is allowed, 0 where it does not; "
                 "clear_m: how far inside it stays. form: what an applicant would state (form 01).",
        "uncertainty_m": UNCERTAINTY_M,
        "models": models,
    }
    text = json.dumps(everything, ensure_ascii=False, indent=1) + "\n"
    target = HERE / "expected.json"
    if "--check" in sys.argv:
        sys.exit(0 if target.read_text(encoding="utf-8") == text else 1)
    target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
