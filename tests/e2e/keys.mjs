// An editor makes an access key for QGIS, a program reads a closed layer with it, and it is revoked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkPage, launch, phone, reader, shot } from './browser.mjs';
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

test('a key is made, shown once, used and revoked', { timeout: 120_000 }, async () => {
  const page = await reader(browser, server.url, { lang: 'vi' });
  await step.signIn(page, 'editor');
  await page.click('.tools .who');
  await page.waitForURL(/\/keys$/);
  await checkPage(page);
  await page.fill('#name', 'QGIS phòng Quản lý đô thị');
  await shot(page, 'keys-form', true);
  await page.click('form[data-reveal] button[type=submit]');
  const key = await page.inputValue('#secret');
  assert.match(key, /^dk_[A-Za-z0-9]{43}$/);
  await shot(page, 'keys-made', true);
  await checkPage(page);

  const read = async () => {
    const headers = { authorization: `Basic ${Buffer.from(`editor:${key}`).toString('base64')}` };
    return (await fetch(`${server.url}/ogc/collections/camera_traffic/items?limit=1`, { headers })).status;
  };
  assert.equal(await read(), 200);

  await page.click('text=Xong');
  await page.waitForSelector('tbody tr');
  assert.ok(!(await page.content()).includes(key), 'it is shown this once');
  assert.match(await page.innerText('tbody tr:first-child'), /QGIS phòng Quản lý đô thị[\s\S]*Chỉ xem/);
  await shot(page, 'keys-list', true);
  page.on('dialog', (dialog) => dialog.accept());
  await page.click('tbody tr:first-child button');
  await page.waitForSelector('tbody tr:first-child .badge');
  assert.equal(await read(), 401);
  await page.context().close();

  const small = await reader(browser, server.url, { viewport: phone, lang: 'en', touch: true });
  await step.signIn(small, 'editor');
  await small.goto('/keys');
  await checkPage(small);
  await shot(small, 'keys-phone', true);
  await small.context().close();
});
