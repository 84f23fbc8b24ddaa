// Helpers for scenarios. Every scenario also checks: no requests to other hosts, no script errors, no violations of the content
// security policy, and no layout shifts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/// Maximum cumulative layout shift; shifts directly after input do not count.
const MOST_SHIFT = 0.01;

/// Runs in the page before its scripts.
function watch() {
  window.shifted = 0;
  window.violated = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("securitypolicyviolation", (event) => window.violated.push(`${event.violatedDirective}: ${event.blockedURI}`));
}

export class Scenario {
  constructor(browser, services) {
    this.browser = browser;
    this.services = services;
    this.opened = [];
    this.troubles = [];
    this.expected = [];
  }

  /// Errors that the scenario expects.
  expects(...patterns) {
    this.expected.push(...patterns);
  }

  async page(path, { service = this.services.full, ...options } = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
    await context.addInitScript(watch);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const trouble = (text) => this.expected.some((pattern) => pattern.test(text)) || this.troubles.push(text);
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && trouble(message.text()));
    page.on("pageerror", (error) => trouble(error.stack));
    page.on("dialog", (dialog) => (trouble(`a dialog: ${dialog.message()}`), dialog.dismiss()));
    page.on("request", (request) => request.url().startsWith(`${service}/`) || trouble(`request to another host: ${request.url()}`));
    this.opened.push(page);
    await page.goto(`${service}${path}`);
    return page;
  }

  /// Checks all pages of the scenario.
  async end() {
    for (const page of this.opened) {
      const seen = await page.evaluate(() => ({ shifted: window.shifted ?? 0, violated: window.violated ?? [] })).catch(() => null);
      await page.context().close();
      assert.ok((seen?.shifted ?? 0) <= MOST_SHIFT, `the layout shifted by ${seen?.shifted}`);
      assert.deepEqual(seen?.violated ?? [], [], "violations of the content security policy");
    }
    assert.deepEqual(this.troubles, []);
  }

  async isAccessible(page, what) {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => window.axe.run());
    const told = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.failureSummary}`));
    assert.deepEqual(told, [], what);
  }

  async shot(page, name) {
    const folder = process.env.PAPERKIN_SCREENSHOTS;
    if (folder) await page.screenshot({ path: join(folder, `${name}.png`) });
  }
}

export const titles = (page) => page.locator("#hits .title").allTextContents();

/// Waits for hits.
export async function answered(page, hits = (count) => count > 0) {
  const place = page.locator("#hits > li");
  await waitFor(async () => hits(await place.count()), "papers");
}

export async function waitFor(condition, what, seconds = 10) {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `timeout while waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const address = (page) => new URL(page.url()).searchParams;

/// The JSON response of the service.
export async function asked(page, path) {
  const response = await page.request.get(new URL(path, page.url()).href);
  assert.equal(response.status(), 200, path);
  return response.json();
}

export async function isNoWiderThanTheWindow(page, what) {
  const [page_, window_] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(page_ <= window_, `${what} is ${page_} px wide in a window of ${window_}`);
}
