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

/** Presses a button that begins a step, and waits until it has ended. */
async function perform(page, task) {
  if (task === 'run') page.once('dialog', (d) => d.accept());
  await Promise.all([page.waitForEvent('load'), page.click(`[data-task=${task}]`)]);
  await ended(page);
}

async function send(page) {
  await page.goto('/import');
  await page.selectOption('#layer', 'school');
  await page.setInputFiles('#files', { name: 'Trường học.csv', mimeType: 'text/csv', buffer: table });
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

  // A table of degrees does not say so; with the system chosen the page shows where it lies.
  await Promise.all([page.waitForEvent('load'), page.selectOption('#crs', 'EPSG:4326')]);
  await ended(page);
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
  await page.context().close();
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
    assert.ok(await page.getAttribute('#qgis ~ ol [data-copy], [aria-labelledby=qgis] [data-copy]', 'data-copy'));
    await shot(page, `layer-${options.lang ?? 'vi'}`, true);
    await checkPage(page);
    await page.context().close();
  }
});
