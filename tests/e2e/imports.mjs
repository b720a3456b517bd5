// An editor's file in an old encoding, from the drop to the map and back; and the catalogue that tells of its layer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkPage, launch, mapReady, phone, reader, shot } from './browser.mjs';
import { startServer } from './server.mjs';
import * as step from './steps.mjs';

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

/** Letters of TCVN3 (ABC) that the names below need. */
const tcvn3 = { ư: 0xad, ờ: 0xea, ọ: 0xe4, ễ: 0xd4, á: 0xb8, ể: 0xd3, Đ: 0xa7, ắ: 0xbe, ầ: 0xc7 };
const bytesOf = (text) => Buffer.from([...text].map((c) => tcvn3[c] ?? c.charCodeAt(0)));
const names = ['Trường Tiểu học Ngọc Đắk Đầu', 'Trường Mầm non Đắk Nia'];
/** A table that says nothing of its encoding. */
const table = bytesOf(['ma,ten,lon,lat', `E2E-1,${names[0]},107.69,12.0`, `E2E-2,${names[1]},107.70,12.01`, ''].join('\n'));

const ended = (page) => page.waitForFunction(() => !document.querySelector('[data-await]') && document.readyState === 'complete', null, { timeout: 60_000 });

/** Where the map shows the file: west, south, east, north. */
const placeOf = async (page) => (await page.getAttribute('#import-place', 'data-place')).split(' ').map(Number);

/** A drawing of squares and texts, each in a layer, in metres from a place in Gia Nghĩa. */
function dxf(squares, texts) {
  const [x0, y0] = [411600, 1327195];
  const line = ([layer, x, y, size]) =>
    ['0', 'LWPOLYLINE', '8', layer, '90', '4', '70', '1', ...[[0, 0], [size, 0], [size, size], [0, size]].flatMap(([dx, dy]) => ['10', x0 + x + dx, '20', y0 + y + dy])];
  const text = ([layer, x, y, said]) => ['0', 'TEXT', '8', layer, '10', x0 + x, '20', y0 + y, '40', '1', '1', said];
  const all = ['0', 'SECTION', '2', 'ENTITIES', ...squares.flatMap(line), ...texts.flatMap(text), '0', 'ENDSEC', '0', 'EOF', ''];
  return { name: 'Tờ 12.dxf', mimeType: 'application/dxf', buffer: Buffer.from(all.join('\n')) };
}

/** Presses a button that begins a step, and waits until it has ended. */
async function perform(page, task) {
  if (task === 'run') page.once('dialog', (d) => d.accept());
  await Promise.all([page.waitForEvent('load'), page.click(`[data-task=${task}]`)]);
  await ended(page);
}

const school = { name: 'Trường học.csv', mimeType: 'text/csv', buffer: table };

async function send(page, layer = 'school', file = school) {
  await page.goto('/import');
  await page.selectOption('#layer', layer);
  await page.setInputFiles('#files', file);
  await Promise.all([page.waitForURL(/\/import\/[0-9a-f-]{36}$/), page.click('#import-new button[type=submit]')]);
  await ended(page);
}

test('a file in TCVN3 is seen, mapped, tried, imported and found', { timeout: 240_000 }, async () => {
  const page = await reader(browser, server.url);
  await step.signIn(page, 'admin');
  await page.goto('/import');
  await shot(page, 'import-new', true);
  await checkPage(page);
  await send(page);
  const preview = await page.textContent('#import-preview');
  for (const name of names) assert.ok(preview.includes(name), preview);
  assert.match(await page.textContent('#encoding-used'), /tcvn3/i);
  assert.equal(await page.inputValue('[name="map.code"]'), 'ma');

  // A table of degrees does not say so: its points are shown by the likeliest system, and the system is asked for.
  await mapReady(page);
  await page.waitForSelector('#import-place.notice--warn');
  const place = await placeOf(page);
  assert.deepEqual(place, [107.69, 12, 107.7, 12.01]);
  assert.equal(await page.evaluate(() => document.getElementById('import-form').checkValidity()), false);
  await page.selectOption('#crs', 'EPSG:4326');
  await page.waitForSelector('#import-place.notice--ok');
  // Another system moves them at once, without another look at the file.
  await page.selectOption('#crs', 'EPSG:4756');
  await page.waitForFunction((was) => document.getElementById('import-place').dataset.place !== was, place.map((v) => v.toFixed(5)).join(' '));
  const moved = await placeOf(page);
  assert.ok(Math.abs(moved[0] - place[0]) > 0.0005 && Math.abs(moved[0] - place[0]) < 0.01, `${moved}`);
  await page.check('[name=swap_axes]');
  await page.waitForSelector('#import-place.notice--warn');
  await page.uncheck('[name=swap_axes]');
  await page.selectOption('#crs', 'EPSG:4326');
  await page.waitForSelector('#import-place.notice--ok');
  await page.selectOption('[name="map.name"]', 'ten');
  await shot(page, 'import-seen', true);
  await checkPage(page);
  await perform(page, 'trial');
  assert.equal(await page.textContent('#trial-report [data-number=inserted]'), '2');
  await perform(page, 'run');
  await page.waitForSelector('#import-report');
  const done = new URL(page.url()).pathname;
  assert.equal(await page.textContent('#import-report [data-number=inserted]'), '2');
  await shot(page, 'import-done', true);
  await checkPage(page);

  // The names came out right, and are found without accents.
  await page.goto('/search?q=ngoc+dak+dau');
  assert.ok((await page.textContent('main')).includes(names[0]));
  await page.goto('/?layer=school');
  await mapReady(page);
  assert.equal(await page.isChecked('#show-school'), true);

  // The next file with these fields is mapped as this one; on a phone too.
  const hand = await reader(browser, server.url, { viewport: phone, touch: true });
  await step.signIn(hand, 'admin');
  await send(hand);
  await hand.waitForSelector('#remembered');
  assert.equal(await hand.inputValue('[name="map.name"]'), 'ten');
  await shot(hand, 'import-seen-phone', true);
  await checkPage(hand);
  await hand.context().close();

  // Taken back: the names are found no more.
  await page.goto(done);
  page.once('dialog', (d) => d.accept());
  await page.click('[data-undo]');
  await page.waitForSelector('#undo-out .notice--ok');
  assert.match(await page.textContent('#undo-out'), /2 đối tượng/);
  await shot(page, 'import-undone', true);
  await page.goto('/search?q=ngoc+dak+dau');
  assert.ok(!(await page.textContent('main')).includes(names[0]));
  // The list and the import's page say so.
  await page.goto('/import');
  const line = page.locator('#imports tbody tr', { has: page.locator(`a[href="${done}"]`) });
  assert.match(await line.textContent(), /hoàn tác ở lần/);
  await page.goto(done);
  assert.equal(await page.locator('[data-undo]').count(), 0);
  assert.match(await page.textContent('#import-report'), /đã được hoàn tác/);
  await page.context().close();
});

test('a drawing is made into areas as one chooses, and remembered', { timeout: 240_000 }, async () => {
  const page = await reader(browser, server.url, { viewport: { width: 1280, height: 900 } });
  await step.signIn(page, 'admin');
  const sheet = dxf(
    [['RANH', 0, 0, 10], ['RANH', 20, 0, 10], ['KHUNG', -50, -50, 200]],
    [['SO_THUA', 5, 5, 'E2E-N1'], ['SO_THUA', 25, 5, 'E2E-N2'], ['GHI_CHU', 60, 60, 'To so 12']],
  );
  await send(page, 'flood_zone', sheet);
  await mapReady(page);
  assert.equal(await page.getAttribute('#drawing-areas', 'data-areas'), '3');
  await shot(page, 'import-drawing', true);
  await checkPage(page);
  // Nothing is sent while the system is not chosen.
  await page.click('[data-task=trial]');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'crs');

  // By the keyboard: two ticks, and the drawing is read again so.
  await page.focus('[name="drawing.boundary_layers"][value=RANH]');
  await page.keyboard.press('Space');
  await page.focus('[name="drawing.text_layers"][value=SO_THUA]');
  await page.keyboard.press('Space');
  await page.focus('[data-look]');
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  await ended(page);
  assert.equal(await page.getAttribute('#drawing-areas', 'data-areas'), '2');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'drawing');
  assert.match(await page.textContent('#import-preview'), /E2E-N2/);

  // Another zone puts the sheet elsewhere, the right one back.
  await mapReady(page);
  const place = await placeOf(page);
  await page.selectOption('#crs', 'EPSG:5899');
  await page.waitForFunction((was) => Number(document.getElementById('import-place').dataset.place.split(' ')[0]) < was - 0.5, place[0]);
  await page.selectOption('#crs', 'EPSG:9218');
  await page.waitForSelector('#import-place.notice--ok');
  assert.deepEqual(await placeOf(page), place);
  await page.selectOption('[name="map.code"]', 'text:SO_THUA');
  await page.selectOption('[name="map.flood_level_m"]', 'fixed');
  await page.fill('[name="fixed.flood_level_m"]', '2.5');
  await perform(page, 'trial');
  assert.equal(await page.textContent('#trial-report [data-number=inserted]'), '2');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'trial');
  assert.equal(await page.inputValue('[name="fixed.flood_level_m"]'), '2.5');
  await shot(page, 'import-drawing-tried', true);
  await checkPage(page);
  await perform(page, 'run');
  assert.equal(await page.textContent('#import-report [data-number=inserted]'), '2');
  const done = new URL(page.url()).pathname;

  // The list tells of it, and leads to its undo.
  await page.goto('/import');
  const line = page.locator('#imports tbody tr', { has: page.locator(`a[href="${done}"]`) });
  assert.match(await line.textContent(), /2 đối tượng/);
  await shot(page, 'import-list', true);
  await checkPage(page);
  await line.locator('a[href$="/undo"]').click();
  await page.waitForURL(/\/changes\/\d+\/undo$/);
  await page.context().close();

  // Another editor's next sheet, on a phone, in English: chosen and mapped the same way.
  const hand = await reader(browser, server.url, { viewport: phone, touch: true, lang: 'en' });
  await step.signIn(hand, 'editor-nnmt');
  await send(hand, 'flood_zone', dxf([['RANH', 100, 0, 10], ['KHUNG', -50, -50, 200]], [['SO_THUA', 105, 5, 'E2E-N3']]));
  await hand.waitForSelector('#remembered');
  assert.equal(await hand.getAttribute('#drawing-areas', 'data-areas'), '1');
  assert.equal(await hand.inputValue('[name="map.code"]'), 'text:SO_THUA');
  await mapReady(hand);
  await hand.waitForSelector('#import-place.notice--ok');
  await shot(hand, 'import-drawing-phone', true);
  await checkPage(hand);
  await hand.goto('/import');
  await shot(hand, 'import-list-phone', true);
  await checkPage(hand);
  await hand.context().close();
});

test('the catalogue filters while one types and leads to QGIS', { timeout: 120_000 }, async () => {
  for (const options of [{}, { viewport: phone, touch: true, lang: 'en' }]) {
    const page = await reader(browser, server.url, options);
    await page.goto('/layers');
    await checkPage(page);
    await page.fill('#q', options.lang === 'en' ? 'parcels' : 'thua dat');
    await page.waitForFunction(() => [...document.querySelectorAll('[data-search]')].some((r) => r.hidden));
    assert.equal(await page.isVisible('a[href="/layers/parcel"]'), true);
    await page.fill('#q', 'khong co lop nay');
    await page.waitForSelector('#layer-none:not([hidden])');
    await page.goto('/layers/parcel');
    await mapReady(page);
    await shot(page, `layer-${options.lang ?? 'vi'}`, true);
    await checkPage(page);
    await page.click('[aria-labelledby=qgis] a[href="/layers/parcel/qgis"]');
    await page.waitForURL('**/layers/parcel/qgis');
    assert.ok(await page.getAttribute('[data-copy]', 'data-copy'), 'an address to copy');
    await checkPage(page);
    await page.context().close();
  }
});
