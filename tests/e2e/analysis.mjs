// A planner asks how many homes lie within ten minutes of a clinic, and takes the table home.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkPage, desktop, launch, phone, reader, shot } from './browser.mjs';
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

async function answered(page) {
  await page.click('#an-form button[type=submit]');
  await page.waitForFunction(() => !document.getElementById('an-result').hidden || !document.getElementById('an-error').hidden, undefined, { timeout: 90_000 });
  assert.equal((await page.textContent('#an-error')).trim(), '');
}

/** The figure under this title. */
const figure = (page, title) => page.locator('#an-figures div', { has: page.getByText(title, { exact: true }) }).locator('dd').innerText();

/** A column's cells. */
async function column(page, title) {
  const heads = await page.locator('#an-table thead th').allInnerTexts();
  return page.locator(`#an-table tbody td:nth-child(${heads.indexOf(title) + 1})`);
}

test('homes within ten minutes of a clinic, on the map, as a table and as a file', { timeout: 400_000 }, async () => {
  for (const [device, viewport] of Object.entries({ desktop, phone })) {
    const page = await reader(browser, server.url, { viewport, lang: 'vi', touch: device === 'phone' });
    await page.goto('/analysis?operation=reach');
    await page.waitForSelector('html[data-analysis=ready]');
    await page.fill('#an-minutes', '5; 10');
    await answered(page);
    const reached = await page.textContent('#an-figures div:first-child dd');
    assert.match(reached, /^[\d.]+$/);
    assert.ok(Number(reached.replaceAll('.', '')) > 1000, `${reached} homes are reached`);
    assert.ok((await page.locator('#an-table tbody tr').count()) > 50);
    // The roads that a motorbike reaches in ten minutes lie in tens of square kilometres.
    assert.match(await figure(page, 'Diện tích tới được'), /^\d{1,3}(,\d{1,2})?\u00a0km²$/);
    await shot(page, `analysis-reach-${device}`);
    await checkPage(page);
    const file = page.waitForEvent('download');
    await page.click('#an-csv');
    assert.equal((await file).suggestedFilename(), 'phan-tich.csv');
    await page.context().close();
  }
});

test('figures per commune, and a condition that is not whole is named', { timeout: 120_000 }, async () => {
  const page = await reader(browser, server.url, { lang: 'vi' });
  await page.goto('/analysis?operation=aggregate');
  await page.waitForSelector('html[data-analysis=ready]');
  await page.locator('#an-form-body fieldset').first().getByRole('button', { name: 'Thêm điều kiện' }).click();
  await page.locator('.an-condition select').first().selectOption('area_m2');
  await page.click('#an-form button[type=submit]');
  await page.waitForSelector('#an-error:not([hidden])');
  assert.match(await page.textContent('#an-error'), /chưa nhập giá trị/);
  await page.fill('.an-condition input', '100');
  await page.locator('.an-condition select').nth(1).selectOption('ge');
  await answered(page);
  assert.equal(await page.locator('#an-table tbody tr').count(), 28);
  // Communes have many square kilometres, homes hectares; the number in m² stands behind.
  const zones = await column(page, 'Diện tích vùng');
  for (const text of await zones.allInnerTexts()) assert.match(text, /^[\d.]+(,\d{1,2})?\u00a0km²$/);
  assert.match(await zones.first().getAttribute('title'), /^\d{1,3}(\.\d{3}){2,}(,\d{1,2})?\u00a0m²$/);
  for (const text of await (await column(page, 'Diện tích trong vùng')).allInnerTexts()) assert.match(text, /\u00a0(km²|ha|m²)$/);
  await checkPage(page);
  await page.context().close();
});

test('distances in metres, in kilometres from a thousand on', { timeout: 120_000 }, async () => {
  const page = await reader(browser, server.url, { lang: 'en' });
  await page.goto('/analysis?operation=nearest');
  await page.waitForSelector('html[data-analysis=ready]');
  await page.selectOption('#an-to-layer', 'fire_station');
  await answered(page);
  const shown = await (await column(page, 'Distance')).allInnerTexts();
  const metres = (text) => Number(text.replace(/\u00a0k?m$/, '').replaceAll(',', '')) * (text.endsWith('km') ? 1000 : 1);
  assert.ok(shown.some((text) => text.endsWith('\u00a0km')) && shown.some((text) => text.endsWith('\u00a0m')), shown.join());
  for (const text of shown) assert.equal(text.endsWith('\u00a0km'), metres(text) >= 1000, text);
  await page.context().close();
});
