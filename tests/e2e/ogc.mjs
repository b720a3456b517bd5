// The pages of the OGC API and of QGIS: what programs read, for people, in both languages, on a desktop and on a phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkPage, launch, mapReady, phone, reader, shot } from './browser.mjs';
import { startServer } from './server.mjs';
import { signIn } from './steps.mjs';

const small = { width: 1280, height: 800 };
const items = '/ogc/collections/parcel/items';

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

/** Name, address, and whether it has a map. */
const pages = [
  ['landing', '/ogc/', true],
  ['conformance', '/ogc/conformance'],
  ['api', '/ogc/api'],
  ['collections', '/ogc/collections'],
  ['collection', '/ogc/collections/zoning_lot', true],
  ['items', '/ogc/collections/school/items', true],
  ['items-filtered', `${items}?limit=20&filter=${encodeURIComponent("land_use = 'ODT' AND area_m2 > 100")}&sortby=-area_m2`, true],
  ['item', `${items}/1`, true],
  ['queryables', '/ogc/collections/parcel/queryables'],
  ['schema', '/ogc/collections/parcel/schema'],
  ['functions', '/ogc/functions'],
  ['tilesets', '/ogc/collections/zoning_lot/tiles', true],
  ['tilesets-all', '/ogc/tiles', true],
  ['matrix-sets', '/ogc/tileMatrixSets'],
  ['matrix-set', '/ogc/tileMatrixSets/WebMercatorQuad'],
  ['styles', '/ogc/styles'],
  ['style', '/ogc/styles/zoning_lot', true],
  ['qgis', '/layers/parcel/qgis'],
  ['qgis-all', '/qgis'],
  ['missing', '/ogc/collections/khong_co'],
];

/** How many colours the map has: one that was not drawn has hardly any. */
async function coloursOfMap(page) {
  const png = await page.locator('.maplibregl-canvas').screenshot();
  return page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const draw = canvas.getContext('2d');
    draw.drawImage(image, 0, 0);
    const seen = new Set();
    const { data } = draw.getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    return seen.size;
  }, `data:image/png;base64,${png.toString('base64')}`);
}

for (const lang of ['vi', 'en']) {
  for (const [device, viewport] of Object.entries({ desktop: small, phone })) {
    test(`pages of the OGC API in ${lang} on a ${device}`, { timeout: 300_000 }, async () => {
      const page = await reader(browser, server.url, { viewport, lang, touch: device === 'phone' });
      for (const [name, path, map] of pages) {
        await page.goto(path);
        assert.equal(await page.getAttribute('html', 'lang'), lang);
        if (map) {
          await mapReady(page);
          assert.ok((await coloursOfMap(page)) > 12, `the map of ${path} is empty`);
        }
        await shot(page, `ogc-${name}-${lang}-${device}`, true);
        await checkPage(page);
      }
      await page.context().close();
    });
  }
}

test('a filter is asked for, pages follow, and a row shows its item', { timeout: 120_000 }, async () => {
  const page = await reader(browser, server.url, { viewport: small });
  await page.goto(items);
  await mapReady(page);
  await page.click('.items-form > summary');
  await page.fill('#filter', "land_use = 'ODT'");
  await page.selectOption('#limit', '20');
  assert.match(await page.textContent('[data-address]'), /items\?filter=land_use\+%3D\+%27ODT%27&limit=20$/);
  await page.click('.items-form button[type=submit]');
  await page.waitForURL(/filter=/);
  await mapReady(page);
  assert.equal(await page.locator('tr[data-item]').count(), 20);
  assert.ok(!/bbox=|sortby=/.test(page.url()), 'empty fields are left out');
  const first = await page.getAttribute('tr[data-item]', 'data-item');
  await page.click('tr[data-item] button');
  await page.waitForSelector(`tr.is-chosen[data-item="${first}"]`);
  await page.click('#bbox-from-map');
  assert.match(await page.inputValue('#bbox'), /^107\.\d+,1[12]\.\d+,107\.\d+,1[12]\.\d+$/);
  await page.click('a[rel=next]');
  await mapReady(page);
  assert.equal(await page.inputValue('#filter'), "land_use = 'ODT'", 'the next page keeps the filter');
  assert.notEqual(await page.getAttribute('tr[data-item]', 'data-item'), first);
  await page.click('tr[data-item] th a');
  await mapReady(page);
  await checkPage(page);
});

test('what is wrong with a filter is said at its field', { timeout: 60_000 }, async () => {
  const page = await reader(browser, server.url, { viewport: phone, touch: true });
  const answer = await page.goto(`${items}?filter=${encodeURIComponent('mau_sac = 1')}`);
  assert.equal(answer.status(), 400);
  assert.equal(await page.inputValue('#filter'), 'mau_sac = 1');
  assert.equal(await page.getAttribute('#filter', 'aria-invalid'), 'true');
  assert.match(await page.textContent('#filter-error'), /mau_sac/);
  assert.equal(await page.evaluate(() => document.activeElement?.classList.contains('error-summary')), true);
  await shot(page, 'ogc-filter-wrong', true);
  await checkPage(page);
});

test('collections are filtered while typing, and without script by the server', { timeout: 60_000 }, async () => {
  const page = await reader(browser, server.url);
  await page.goto('/ogc/collections');
  await page.fill('#q', 'truong hoc');
  await page.waitForFunction(() => [...document.querySelectorAll('tr[data-search]')].filter((r) => r.checkVisibility()).length === 1);
  assert.match(page.url(), /q=truong\+hoc/);
  await page.reload();
  assert.equal(await page.locator('tr[data-search]:visible').count(), 1);
  await checkPage(page);
});

test('files for QGIS are downloaded, and say no more than their reader may know', { timeout: 60_000 }, async () => {
  const page = await reader(browser, server.url);
  await page.goto('/layers/school/qgis');
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('a.button[download="school.qlr"]')]);
  assert.equal(file.suggestedFilename(), 'school.qlr');
  const project = async () => (await page.request.get('/qgis/dothi.qgs')).text();
  assert.ok(!(await project()).includes('camera_security'));
  assert.equal((await page.request.get('/layers/camera_security/layer.qlr')).status(), 404);
  await signIn(page, 'admin');
  const own = await project();
  assert.ok(own.includes('camera_security') && own.includes('authcfg=dothi01'));
  await page.goto('/layers/camera_security/qgis');
  await shot(page, 'ogc-qgis-closed', true);
  await checkPage(page);
});
