// Every page that anybody can open, in both languages, on a desktop and on a phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkPage, desktop, launch, mapReady, phone, reader, shot } from './browser.mjs';
import { startServer } from './server.mjs';
import { signIn } from './steps.mjs';

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

const pages = [
  ['sign-in', '/sign-in'],
  ['search', '/search?q=gia+nghia'],
  ['apply', '/apply?parcel=24611-12-87'],
  ['register', '/permits'],
  ['not-found', '/khong-co-trang-nay'],
];

for (const lang of ['vi', 'en']) {
  for (const [device, viewport] of Object.entries({ desktop, phone })) {
    test(`pages in ${lang} on a ${device}`, { timeout: 240_000 }, async () => {
      const page = await reader(browser, server.url, { viewport, lang, touch: device === 'phone' });
      await page.goto('/');
      await mapReady(page);
      await shot(page, `page-${lang}-${device}-map`);
      await checkPage(page);
      for (const [name, path] of pages) {
        await page.goto(path);
        assert.equal(await page.getAttribute('html', 'lang'), lang);
        await shot(page, `page-${lang}-${device}-${name}`, true);
        await checkPage(page);
      }
      await page.context().close();
    });
  }
}

test('search finds communes without accents and in either spelling', { timeout: 60_000 }, async () => {
  const page = await reader(browser, server.url);
  await page.goto('/');
  await mapReady(page);
  for (const q of ['bac gia nghia', 'Bắc Gia Nghĩa', '24611-12-87', 'thua 87 to 12']) {
    await page.fill('#search-q', q);
    await page.waitForSelector('#search-list [role=option]');
  }
  await page.fill('#search-q', 'duc lap');
  await page.waitForFunction(() => document.querySelector('#search-list')?.textContent.includes('Đức Lập'));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#identify:not([hidden])');
  await shot(page, 'search-duc-lap');
});

test('the keyboard reaches the content and comes back from the panel', { timeout: 60_000 }, async () => {
  const page = await reader(browser, server.url);
  await page.goto('/permits');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip-link');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
});

test('a wrong password says so and keeps the name', { timeout: 60_000 }, async () => {
  const page = await reader(browser, server.url);
  await page.goto('/sign-in');
  await page.fill('#name', 'applicant');
  await page.fill('#password', 'sai mật khẩu');
  await page.click('main button[type=submit]');
  await page.waitForSelector('.error-summary');
  assert.equal(await page.inputValue('#name'), 'applicant');
  assert.equal(await page.evaluate(() => document.activeElement?.classList.contains('error-summary')), true);
});

test('a long account name is cut off and pushes nothing away', { timeout: 300_000 }, async () => {
  // Accounts with many ways to go, and with a name of more than fifty letters.
  for (const account of ['admin', 'editor-nnmt', 'reviewer']) {
    const page = await reader(browser, server.url);
    await signIn(page, account);
    for (const width of [1280, 900, phone.width]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto('/password');
      if (width <= 860) await page.click('.menu-button');
      const header = await page.evaluate(() => {
        const lines = (e) => {
          const style = getComputedStyle(e);
          return Math.round((e.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom)) / parseFloat(style.lineHeight));
        };
        const who = document.querySelector('.who');
        const outside = [...document.querySelectorAll('.site-header a, .site-header .tools button')].filter((e) => {
          const box = e.getBoundingClientRect();
          return !e.checkVisibility() || box.left < 0 || box.right > innerWidth;
        });
        // The name over the account, one line each.
        return { lines: lines(who), title: who.title, whole: who.textContent, outside: outside.map((e) => e.textContent) };
      });
      assert.equal(header.lines, 2, `${account} at ${width}`);
      assert.equal(header.title.replace(/ \(([^(]*)\)$/, '$1'), header.whole);
      assert.deepEqual(header.outside, [], `${account} at ${width}`);
      await shot(page, `header-${account}-${width}`);
      await checkPage(page);
    }
    await page.context().close();
  }
});
