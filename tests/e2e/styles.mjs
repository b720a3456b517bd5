// The styles outside of the portal: each is valid by MapLibre's own specification, and the one of the whole dataset is
// drawn by MapLibre on an empty page of another origin, with nothing but its address.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec';
import { launch, out } from './browser.mjs';
import { root, startServer } from './server.mjs';

const dist = join(root, 'tests/e2e/node_modules/maplibre-gl/dist');

let server;
let browser;
let elsewhere;
before(async () => {
  server = await startServer();
  browser = await launch();
  elsewhere = createServer(serve).listen(0, '127.0.0.1');
  await new Promise((done) => elsewhere.once('listening', done));
});
after(async () => {
  elsewhere?.close();
  await browser?.close();
  await server?.stop();
});

/** The empty page, and MapLibre as its makers publish it. */
function serve(request, answer) {
  const path = new URL(request.url, 'http://localhost').pathname;
  if (path === '/') {
    answer.setHeader('content-type', 'text/html');
    return answer.end(page);
  }
  if (!/^\/maplibre-gl[a-z-]*\.mjs$/.test(path)) return answer.writeHead(404).end();
  answer.setHeader('content-type', 'text/javascript');
  answer.end(readFileSync(join(dist, path)));
}

const page = `<!doctype html><html lang="en"><title>A map</title><body style="margin:0">
<div id="map" style="width:900px;height:700px"></div>
<script type="module">
  import { Map, setWorkerUrl } from '/maplibre-gl.mjs';
  setWorkerUrl('/maplibre-gl-worker.mjs');
  window.faults = [];
  const place = new URLSearchParams(location.search);
  const map = new Map({
    container: 'map', style: place.get('style'), center: [place.get('lon'), place.get('lat')].map(Number),
    zoom: Number(place.get('zoom')), attributionControl: false, canvasContextAttributes: { preserveDrawingBuffer: true },
  });
  map.on('error', (e) => window.faults.push(e.error?.message ?? String(e)));
  map.once('idle', () => { window.map = map; });
</script></body></html>`;

test('every style is valid by the MapLibre style specification', { timeout: 120_000 }, async () => {
  const { styles } = await (await fetch(`${server.url}/ogc/styles`)).json();
  assert.ok(styles.length > 40);
  for (const { id } of styles) {
    const style = await (await fetch(`${server.url}/ogc/styles/${id}`)).json();
    assert.deepEqual(validateStyleMin(style).map((e) => e.message), [], id);
    assert.ok(style.glyphs.includes('{fontstack}') && style.sprite && style.layers.length > 0, id);
  }
});

test('MapLibre draws the style of the whole dataset on an empty page elsewhere', { timeout: 180_000 }, async () => {
  const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
  const tab = await context.newPage();
  const faults = [];
  tab.on('pageerror', (e) => faults.push(e.message));
  tab.on('response', (r) => {
    if (r.status() >= 400 && !r.url().endsWith('favicon.ico')) faults.push(`${r.status()} ${r.url()}`);
  });
  const style = encodeURIComponent(`${server.url}/ogc/styles/default`);
  await tab.goto(`http://127.0.0.1:${elsewhere.address().port}/?style=${style}&lon=107.69&lat=12.0&zoom=15.5`);
  await tab.waitForFunction(() => window.map?.areTilesLoaded(), undefined, { timeout: 120_000 });
  await tab.screenshot({ path: join(out, 'style-default.png') });
  const seen = await tab.evaluate(() => {
    const features = window.map.queryRenderedFeatures();
    const canvas = window.map.getCanvas();
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4 * 7) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    return {
      layers: [...new Set(features.map((f) => f.sourceLayer))],
      texts: features.filter((f) => f.layer.layout?.['text-field']).length,
      icons: features.filter((f) => f.layer.layout?.['icon-image']).length,
      colours: colours.size,
      faults: window.faults,
    };
  });
  assert.deepEqual(seen.faults, []);
  assert.deepEqual(faults, []);
  for (const layer of ['parcel', 'road', 'building']) assert.ok(seen.layers.includes(layer), `${layer} in ${seen.layers}`);
  assert.ok(seen.texts > 3 && seen.icons > 0, `${seen.texts} texts, ${seen.icons} icons`);
  assert.ok(seen.colours > 100, `${seen.colours} colours`);
  await context.close();
});
