// The basket and BibTeX.

import assert from "node:assert/strict";

import { address, answered, titles, waitFor } from "./harness.mjs";

const idOf = (page, at) => page.locator("#hits article").nth(at).getAttribute("data-id");
const button = (page, at, name) => page.locator("#hits article").nth(at).getByRole("button", { name });

export default {
  async "a search by positive and negative examples"(scenario) {
    const page = await scenario.page("/?q=quokkas");
    await answered(page);
    const [first, second, third] = [await idOf(page, 0), await idOf(page, 1), await idOf(page, 2)];
    const shown = await titles(page);
    const before = await page.evaluate(() => history.length);
    await button(page, 0, "More like this").click();
    await button(page, 1, "More like this").click();
    await button(page, 2, "Less like this").click();
    // The hits stay, and the address has the basket.
    assert.deepEqual(await titles(page), shown);
    assert.deepEqual([address(page).getAll("like"), address(page).getAll("unlike")], [[first, second], [third]]);
    assert.equal(await page.evaluate(() => history.length), before);
    assert.deepEqual(await page.locator("#basket-like a").allTextContents(), shown.slice(0, 2));
    assert.deepEqual(await page.locator("#basket-unlike a").allTextContents(), [shown[2]]);
    assert.equal(await button(page, 0, "More like this").getAttribute("aria-pressed"), "true");
    // Without a query, by examples only.
    await page.locator("#question").fill("");
    await page.getByText("Ask in your own words").waitFor();
    const asks = page.waitForRequest(/\/api\/v1\/related/);
    await page.getByRole("link", { name: "Find more like these" }).click();
    const said = new URL((await asks).url()).searchParams;
    assert.deepEqual([said.getAll("id"), said.getAll("unlike"), said.get("text")], [[first, second], [third], null]);
    await answered(page);
    await page.getByRole("heading", { name: "From the basket: like 2 papers, unlike 1 paper" }).waitFor();
    const found = await titles(page);
    for (const title of shown.slice(0, 3)) assert.ok(!found.includes(title), title);
    // The link shows the same hits and basket to others.
    const other = await scenario.page(`/?${page.url().split("?")[1]}`);
    await answered(other);
    assert.deepEqual(await titles(other), found);
    await waitFor(async () => (await other.locator("#basket-like a").allTextContents()).join() === shown.slice(0, 2).join(), "titles");
    // Changing the basket starts another search.
    await page.getByRole("button", { name: `less like ${shown[0]}` }).click();
    await page.getByRole("heading", { name: "From the basket: like 1 paper, unlike 2 papers" }).waitFor();
    await page.getByRole("button", { name: `remove ${shown[2]}` }).click();
    await page.getByRole("heading", { name: "From the basket: like 1 paper, unlike 1 paper" }).waitFor();
    await page.getByRole("button", { name: "Empty the basket" }).click();
    await page.locator("#basket-hint").waitFor();
    assert.equal(page.url().split("?")[1], undefined);
  },

  async "a search by a query and an example"(scenario) {
    const page = await scenario.page("/?q=tides&unlike=2001.00004");
    await answered(page);
    const asks = page.waitForRequest(/\/api\/v1\/related/);
    await page.getByRole("link", { name: "Find more, for this question" }).click();
    const said = new URL((await asks).url()).searchParams;
    assert.deepEqual([said.getAll("id"), said.getAll("unlike"), said.get("text")], [[], ["2001.00004"], "tides"]);
    await page.getByRole("heading", { name: "From the basket: unlike 1 paper, for “tides”" }).waitFor();
  },

  async "BibTeX of a paper, of the basket and of the list"(scenario) {
    const page = await scenario.page("/?q=quokkas");
    await answered(page, (count) => count === 20);
    const copied = async (number) => {
      await page.getByText(`BibTeX of ${number} copied`).waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    await button(page, 0, "Copy BibTeX").click();
    assert.match(await copied("1 paper"), /^@\w+\{[^@]*quokkas/);
    await button(page, 0, "More like this").click();
    await button(page, 1, "Less like this").click();
    await page.locator("#basket-bibtex").click();
    assert.equal((await copied("2 papers")).match(/^@/gm).length, 2);
    await page.getByRole("button", { name: "More papers" }).click();
    await answered(page, (count) => count === 40);
    await page.getByRole("button", { name: "Copy BibTeX of all" }).click();
    assert.equal((await copied("40 papers")).match(/^@/gm).length, 40);
  },

  async "BibTeX is copied without navigator.clipboard, as over plain HTTP"(scenario) {
    const page = await scenario.page("/?q=quokkas");
    await answered(page);
    await page.evaluate(() => {
      window.clipboard = navigator.clipboard;
      Object.defineProperty(navigator, "clipboard", { value: undefined });
    });
    const copy = button(page, 0, "Copy BibTeX");
    await copy.focus();
    await page.keyboard.press("Enter");
    await page.getByText("BibTeX of 1 paper copied").waitFor();
    assert.match(await page.evaluate(() => window.clipboard.readText()), /^@\w+\{[^@]*quokkas/);
    assert.ok(await copy.evaluate((element) => element === document.activeElement), "the focus is kept");
    assert.equal(await page.locator("body > textarea").count(), 0);
  },
};
