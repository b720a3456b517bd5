// What one person edits shows on the map that another has open.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, mapReady, reader } from './browser.mjs';
import { startServer } from './server.mjs';

let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('a change is drawn on an open map, and after a pause too', { timeout: 90_000 }, async () => {
  const found = await (await fetch(`${server.url}/ogc/collections/parcel/items?code=24611-12-91`)).json();
  const parcel = found.features[0];
  const [lon, lat] = parcel.geometry.coordinates[0][0];
  const page = await reader(browser, server.url);
  await page.goto(`/#map=17/${lat}/${lon}`);
  await mapReady(page);
  const signedIn = await fetch(`${server.url}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'editor-nnmt', password: 'dothi-sample' }),
  });
  const { token } = await signedIn.json();
  const item = `${server.url}/ogc/collections/parcel/items/${parcel.id}`;
  let n = 0;
  const edit = async () => {
    const authorization = `Bearer ${token}`;
    const tag = (await fetch(item, { headers: { authorization } })).headers.get('etag');
    const changed = await fetch(item, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json', 'if-match': tag, authorization },
      body: JSON.stringify({ properties: { address: `Thử lần ${(n += 1)}` } }),
    });
    assert.ok(changed.ok, `${changed.status} ${await changed.text()}`);
    const now = await fetch(item);
    return Number(now.headers.get('dothi-revision'));
  };
  const drawn = (revision) => (request) => {
    const asked = /\/tiles\/parcel\/\d+\/\d+\/\d+\.mvt\?rev=[0-9a-f]+\.(\d+)$/.exec(request.url());
    return asked !== null && Number(asked[1]) >= revision;
  };
  const before = await (await fetch(item)).headers.get('dothi-revision');
  const told = page.waitForRequest(drawn(Number(before) + 1), { timeout: 10_000 });
  await edit();
  await told;

  // A tab that is not seen gives its connection back, and is brought up to date when it is seen again.
  const hide = (hidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await hide(true);
  const revision = await edit();
  const later = page.waitForRequest(drawn(revision), { timeout: 10_000 });
  await hide(false);
  await later;
  await page.context().close();
});
