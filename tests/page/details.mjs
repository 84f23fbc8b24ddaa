// Bibliographic details of a hit, and the filters by them.

import assert from "node:assert/strict";

import { address, answered, titles, waitFor } from "./harness.mjs";

const CENSUS = "A census of quokkas";

const hit = (page, title) => page.locator("#hits article", { has: page.getByText(title, { exact: true }) });

async function search(scenario, title) {
  const page = await scenario.page(`/?q=${encodeURIComponent(title)}`);
  await answered(page);
  return [page, hit(page, title)];
}

export default {
  async "a hit shows venue and citations, and links to a free full text"(scenario) {
    const [, census] = await search(scenario, CENSUS);
    const facts = await census.locator(".facts").textContent();
    assert.equal(facts, "Journal of Small Islands · 1,204 citations · bio.quokka · 2001.99999 · Free full text");
    assert.equal(await census.getByRole("link", { name: "Free full text" }).getAttribute("href"), "https://example.org/quokkas.pdf");
    const [, short] = await search(scenario, "Short notes on quokkas");
    assert.equal(await short.locator(".facts").textContent(), "retracted · 10.1234/short");
    const [, tides] = await search(scenario, "Tides of a harbour");
    // The hash of the title is no id that anybody knows.
    assert.equal(await tides.locator(".facts").textContent(), "Someone Else · Proceedings of the Harbour · 1 citation");
  },

  async "the details of a hit are unfolded with its abstract, and its ids are links"(scenario) {
    const [page, census] = await search(scenario, CENSUS);
    const details = census.locator(".details");
    assert.equal(await details.isVisible(), false);
    await census.focus();
    await page.keyboard.press("a");
    assert.match(await details.innerText(), /^article · volume 12 · pages 3-9 · keywords: marsupials, islands · arXiv 2001\.99999 · DOI 10\.1234\/quokkas · /);
    const links = await details.locator("a").evaluateAll((links) => links.map((link) => [link.textContent, link.href]));
    assert.deepEqual(new Map(links), new Map([
      ["DOI 10.1234/quokkas", "https://doi.org/10.1234/quokkas"],
      ["arXiv 2001.99999", "https://arxiv.org/abs/2001.99999"],
      ["PubMed 123456", "https://pubmed.ncbi.nlm.nih.gov/123456"],
      ["PubMed Central PMC98765", "https://pmc.ncbi.nlm.nih.gov/articles/PMC98765"],
      ["OpenAlex W42", "https://openalex.org/W42"],
    ]));
    await scenario.isAccessible(page, "unfolded details");
    await scenario.shot(page, "details");
    await page.keyboard.press("a");
    assert.equal(await details.isVisible(), false);
  },

  async "a hit whose abstract is shown whole has details as well"(scenario) {
    const [, short] = await search(scenario, "Short notes on quokkas");
    await short.getByRole("button", { name: "Details" }).click();
    assert.equal(await short.locator(".details").innerText(), "retracted · DOI 10.1234/short");
  },

  async "the map shows the details of a paper"(scenario) {
    const page = await scenario.page(`/map?q=${encodeURIComponent(CENSUS)}`);
    await page.getByRole("button", { name: CENSUS }).click();
    await page.locator("#chosen .unfold").click();
    await page.locator("#chosen").getByRole("link", { name: "PubMed 123456" }).waitFor();
  },

  async "venue, type and citations narrow the hits"(scenario) {
    const page = await scenario.page("/?q=quokkas");
    await answered(page, (count) => count === 20);
    await page.getByLabel("Cited at least").fill("1");
    await page.keyboard.press("Enter");
    await waitFor(async () => (await titles(page)).toSorted().join() === `${CENSUS},Tides of a harbour`, "cited papers");
    await page.getByRole("combobox", { name: /^Type/ }).selectOption("conference paper");
    await waitFor(async () => (await titles(page)).join() === "Tides of a harbour", "papers of a conference");
    await page.locator("#chips button", { hasText: "type conference-paper" }).click();
    await page.getByLabel("Venue").fill("small islands");
    await page.keyboard.press("Enter");
    await waitFor(async () => (await titles(page)).join() === CENSUS, "papers of a journal");
    assert.equal(page.url().split("?")[1], "q=quokkas&min_citations=1&venue=small+islands");
    assert.deepEqual(await page.locator("#chips button").allTextContents(), ["venue small islands: remove", "at least 1 citations: remove"]);
    await page.reload();
    await answered(page);
    assert.deepEqual(await titles(page), [CENSUS]);
    assert.equal(await page.getByLabel("Cited at least").inputValue(), "1");
    await page.locator("#chips button", { hasText: "venue" }).click();
    await page.locator("#chips button", { hasText: "citations" }).click();
    await answered(page, (count) => count === 20);
    assert.equal(await page.getByLabel("Cited at least").inputValue(), "");
  },

  async "an address may name several types, and all filters are removed at once"(scenario) {
    const page = await scenario.page("/?q=quokkas&type=thesis&type=software&min_citations=7");
    await page.getByRole("button", { name: "Remove the filters" }).click();
    await answered(page, (count) => count === 20);
    assert.equal(page.url().split("?")[1], "q=quokkas");
    assert.deepEqual(address(page).getAll("type"), []);
  },
};
