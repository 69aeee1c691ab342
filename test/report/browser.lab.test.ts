/** The report in Chromium: looks, keyboard, accessibility (axe-core), no console message, no request. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { newcTree } from '../initrd/newc-archive.ts';
import { openLab } from '../lab/lab.ts';

const root = new URL('../..', import.meta.url).pathname;
const cli = join(root, 'dist/cli.js');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The directory of the pictures, which a person looks at. */
const screenshots = join(root, 'out/report');
const work = mkdtempSync(join(tmpdir(), 'bootrelay-test-'));

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser;

function bootrelay(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('node', [cli, ...args], { cwd: work, encoding: 'utf8' });
  if (status !== 0) throw new Error(`bootrelay ${args.join(' ')}: ${status}\n${stderr}`);
}

/** A boot as timeline.json has it. */
const milestones = [
  { name: 'init', uptime: 2.4, stage: 'kernel' },
  { name: 'mount-kernel-filesystems', uptime: 2.6, stage: 'stage 1' },
  { name: 'switch-root', uptime: 3.3, stage: 'stage 1' },
  { name: 'check-usr', uptime: 4.2, stage: 'stage 2' },
  { name: 'multi-user', uptime: 30.6, stage: 'system' },
];

/** An initrd of many small files; `changed` is the text of every tenth. */
function writeLargeInitrd(name: string, changed: string): void {
  const entries = Array.from({ length: 2000 }, (_, index) => ({
    name: `etc/directory-${index % 40}/file-${index}.conf`,
    mode: 0o100644,
    data: `[Unit]\nDescription=number ${index} ${index % 10 === 0 ? changed : ''}\n# of many\n`.repeat(
      (index % 9) + 1,
    ),
  }));
  writeFileSync(join(work, name), newcTree(entries));
}

beforeAll(async () => {
  const { sysroot, kernel } = openLab();
  const platform = join(root, 'platforms/qemu-x86_64.ini');
  const old = join(root, 'platforms/generic-x86_64.ini');
  bootrelay('build', platform, '--sysroot', sysroot, '--kernel', kernel, '--output', 'build');
  mkdirSync(join(work, 'boot'));
  const verdict = { ok: true, summary: 'multi-user.target reached' };
  writeFileSync(
    join(work, 'boot/timeline.json'),
    JSON.stringify({ format: 'bootrelay-timeline-1', milestones, verdict }),
  );
  bootrelay('report', platform, '--build', 'build', '--boot', 'boot', '--output', 'one.html');
  bootrelay('report', platform, old, '--output', 'two.html');
  writeLargeInitrd('old.img', 'as it was');
  writeLargeInitrd('new.img', 'as it is');
  bootrelay('report', 'old.img', 'new.img', '--output', 'large.html');
  mkdirSync(screenshots, { recursive: true });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
});

afterAll(async () => {
  await browser?.close();
  rmSync(work, { recursive: true });
});

interface Opened {
  readonly page: Page;
  /** What the page wrote to the console, and what it requested besides itself. */
  readonly complaints: readonly string[];
}

async function open(name: string, width = 1280, colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  const address = pathToFileURL(join(work, name)).href;
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== address) complaints.push(request.url());
  });
  await page.goto(address);
  return { page, complaints };
}

const openAll = 'for (const entry of document.querySelectorAll("details")) entry.open = true';

/** What axe-core finds. It comes past the policy of the page, which allows no script but the page's. */
async function violations(page: Page): Promise<unknown> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html).join(' ')))`);
}

describe.each(['light', 'dark'] as const)('%s', (scheme) => {
  describe.each([1280, 390])('at %i pixels', (width) => {
    test.each(['one.html', 'two.html', 'large.html'])('%s is quiet and fits', async (name) => {
      const { page, complaints } = await open(name, width, scheme);
      const file = `${name.replace('.html', '')}-${width}-${scheme}.png`;
      await page.screenshot({ path: join(screenshots, file), fullPage: name !== 'large.html' });
      expect(complaints).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      await page.close();
    });

    test.each(['one.html', 'two.html'])('%s is accessible, with everything open', async (name) => {
      const { page } = await open(name, width, scheme);
      await page.evaluate(openAll);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await violations(page)).toEqual([]);
      await page.close();
    });
  });
});

test('an image without words would be found', async () => {
  const { page } = await open('one.html');
  await page.evaluate("document.querySelector('.map').removeAttribute('aria-label')");
  expect(await violations(page)).toEqual([expect.stringContaining('role-img-alt')]);
  await page.close();
});

describe('with the keyboard', () => {
  test('the first stop leads past the sections, the picture to the words of a step', async () => {
    const { page, complaints } = await open('one.html');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.locator('figure svg a').first().focus();
    await page.keyboard.press('Enter');
    expect(page.url()).toContain('#step-mount-kernel-filesystems');
    expect(await page.locator('li:target h3').textContent()).toBe('mount-kernel-filesystems');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a file is found among 2,000 and opened', async () => {
    const { page } = await open('large.html');
    const field = page.locator('[data-filters=texts-list]');
    await field.focus();
    await page.keyboard.type('file-1234');
    expect(await page.locator('#texts-list > details:visible').count()).toBe(1);
    expect(await field.evaluate((element) => element.closest('p')?.textContent)).toContain('1 of 2000');
    await page.locator('#texts-list > details:visible summary').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#texts-list pre:visible code').textContent()).toContain('number 1234');
    await page.close();
  });

  test('what is not set is left out', async () => {
    const { page } = await open('one.html');
    const rows = page.locator('#settings-table tbody tr:visible');
    const all = await rows.count();
    await page.getByLabel('only what is set').focus();
    await page.keyboard.press('Space');
    const set = await rows.count();
    expect(set).toBeLessThan(all);
    expect(await page.locator('#settings-table tbody tr:visible', { hasText: 'default' }).count()).toBe(0);
    await page.close();
  });
});

test('without script everything is there', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(pathToFileURL(join(work, 'large.html')).href);
  expect(await page.locator('#texts-list > details').count()).toBe(2000);
  expect(await page.locator('#files-list th', { hasText: 'file-' }).count()).toBe(2000);
  await context.close();
});

test('printed, steps and differences are open, and nothing is cut off', async () => {
  const { page } = await open('two.html');
  const closed = page.locator('.steps details:not([open])');
  expect(await closed.count()).toBeGreaterThan(0);
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  expect(await closed.count()).toBe(0);
  const pdf = await page.pdf({ format: 'A4' });
  expect(pdf.length).toBeGreaterThan(20_000);
  expect(await closed.count()).toBeGreaterThan(0);
  await page.close();
});
