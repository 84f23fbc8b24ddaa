// Use of the page by keyboard only.

import assert from "node:assert/strict";

import { address, answered, asked, titles, waitFor } from "./harness.mjs";

const focused = (page) => page.evaluate(() => document.activeElement.dataset?.id ?? document.activeElement.id);

export default {
  async "all actions have keyboard shortcuts"(scenario) {
    const page = await scenario.page("/");
    const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    await page.locator("#name").focus();
    await press("/");
    assert.equal(await focused(page), "question");
    await page.keyboard.type("quokkas j/k");
    assert.equal(await page.locator("#question").inputValue(), "quokkas j/k", "shortcuts are off in the input");
    await press("Control+a");
    await page.keyboard.type("quokkas");
    await press("Enter");
    const wanted = (await asked(page, "/api/v1/search?q=quokkas&k=20")).hits.map(({ title }) => title).join("\n");
    const isAnswered = async () => (await titles(page)).join("\n") === wanted;
    await waitFor(isAnswered, "the hits of the whole query");
    assert.equal(address(page).get("q"), "quokkas");
    const ids = await page.locator("#hits article").evaluateAll((articles) => articles.map((article) => article.dataset.id));
    assert.equal(await focused(page), "results");
    await press("/", "ArrowDown");
    assert.equal(await focused(page), ids[0]);
    await press("j", "j", "k");
    assert.equal(await focused(page), ids[1]);
    await press("a");
    assert.equal(await page.locator("#hits .unfold").nth(1).getAttribute("aria-expanded"), "true");
    await press("+");
    assert.deepEqual(address(page).getAll("like"), [ids[1]]);
    assert.equal(await focused(page), ids[1]);
    await press("j", "-");
    assert.deepEqual(address(page).getAll("unlike"), [ids[2]]);
    await press("b");
    await page.getByText("BibTeX of 1 paper copied").waitFor();
    await press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await press("j", "Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    assert.equal(await focused(page), ids[2]);
    const title = (await titles(page))[2];
    await press("r");
    await page.getByRole("heading", { name: `Related to “${title}”` }).waitFor();
    assert.equal(address(page).get("related"), ids[2]);
    assert.equal(address(page).get("like"), ids[1], "the basket is kept");
    await page.goBack();
    await waitFor(isAnswered, "the hits of the previous query");
    // Through the whole list to the button for more hits, and back to the query.
    for (let step = 0; step < 30; step++) await press("j");
    assert.equal(await focused(page), "more");
    for (let step = 0; step < 30; step++) await press("k");
    assert.equal(await focused(page), "question");
    await page.getByRole("link", { name: "Map" }).focus();
    await press("m");
    await page.waitForURL(/\/map\?.*q=quokkas/);
  },

  async "Enter opens the URL of a paper, or its abstract if it has none"(scenario) {
    scenario.expects(/request to another host: https:\/\/example\.org\/quokkas/);
    const page = await scenario.page("/?q=a+census+of+quokkas");
    await page.route("https://example.org/**", (route) => route.fulfill({ contentType: "text/html", body: "the paper" }));
    await answered(page);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL("https://example.org/quokkas");
    const without = await scenario.page("/?q=tides+of+a+harbour");
    await answered(without);
    await without.keyboard.press("j");
    assert.equal(await without.locator("#hits article").first().locator(".title[href]").count(), 0);
    await without.keyboard.press("Enter");
    assert.equal(await without.locator("#hits .unfold").first().getAttribute("aria-expanded"), "true");
  },

  async "the first tab skips to the papers"(scenario) {
    const page = await scenario.page("/map");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await focused(page), "results");
  },
};
