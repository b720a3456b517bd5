// Editing in the portal: a point is drawn, changed and meets another's change; a parcel is split and merged back;
// nothing is written outside of the officer's commune.
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

const json = async (path, init) => {
  const answer = await fetch(`${server.url}${path}`, init);
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return { body: await answer.json().catch(() => undefined), headers: answer.headers };
};

/** Another session, by program. */
async function session(name) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, password: 'dothi-sample' }) };
  const { body } = await json('/api/v1/login', init);
  return { authorization: `Bearer ${body.token}` };
}

const parcel = async (code) => (await json(`/ogc/collections/parcel/items?code=${code}`)).body.features[0];

const middle = (feature) => {
  const ring = feature.geometry.coordinates[0].slice(0, -1);
  return [0, 1].map((i) => ring.reduce((sum, p) => sum + p[i], 0) / ring.length);
};

/** Where a place lies on the page; the map stands upright, its position is in the address. */
async function pixel(page, [lon, lat]) {
  const box = await page.locator('#map').boundingBox();
  const [zoom, y, x] = /map=([\d.]+)\/([\d.-]+)\/([\d.-]+)/.exec(page.url()).slice(1).map(Number);
  const world = 512 * 2 ** zoom;
  const flat = (lo, la) => [(lo + 180) / 360, (1 - Math.asinh(Math.tan((la * Math.PI) / 180)) / Math.PI) / 2];
  const [cx, cy] = flat(x, y);
  const [px, py] = flat(lon, lat);
  return { x: box.x + box.width / 2 + (px - cx) * world, y: box.y + box.height / 2 + (py - cy) * world };
}

async function editor(name, path, options) {
  const page = await reader(browser, server.url, options);
  await step.signIn(page, name);
  await page.goto(path);
  await mapReady(page);
  return page;
}

/** A write by the page's buttons, and what it said. */
async function save(page, button = '#edit-save', said = 'Đã lưu') {
  await page.click(button);
  await page.waitForFunction((text) => document.querySelector('#edit-status')?.textContent.includes(text), said);
}

const itemOf = (page) => Number(new URL(page.url()).searchParams.get('item'));

test('a point is drawn, changed, and another change is met, not overwritten', { timeout: 240_000 }, async () => {
  const [lon, lat] = middle(await parcel('24611-12-87'));
  const page = await editor('reviewer', `/edit?layer=waste_bin#map=18/${lat}/${lon}`);
  await page.click('#edit-new');
  const at = await pixel(page, [lon, lat]);
  await page.keyboard.down('Alt');
  await page.mouse.click(at.x, at.y);
  await page.keyboard.up('Alt');
  await page.fill('[name="properties.code"]', 'TR-E2E-1');
  await page.fill('[name="properties.volume_l"]', '-5');
  await page.click('#edit-save');
  await page.waitForSelector('#edit-form .error-summary');
  assert.equal(await page.inputValue('[name="properties.code"]'), 'TR-E2E-1', 'what was typed stays');
  await page.fill('[name="properties.volume_l"]', '120');
  await page.fill('#edit-reason', 'Lắp mới theo kế hoạch tháng 11');
  await save(page);
  await shot(page, '40-edit-point');
  await checkPage(page);
  const fid = itemOf(page);
  const path = `/ogc/collections/waste_bin/items/${fid}`;
  const made = (await json(path)).body;
  const [dx, dy] = [0, 1].map((i) => Math.abs(made.geometry.coordinates[i] - [lon, lat][i]));
  assert.ok(dx < 3e-6 && dy < 3e-6, `${made.geometry.coordinates} lies where it was clicked`);

  // Another officer changes the volume in between.
  const other = await session('intake');
  const tag = (await json(path, { headers: other })).headers.get('etag');
  const change = { type: 'Feature', properties: { volume_l: 240 } };
  const headers = { ...other, 'content-type': 'application/merge-patch+json', 'if-match': tag };
  assert.ok((await fetch(`${server.url}${path}`, { method: 'PATCH', headers, body: JSON.stringify(change) })).ok);
  await page.fill('[name="properties.volume_l"]', '660');
  await page.click('#edit-save');
  await page.waitForSelector('.edit-conflict');
  assert.equal((await json(path)).body.properties.volume_l, 240, 'the other change stands');
  const sides = (await page.locator('.edit-conflict').innerText()).replace(/\u00a0/g, ' ');
  assert.match(sides, /240/);
  assert.match(sides, /660/);
  await shot(page, '41-edit-conflict');
  await checkPage(page);
  await page.check('[name="conflict.volume_l"][value=mine]');
  await save(page, '.edit-conflict button[type=submit]');
  assert.equal((await json(path)).body.properties.volume_l, 660);

  // Elsewhere nothing is written.
  await page.click('#edit-new');
  await page.fill('[name="properties.code"]', 'TR-E2E-2');
  await page.locator('.edit-vertices').evaluate((d) => (d.open = true));
  await page.fill('#new-x', '1386000,5');
  await page.fill('#new-y', '402000,25');
  await page.press('#new-y', 'Enter');
  await page.click('#edit-save');
  await page.waitForSelector('#edit-form .error-summary');
  await shot(page, '42-edit-outside');
  assert.match(await page.locator('.error-summary').innerText(), /địa bàn|địa giới/);
  page.once('dialog', (d) => d.accept());
  await page.locator('#edit-form').getByRole('button', { name: 'Hủy' }).click();
  await page.waitForSelector('#find-item');
  assert.deepEqual((await json('/ogc/collections/waste_bin/items?code=TR-E2E-2')).body.features, []);
});

test('a parcel is split by a line drawn across it and merged back', { timeout: 240_000 }, async () => {
  // No parcel of the sample models: a split closes it for good, and nobody can apply for it afterwards.
  const before = await parcel('24611-12-25');
  const page = await editor('editor-nnmt', `/edit?layer=parcel&item=${before.id}`);
  await page.waitForSelector('#edit-form');
  await page.waitForTimeout(800);
  await shot(page, '43-edit-parcel');
  await checkPage(page);
  await page.locator('#edit-form').getByRole('button', { name: 'Tách' }).click();
  await page.waitForSelector('#split-form');

  // From the middle of one long side to that of the other; both ends snap to the border.
  const ring = before.geometry.coordinates[0];
  const sides = ring.slice(1).map((b, i) => ({ a: ring[i], b, long: Math.hypot(b[0] - ring[i][0], b[1] - ring[i][1]) }));
  const first = sides.reduce((m, s, i) => (s.long > sides[m].long ? i : m), 0);
  const half = ({ a, b }) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  for (const place of [half(sides[first]), half(sides[(first + 2) % sides.length])]) {
    const at = await pixel(page, place);
    await page.mouse.move(at.x - 3, at.y - 2);
    await page.mouse.click(at.x, at.y);
    await page.waitForTimeout(500);
  }
  await page.keyboard.press('Enter');
  await page.waitForSelector('.edit-piece');
  assert.equal(await page.locator('.edit-piece').count(), 2);
  await shot(page, '44-edit-split');
  await checkPage(page);
  const codes = await page.locator('[name$=".code"]').evaluateAll((all) => all.map((f) => f.value));
  assert.equal(new Set([...codes, before.properties.code]).size, 3, `new numbers are offered: ${codes}`);
  await page.fill('#edit-reason', 'Tách thửa theo hồ sơ đo đạc');
  await save(page, '#split-apply', 'Đã tách');
  assert.equal((await fetch(`${server.url}/ogc/collections/parcel/items/${before.id}`)).status, 404);
  const pieces = await Promise.all(codes.map(parcel));
  const sum = pieces.reduce((s, p) => s + p.properties.area_m2, 0);
  assert.ok(Math.abs(sum - before.properties.area_m2) < 0.2, `${sum} ${before.properties.area_m2}`);
  await page.locator('.edit-lineage').evaluate((d) => (d.open = true));
  await page.waitForSelector('.edit-steps');
  assert.match(await page.locator('.edit-steps').innerText(), new RegExp(before.properties.code));

  // Merged back: one by its code, one on the map.
  await page.click('#edit-merge');
  await page.fill('#find-item', codes[0]);
  await page.press('#find-item', 'Enter');
  await page.waitForSelector('.edit-picked li');
  await page.waitForTimeout(1500);
  const at = await pixel(page, middle(pieces[1]));
  await page.mouse.click(at.x, at.y);
  await page.waitForSelector('#merge-keep');
  await shot(page, '45-edit-merge');
  await checkPage(page);
  await save(page, '#merge-apply', 'Đã hợp');
  const merged = (await json(`/ogc/collections/parcel/items/${itemOf(page)}`)).body;
  assert.ok(Math.abs(merged.properties.area_m2 - sum) < 0.02);
  const past = (await json(`/api/v1/layers/parcel/items/${merged.id}/lineage`)).body;
  assert.deepEqual(past.before.map((s) => [s.predecessors.length, s.successors.length]), [[1, 2], [2, 1]]);
});

test('the page works on a phone and in English', { timeout: 120_000 }, async () => {
  const item = await parcel('24611-12-87');
  const page = await editor('editor-nnmt', `/edit?layer=parcel&item=${item.id}`, { viewport: phone, touch: true, lang: 'en' });
  await page.waitForSelector('#edit-form');
  await page.waitForTimeout(800);
  await shot(page, '46-edit-phone');
  await checkPage(page);

  // A corner is dragged, taken back, and typed.
  const corner = item.geometry.coordinates[0][1];
  const at = await pixel(page, corner);
  await page.mouse.move(at.x, at.y);
  await page.mouse.down();
  await page.mouse.move(at.x + 18, at.y + 14, { steps: 4 });
  await page.mouse.up();
  assert.equal(await page.isEnabled('#tool-undo'), true, 'the corner was moved');
  await shot(page, '47-edit-phone-moved');
  await page.click('#tool-undo');
  assert.equal(await page.isEnabled('#tool-undo'), false);
  assert.match(await page.locator('#edit-measure').innerText(), /m²/);
});

test('who may edit nothing is told so, and strangers sign in first', { timeout: 60_000 }, async () => {
  const stranger = await reader(browser, server.url);
  await stranger.goto('/edit');
  assert.match(stranger.url() + (await stranger.locator('main').innerText()), /sign-in|đăng nhập/i);
  const applicant = await reader(browser, server.url);
  await step.signIn(applicant, 'applicant');
  await applicant.goto('/edit');
  await applicant.waitForSelector('#edit-panel .notice');
  await checkPage(applicant);
});
