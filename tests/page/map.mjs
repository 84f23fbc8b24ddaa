// The map of the collection.

import assert from "node:assert/strict";

import { answered, asked, waitFor } from "./harness.mjs";

async function drawn(scenario, page) {
  // Reading the canvas this often triggers a warning in the browser.
  scenario.expects(/willReadFrequently/);
  await page.getByText(/\d papers?( marked|$)/).first().waitFor();
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

// A checksum of the canvas, and the number of pixels that are not background.
const picture = (page) => page.evaluate(() => {
  const canvas = document.querySelector("#canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [sum, painted] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    sum = (sum * 31 + data[at] + 256 * data[at + 1] + 65536 * data[at + 2]) % 1e9;
    if (data[at] !== data[0] || data[at + 1] !== data[1] || data[at + 2] !== data[2]) painted++;
  }
  return { sum, painted };
});

async function changed(page, before) {
  let now;
  await waitFor(async () => (now = await picture(page)).sum !== before.sum, "a change of the canvas");
  return now;
}

export default {
  async "papers are dots that can be moved, zoomed and clicked"(scenario) {
    const page = await scenario.page("/map?q=a+census+of+quokkas");
    await drawn(scenario, page);
    let now = await picture(page);
    assert.ok(now.painted > 500, `${now.painted} pixels`);
    const box = await page.locator("#canvas").boundingBox();
    const middle = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(...middle);
    await page.mouse.down();
    await page.mouse.move(middle[0] + 80, middle[1] + 40, { steps: 4 });
    await page.mouse.up();
    now = await changed(page, now);
    assert.equal(await page.locator("#chosen article").count(), 0, "moving does not select");
    await page.mouse.wheel(0, -300);
    now = await changed(page, now);
    await page.getByRole("button", { name: "The whole map" }).click();
    now = await changed(page, now);
    // The hits of the query are marked, and selecting one centres its dot.
    const { hits } = await asked(page, "/api/v1/search?k=20&q=a+census+of+quokkas");
    assert.deepEqual(await page.locator("#marks button").allTextContents(), hits.map((hit) => hit.title));
    await page.locator("#marks button").first().click();
    await page.getByRole("heading", { name: hits[0].title }).waitFor();
    now = await changed(page, now);
    // Its dot is in the centre: a click there selects the same paper.
    await page.locator("#marks button").nth(1).click();
    await page.getByRole("heading", { name: hits[1].title }).waitFor();
    await page.locator("#marks button").first().click();
    await page.getByRole("heading", { name: hits[0].title }).waitFor();
    await page.locator("#chosen").evaluate((place) => place.replaceChildren());
    await page.mouse.click(...middle);
    await page.getByRole("heading", { name: hits[0].title }).waitFor();
    await page.locator("#chosen .related").click();
    await page.getByRole("heading", { name: `Related to “${hits[0].title}”` }).waitFor();
    await answered(page);
  },

  async "two fingers zoom the map, one moves it, and a tap selects a paper"(scenario) {
    const page = await scenario.page("/map?q=a+census+of+quokkas", { hasTouch: true, viewport: { width: 390, height: 800 } });
    await drawn(scenario, page);
    const { hits } = await asked(page, "/api/v1/search?k=20&q=a+census+of+quokkas");
    let now = await picture(page);
    await page.locator("#marks button").first().tap();
    await page.getByRole("heading", { name: hits[0].title }).waitFor();
    now = await changed(page, now);
    await page.locator("#chosen").evaluate((place) => place.replaceChildren());
    await page.locator("#canvas").scrollIntoViewIfNeeded();
    const box = await page.locator("#canvas").boundingBox();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const session = await page.context().newCDPSession(page);
    const touch = (type, ...places) => session.send("Input.dispatchTouchEvent", { type, touchPoints: places.map(([dx, dy], id) => ({ x: x + dx, y: y + dy, id })) });
    await touch("touchStart", [-20, 0], [20, 0]);
    for (let apart = 25; apart <= 80; apart += 5) await touch("touchMove", [-apart, 0], [apart, 0]);
    await touch("touchEnd");
    now = await changed(page, now);
    assert.equal(await page.locator("#chosen article").count(), 0, "zooming does not select");
    // The point between the fingers has not moved.
    await page.touchscreen.tap(x, y);
    await page.getByRole("heading", { name: hits[0].title }).waitFor();
    await page.locator("#chosen").evaluate((place) => place.replaceChildren());
    now = await picture(page);
    await touch("touchStart", [0, 0]);
    for (let far = 10; far <= 60; far += 10) await touch("touchMove", [far, far / 2]);
    await touch("touchEnd");
    await changed(page, now);
    assert.equal(await page.locator("#chosen article").count(), 0, "moving does not select");
  },

  async "the legend shows counts and can select one category"(scenario) {
    const page = await scenario.page("/map");
    await drawn(scenario, page);
    const before = await picture(page);
    const button = page.locator("#legend button", { hasText: "bio.quokka" });
    assert.match(await button.innerText(), /bio\.quokka\s*\d+/);
    await button.click();
    await changed(page, before);
    assert.equal(await button.getAttribute("aria-pressed"), "true");
    await button.click();
    await waitFor(async () => (await picture(page)).sum === before.sum, "all categories");
  },

  async "the map can be used by keyboard"(scenario) {
    const page = await scenario.page("/map");
    await drawn(scenario, page);
    await page.locator("#canvas").focus();
    let now = await picture(page);
    for (const key of ["ArrowRight", "+", "ArrowUp", "-", "0"]) {
      await page.keyboard.press(key);
      now = await changed(page, now);
    }
    await page.keyboard.press("Enter");
    await page.locator("#chosen article").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.localName), "article");
    // A query marks its hits on the map.
    await page.keyboard.press("/");
    await page.keyboard.type("quokkas");
    await page.getByText("20 papers marked").waitFor();
    assert.match(page.url(), /\/map\?q=quokkas$/);
    await page.locator("#as-search").click();
    await answered(page);
  },
};
