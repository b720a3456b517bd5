"""Addresses that the benchmark asks for: addresses.py BASE PARCELS box|tile|page [REVISION], one a line."""

import math
import random
import sys

base, parcels, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
at = f"&at={sys.argv[4]}" if len(sys.argv) > 4 else ""
dice = random.Random(7)
side = math.isqrt(parcels)
# The parcels lie from here to the north and east, 12 m apart (parcels.sql); degrees a metre at 12° north.
west, south = 107.69, 12.0
lon_m, lat_m = 1 / 108_900, 1 / 110_600
for i in range(40):
    x, y = (dice.random() * side * 12 * 0.9 for _ in range(2))
    lon, lat = west + x * lon_m, south + y * lat_m
    if kind == "box":
        print(f"{base}/ogc/collections/parcel/items?bbox={lon:.6f},{lat:.6f},{lon + 500 * lon_m:.6f},{lat + 500 * lat_m:.6f}{at}")
    elif kind == "tile":
        n = 1 << 16
        col = int((lon + 180) / 360 * n)
        row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
        print(f"{base}/tiles/parcel/16/{col}/{row}.mvt?n={i}{at}")
    elif i < 10:
        print(f"{base}/ogc/collections/parcel/items?limit=1000&after={dice.randrange(parcels)}{at}")
