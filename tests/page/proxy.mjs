// The pages below the prefix of a proxy. The harness fails if they load anything from outside it.

import assert from "node:assert/strict";

export default {
  async "all pages work below a prefix"(scenario) {
    const below = scenario.services.below;
    const page = await scenario.page("/?q=a+census+of+quokkas", { service: below });
    const address = () => page.url().slice(below.length);
    await page.getByRole("heading", { name: "A census of quokkas" }).waitFor();
    await page.locator("#question").fill("tides of a harbour");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Tides of a harbour" }).waitFor();
    assert.match(address(), /^\/\?q=tides\+of\+a\+harbour/);
    const feed = await page.locator("#feed-link").evaluate(async (link) => (await fetch(link.href)).text());
    assert.ok(feed.includes(`href="${below}/?`), feed);
    await page.locator("article .related").first().click();
    await page.waitForURL(/related=/);
    assert.match(address(), /^\/\?related=/);
    await page.getByRole("link", { name: "Map", exact: true }).click();
    await page.getByText(/\d papers?( marked|$)/).first().waitFor();
    assert.match(address(), /^\/map\?related=/);
    await page.getByRole("link", { name: "API", exact: true }).click();
    await page.locator("#operations pre").first().waitFor();
    assert.equal(address(), "/docs");
    const examples = await page.locator("#operations pre").allTextContents();
    assert.ok(examples.some((example) => example.includes(`${below}/api/v1/search`)), examples[0]);
    await page.getByRole("link", { name: "paperkin" }).click();
    await page.locator("#question").waitFor();
    assert.equal(address(), "/");
  },
};
