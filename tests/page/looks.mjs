// Accessibility, responsive layout, colour schemes, and size of the pages.

import assert from "node:assert/strict";
import process from "node:process";

import { answered, isNoWiderThanTheWindow, waitFor } from "./harness.mjs";

/// Maximum size of all files that the pages load, each counted once, without responses of the API.
const MOST_BYTES = 110_000;

const ready = {
  start: (page) => page.getByText("Ask in your own words").waitFor(),
  results: (page) => answered(page),
  map: (page) => page.getByText(/\d papers?( marked|$)/).first().waitFor(),
  docs: (page) => page.locator(".operation").first().waitFor(),
};

const PAGES = {
  start: ["/", ready.start],
  results: ["/?q=quokkas&category=bio.*&from=2001", ready.results],
  basket: ["/?show=basket&like=2001.00004&like=2001.00008&unlike=2001.00012", ready.results],
  related: ["/?related=2001.00004&like=2001.00008", ready.results],
  filtered: ["/?q=census&venue=islands&type=article&min_citations=100", async (page) => (await ready.results(page), page.locator(".unfold").first().click())],
  error: ["/?q=quokkas&from=yesterday", (page) => page.locator("#notice h3").waitFor()],
  map: ["/map?q=quokkas", ready.map],
  docs: ["/docs", ready.docs],
};

const LOOKS = {
  wide: {},
  medium: { viewport: { width: 1000, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

/// Each width and each colour scheme once, to limit the time.
const COMBINED = [["wide", "light"], ["medium", "dark"], ["phone", "light"]];

const scenarios = {};
for (const [look, colorScheme] of COMBINED) {
  scenarios[`every page is accessible and fits: ${look}, ${colorScheme}`] = async (scenario) => {
    scenario.expects(/status of 400/);
    for (const [name, [path, until]] of Object.entries(PAGES)) {
      const page = await scenario.page(path, { ...LOOKS[look], colorScheme });
      await until(page);
      if (name !== "error" && (await page.locator("#categories").count())) await page.locator("#categories li").first().waitFor({ state: "attached" });
      await isNoWiderThanTheWindow(page, name);
      await scenario.isAccessible(page, name);
      await scenario.shot(page, `${name}-${look}-${colorScheme}`);
    }
  };
}

export default {
  ...scenarios,

  async "dark mode is dark"(scenario) {
    const brightness = async (colorScheme) => {
      const page = await scenario.page("/?q=quokkas", { colorScheme });
      await answered(page);
      const colours = await page.evaluate(() => ["backgroundColor", "color"].map((name) => getComputedStyle(document.body)[name]));
      return colours.map((colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, channel) => sum + Number(channel), 0));
    };
    const [[lightGround, lightInk], [darkGround, darkInk]] = [await brightness("light"), await brightness("dark")];
    assert.ok(lightGround > 700 && lightInk < 200 && darkGround < 100 && darkInk > 600, `${[lightGround, lightInk, darkGround, darkInk]}`);
  },

  async "on a phone filters and basket are folded"(scenario) {
    const page = await scenario.page("/?q=quokkas", LOOKS.phone);
    await answered(page);
    assert.equal(await page.locator("#categories").isVisible(), false);
    await page.getByRole("button", { name: "Filters" }).tap();
    await page.locator("#categories label", { hasText: "bio.quokka" }).tap();
    await page.locator("#chips button", { hasText: "bio.quokka" }).waitFor();
    await page.getByRole("button", { name: "Filters" }).tap();
    assert.equal(await page.locator("#categories").isVisible(), false);
    await page.locator("#hits").getByRole("button", { name: "More like this" }).first().tap();
    await page.getByRole("button", { name: "Basket 1 paper" }).tap();
    await page.getByRole("link", { name: /Find more/ }).tap();
    await page.getByRole("heading", { name: "From the basket" }).waitFor();
    await isNoWiderThanTheWindow(page, "the basket");
    await scenario.isAccessible(page, "unfolded");
  },

  async "the keys are accessible"(scenario) {
    const page = await scenario.page("/");
    await page.getByRole("button", { name: "Keys ?" }).click();
    await scenario.isAccessible(page, "the keys");
    await scenario.shot(page, "keys");
  },

  async "a paper on the map is accessible"(scenario) {
    const page = await scenario.page("/map?q=quokkas");
    await page.locator("#marks button").first().click();
    await page.locator("#chosen article").waitFor();
    await scenario.isAccessible(page, "a paper on the map");
    await scenario.shot(page, "map-chosen");
  },

  async "each operation of the API is documented, with a working example"(scenario) {
    const page = await scenario.page("/docs");
    await ready.docs(page);
    const { paths } = await (await page.request.get(new URL("/openapi.json", page.url()).href)).json();
    const wanted = Object.entries(paths).flatMap(([path, item]) => Object.keys(item).filter((key) => /^(get|post|put|delete|patch)$/.test(key)).map((method) => `${method.toUpperCase()}${path}`));
    const told = await page.locator(".operation:has(pre) h4").allTextContents();
    assert.deepEqual(told.toSorted(), wanted.toSorted());
    const call = await page.locator(".operation", { hasText: "/api/v1/search" }).first().locator("pre").textContent();
    const address = call.match(/'(http[^']+)'/)[1];
    assert.equal((await page.request.get(address)).status(), 200, call);
    await page.locator("#contents a").last().click();
    await waitFor(async () => page.url().includes("#"), "the anchor in the address");
  },

  async "the picture of the README"(scenario) {
    const service = scenario.services.sample;
    const page = await scenario.page("/", { service, viewport: { width: 1200, height: 760 } });
    await page.locator("#overview").waitFor();
    assert.equal(await page.locator("#overview-examples li").count(), 8);
    await page.locator("#question").fill("how can a network be trained without labels");
    await answered(page);
    assert.match(await page.locator("#hits .title").first().textContent(), /Unsupervised/);
    const picture = await page.screenshot({ path: process.env.PAPERKIN_PICTURE });
    assert.ok(picture.length <= 200_000, `${picture.length} bytes`);
  },

  async "all pages together weigh less than 110 kB"(scenario) {
    const files = new Map();
    for (const path of ["/?q=quokkas", "/map", "/docs"]) {
      const page = await scenario.page(path);
      await page.waitForLoadState("networkidle");
      const seen = await page.evaluate(() => ({
        loaded: performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname),
        paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
      }));
      for (const file of [new URL(page.url()).pathname, ...seen.loaded]) {
        if (/^\/(api|openapi)/.test(file) || files.has(file)) continue;
        files.set(file, (await (await page.request.get(new URL(file, page.url()).href)).body()).length);
      }
      console.log(`  ${path}: first paint with content after ${Math.round(seen.paint)} ms`);
    }
    const bytes = [...files.values()].reduce((sum, one) => sum + one, 0);
    console.log(`  ${files.size} files, ${bytes} bytes`);
    assert.ok(files.size > 15 && bytes <= MOST_BYTES, `${bytes} bytes in ${files.size} files`);
  },
};
