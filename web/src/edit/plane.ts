// VN-2000 / TM-3 108-30 (EPSG:9218): positions as surveyors type them, lengths and areas in its plane.
import proj4 from 'proj4/lib/core';
import Proj from 'proj4/lib/Proj';
import etmerc from 'proj4/lib/projections/etmerc';

Proj.projections.add(etmerc);

// The shift is EPSG:6960 (QĐ 05/2007/QĐ-BTNMT) with the rotations in the position vector convention, as towgs84 has it.
const tm3 = proj4(
  '+proj=tmerc +lat_0=0 +lon_0=108.5 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 ' +
    '+towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278 +units=m +no_defs',
);

/** Longitude and latitude, degrees, WGS 84. */
export type LonLat = GeoJSON.Position;
/** Easting and northing, metres, EPSG:9218. */
export type EastNorth = [number, number];

export function toPlane(at: LonLat): EastNorth {
  return tm3.forward([at[0]!, at[1]!]) as EastNorth;
}

/** The place whose plane position is exactly this one: the way back alone loses a tenth of a millimetre of height. */
export function fromPlane(wanted: EastNorth): LonLat {
  const aim: EastNorth = [...wanted];
  let at = tm3.inverse(aim) as LonLat;
  for (let i = 0; i < 3; i++) {
    const [e, n] = toPlane(at);
    aim[0] += wanted[0] - e;
    aim[1] += wanted[1] - n;
    at = tm3.inverse(aim) as LonLat;
  }
  return at;
}

/** Length of a path, metres. */
export function lengthOf(path: LonLat[]): number {
  const flat = path.map(toPlane);
  return flat.slice(1).reduce((sum, p, i) => sum + Math.hypot(p[0] - flat[i]![0], p[1] - flat[i]![1]), 0);
}

/** Area of a ring (closed or not), square metres. */
export function areaOf(ring: LonLat[]): number {
  const flat = ring.map(toPlane);
  const [x0, y0] = flat[0] ?? [0, 0];
  let twice = 0;
  flat.forEach(([x, y], i) => {
    const [nx, ny] = flat[(i + 1) % flat.length]!;
    twice += (x - x0) * (ny - y0) - (nx - x0) * (y - y0);
  });
  return Math.abs(twice) / 2;
}

/** The position of the edge a–b that is nearest to p, and how far away it is, metres. */
export function nearestOnEdge(p: EastNorth, a: EastNorth, b: EastNorth): { at: EastNorth; distance: number } {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const square = dx * dx + dy * dy;
  const t = square > 0 ? Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square)) : 0;
  const at: EastNorth = [a[0] + t * dx, a[1] + t * dy];
  return { at, distance: Math.hypot(p[0] - at[0], p[1] - at[1]) };
}
