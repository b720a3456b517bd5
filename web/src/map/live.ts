// Follows the changes of layers, so that what others edit shows on an open map without asking.
import type { GeoJSONSource, Map as LibreMap, VectorTileSource } from 'maplibre-gl';
import type { Layer } from './catalog';
import { labelsOf, sourceOf } from './style';

/** Milliseconds in which changes gather before the map is drawn anew. */
const GATHER = 300;

/** Brings the map's tiles and labels of a layer to a revision. */
export function bringTo(map: LibreMap, layer: Layer, revision: string): void {
  map.getSource<VectorTileSource>(layer.id)?.setTiles(sourceOf(layer, revision).tiles!);
  map.getSource<GeoJSONSource>(`${layer.id}-labels`)?.setData(labelsOf(layer, revision));
}

/** What an event says; `at` names no collection. */
interface Told {
  epoch: string;
  revision: number;
  collection: string;
}

function told(event: MessageEvent): Told {
  return JSON.parse(event.data as string) as Told;
}

/** Epoch and revision as the catalog writes them. */
function stamp({ epoch, revision }: Told): string {
  return `${epoch.replaceAll('-', '')}.${revision}`;
}

/** Follows the layers for as long as the page is seen: a browser has but six connections to a server. */
export function followChanges(map: LibreMap, layers: ReadonlyMap<string, Layer>, revision: string): void {
  let known = revision;
  let stream: EventSource | undefined;
  let timer: number | undefined;
  const due = new Set<string>();
  const draw = () => {
    timer = undefined;
    for (const id of due) {
      const layer = layers.get(id);
      if (layer) bringTo(map, layer, known);
    }
    due.clear();
  };
  const mark = (ids: Iterable<string>, at: string) => {
    known = at;
    for (const id of ids) due.add(id);
    timer ??= window.setTimeout(draw, GATHER);
  };
  const open = () => {
    stream = new EventSource('/ogc/events');
    // Where the server stands: past what the map has after a pause, then any layer may have changed.
    stream.addEventListener('at', (event) => {
      const now = stamp(told(event));
      if (now !== known) mark(layers.keys(), now);
    });
    stream.addEventListener('change', (event) => {
      const change = told(event);
      mark([change.collection], stamp(change));
    });
  };
  const look = () => {
    if (document.hidden) {
      stream?.close();
      stream = undefined;
    } else if (!stream) {
      open();
    }
  };
  document.addEventListener('visibilitychange', look);
  look();
}
