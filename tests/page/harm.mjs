// Contents of papers and addresses are shown as text, never as markup.

import assert from "node:assert/strict";

import { answered, titles, waitFor } from "./harness.mjs";

const SCRIPT = "<script>window.harmed = true</script> quokkas";

async function isUnharmed(page) {
  assert.equal(await page.evaluate(() => window.harmed), undefined);
  assert.equal(await page.locator("main img, main video, main script, main iframe, aside img, aside video, aside script").count(), 0);
}

export default {
  async "markup in titles, abstracts, authors and categories is shown as it is written"(scenario) {
    const page = await scenario.page(`/?q=${encodeURIComponent(SCRIPT)}`);
    await answered(page);
    const at = (await titles(page)).indexOf(SCRIPT);
    assert.ok(at >= 0, "the title");
    const article = page.locator("#hits article").nth(at);
    assert.match(await article.locator(".facts").textContent(), /<script>Someone<\/script> · <script>Venue<\/script>/);
    assert.equal(await article.locator(".facts a").count(), 0, "a full text that is a script");
    if (await article.locator(".unfold").count()) await article.locator(".unfold").click();
    assert.match(await article.locator(".abstract").textContent(), /<video src=x onerror="window\.harmed = true">/);
    assert.equal(await article.locator(".title[href]").count(), 0, "a link that is a script");
    await article.getByRole("button", { name: "More like this" }).click();
    await waitFor(async () => (await page.locator("#basket-like").textContent()).includes(SCRIPT), "the basket");
    await article.locator(".related").click();
    await page.getByRole("heading", { name: "Related to" }).waitFor();
    await isUnharmed(page);
    const map = await scenario.page(`/map?q=${encodeURIComponent(SCRIPT)}`);
    await map.getByRole("button", { name: SCRIPT }).click();
    await map.getByRole("heading", { name: SCRIPT }).waitFor();
    await isUnharmed(map);
  },

  async "hostile addresses are harmless"(scenario) {
    scenario.expects(/status of 40[04]/);
    const asked = [];
    const page = await scenario.page("/");
    page.on("request", (request) => asked.push(request.url()));
    const evil = encodeURIComponent("<img src=x onerror='window.harmed = true'>");
    for (const path of [
      `/?related=${encodeURIComponent("../../etc/passwd")}`,
      `/?related=${evil}&like=${evil}&unlike=${encodeURIComponent("../status")}&category=${evil}&author=${evil}&from=${evil}&mode=${evil}`,
      `/?q=${evil}&like=${evil}`,
    ]) {
      await page.goto(new URL(path, page.url()).href);
      await waitFor(async () => (await page.locator("#notice h3").isVisible()) || (await page.locator("#hits > li").count()) > 0, path);
      await isUnharmed(page);
    }
    const papers = asked.filter((address) => address.includes("passwd") && address.includes("/api/"));
    assert.ok(papers.length > 0 && papers.every((address) => /\/api\/v1\/papers\/\.\.%2F\.\.%2Fetc%2Fpasswd(\/related\?|$)/.test(address)), papers.join());
    await page.goto(new URL(`/?related=${encodeURIComponent("../../etc/passwd")}`, page.url()).href);
    await page.locator("#notice").getByText("No paper in the store has the id").waitFor();
  },
};
