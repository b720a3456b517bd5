// Snapping: to the vertices, else the edges, of items that lie in view. They are read exact from the items' resource,
// not from tiles, whose corners are rounded.
import type { Map as LibreMap, Point } from 'maplibre-gl';
import { call } from '../lib/api';
import { fromPlane, nearestOnEdge, toPlane, type LonLat } from './plane';
import { pathsOf } from './shape';

/** Below this zoom a screen holds too much to snap to. */
export const snapZoom = 15;
/** Items of one layer that are read for a view. */
const most = 3000;
/** Reach of vertices and of edges, pixels. */
const vertexReach = 11;
const edgeReach = 8;

interface Path {
  layer: string;
  fid: number;
  points: LonLat[];
  west: number;
  south: number;
  east: number;
  north: number;
}

export interface Snapped {
  at: LonLat;
  kind: 'vertex' | 'edge' | 'none';
}

/** Items around the view, and the nearest place of them. */
export class Snapper {
  private paths = new Map<string, Path[]>();
  private turn = 0;
  private read = '';
  layers: string[] = [];
  on = true;
  /** The item that is changed: it does not snap to itself. */
  except: { layer: string; fids: number[] } | undefined;
  /** Says whether there was more in view than was read. */
  onCut: (cut: boolean) => void = () => {};

  constructor(private readonly map: LibreMap) {
    map.on('moveend', () => void this.load());
  }

  /** Reads the items of the chosen layers in view. */
  async load(anew = false): Promise<void> {
    if (!this.on || this.map.getZoom() < snapZoom || this.layers.length === 0) return;
    const b = this.map.getBounds();
    const bbox = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((v) => v.toFixed(7)).join(',');
    const key = `${this.layers.join()} ${bbox}`;
    if (key === this.read && !anew) return;
    this.read = key;
    const turn = ++this.turn;
    let cut = false;
    const found = await Promise.all(
      this.layers.map(async (layer): Promise<[string, Path[]]> => {
        const url = `/ogc/collections/${layer}/items?bbox=${bbox}&limit=${most}&f=json`;
        const answer = await call<GeoJSON.FeatureCollection & { numberMatched?: number }>('GET', url).catch(() => undefined);
        if (!answer) return [layer, []];
        cut ||= (answer.numberMatched ?? 0) > answer.features.length;
        return [layer, answer.features.flatMap((f) => (f.geometry ? pathsOf(f.geometry).map((p) => boxed(layer, Number(f.id), p)) : []))];
      }),
    );
    if (turn !== this.turn) return;
    this.paths = new Map(found);
    this.onCut(cut);
  }

  /** The place that a pointer means. `also`: paths of the shape itself that may be met. */
  at(point: Point, also: LonLat[][] = []): Snapped {
    const lngLat = this.map.unproject(point);
    const free: LonLat = [lngLat.lng, lngLat.lat];
    if (!this.on || this.map.getZoom() < snapZoom) return { at: free, kind: 'none' };
    const [sw, ne] = [this.map.unproject([point.x - 12, point.y + 12]), this.map.unproject([point.x + 12, point.y - 12])];
    const meets = (p: Path) => p.west <= ne.lng && p.east >= sw.lng && p.south <= ne.lat && p.north >= sw.lat;
    const near = [...this.paths.values()].flat().filter((p) => !this.isExcepted(p) && meets(p)).map((p) => p.points);
    return this.vertex(point, [...near, ...also]) ?? this.edge(point, free, [...near, ...also]) ?? { at: free, kind: 'none' };
  }

  private isExcepted(p: Path): boolean {
    return this.except?.layer === p.layer && this.except.fids.includes(p.fid);
  }

  private vertex(point: Point, paths: LonLat[][]): Snapped | undefined {
    let best: LonLat | undefined;
    let reach = vertexReach;
    for (const v of paths.flat()) {
      const px = this.map.project([v[0]!, v[1]!]);
      const d = Math.hypot(px.x - point.x, px.y - point.y);
      if (d < reach) [best, reach] = [v, d];
    }
    return best && { at: best, kind: 'vertex' };
  }

  private edge(point: Point, free: LonLat, paths: LonLat[][]): Snapped | undefined {
    const p = toPlane(free);
    let best: [number, number] | undefined;
    let reach = Number.POSITIVE_INFINITY;
    for (const path of paths) {
      for (let i = 1; i < path.length; i++) {
        const [a, b] = [path[i - 1]!, path[i]!];
        const px = [a, b].map((v) => this.map.project([v[0]!, v[1]!]));
        const onScreen = nearestOnEdge([point.x, point.y], [px[0]!.x, px[0]!.y], [px[1]!.x, px[1]!.y]);
        if (onScreen.distance > edgeReach || onScreen.distance >= reach) continue;
        reach = onScreen.distance;
        best = nearestOnEdge(p, toPlane(a), toPlane(b)).at;
      }
    }
    return best && { at: fromPlane(best), kind: 'edge' };
  }
}

function boxed(layer: string, fid: number, points: LonLat[]): Path {
  const x = points.map((p) => p[0]!);
  const y = points.map((p) => p[1]!);
  const lowest = (v: number[]) => v.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const highest = (v: number[]) => v.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return { layer, fid, points, west: lowest(x), south: lowest(y), east: highest(x), north: highest(y) };
}
