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
  await checkPage(page);
  await page.context().close();
});
