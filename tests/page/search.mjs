// Queries, filters, related papers and pagination.

import assert from "node:assert/strict";

import { address, answered, asked, titles, waitFor } from "./harness.mjs";

const QUESTION = "a census of quokkas";

export default {
  async "hits appear while typing, and a query is one entry of the history"(scenario) {
    const page = await scenario.page("/");
    await page.getByText("Ask in your own words").waitFor();
    const before = await page.evaluate(() => history.length);
    // Three pauses, each long enough for a search.
    for (const part of ["a census", " of quo", "kkas"]) {
      const answer = page.waitForResponse((response) => response.url().includes("/search?"));
      await page.locator("#question").pressSequentially(part);
      await answer;
    }
    await waitFor(async () => (await titles(page))[0] === "A census of quokkas", "the right paper");
    assert.equal(address(page).get("q"), QUESTION);
    assert.equal(await page.evaluate(() => history.length), before + 1);
    assert.match(await page.title(), /census of quokkas/);
    assert.match(await page.locator("#message").textContent(), /papers, in \d+ ms/);
    assert.equal(await page.locator("#start").isVisible(), false);
    await page.locator("#question").press("Enter");
    // The next query is another entry.
    await page.locator("#question").fill("tides");
    await waitFor(async () => /tides/i.test((await titles(page))[0]), "the hit of the next query");
    await page.goBack();
    await waitFor(async () => (await titles(page))[0] === "A census of quokkas", "the hit of the first query");
    assert.equal(await page.locator("#question").inputValue(), QUESTION);
    await page.goBack();
    await page.getByText("Ask in your own words").waitFor();
    assert.deepEqual(await titles(page), []);
  },

  async "a first visit shows the collection, queries that fit it, and its newest papers"(scenario) {
    const page = await scenario.page("/");
    await page.locator("#overview").waitFor();
    const overview = await asked(page, "/api/v1/overview");
    assert.match(await page.locator("#overview-line").textContent(), /^94 papers from 2000 to 2006\. Largest categories: math\.CO \(\d+\)/);
    assert.ok(overview.examples.length === 8 && overview.newest.length === 5);
    assert.deepEqual(await page.locator("#overview-examples a").allTextContents(), overview.examples);
    assert.equal(await page.locator("#overview-newest li").count(), 5);
    assert.match(await page.locator("#overview-newest li").first().textContent(), new RegExp(overview.newest[0].published));
    await page.locator("#overview-examples a").first().click();
    await answered(page);
    assert.equal(address(page).get("q"), overview.examples[0]);
    assert.equal(await page.locator("#start").isVisible(), false);
  },

  async "authors are suggested while they are typed, and notes say how a query was read"(scenario) {
    const page = await scenario.page("/", { service: scenario.services.sample });
    const question = page.locator("#question");
    await question.pressSequentially("learning author:ben");
    await page.locator("#suggestions li").first().waitFor();
    assert.match(await page.locator("#suggestions li").first().textContent(), /Bengio \d+$/);
    const name = (await page.locator("#suggestions li").first().textContent()).replace(/ \d+$/, "");
    await question.press("ArrowDown");
    assert.equal(await question.getAttribute("aria-activedescendant"), "suggestion-0");
    await question.press("Enter");
    assert.equal(await question.inputValue(), `learning author:"${name}" `);
    assert.equal(await page.locator("#suggestions").isVisible(), false);
    await waitFor(async () => (await page.locator("#notes").textContent()).includes(`author:"${name}"`), "the note");
    assert.ok((await page.locator("#hits .facts").first().textContent()).includes("Bengio"));
    // Escape closes, a click takes the value.
    await question.fill("category:cs");
    await page.locator("#suggestions li").first().waitFor();
    await question.press("Escape");
    assert.equal(await page.locator("#suggestions").isVisible(), false);
    await question.pressSequentially(".");
    await page.locator("#suggestions li").first().click();
    assert.match(await question.inputValue(), /^category:cs\.\w+ $/);
    await question.fill("tranformers");
    await page.getByText("No paper has the word “tranformers”: searched for").waitFor();
    assert.match(await page.locator("#hits .matched").first().textContent(), /^No\. \d+ by .*words: transformers \d/);
    await question.fill("author:bengio year:1901");
    await page.locator("#notice").getByText("No paper meets year:1901").waitFor();
  },

  async "a late response does not replace a newer one"(scenario) {
    const page = await scenario.page("/");
    const given_up = [];
    page.on("requestfailed", (request) => given_up.push(new URL(request.url()).searchParams.get("q")));
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route(/\/search\?.*q=quokkas/, async (route) => {
      await held;
      await route.continue().catch(() => {});
    });
    await page.locator("#question").fill("quokkas");
    await page.waitForRequest(/q=quokkas/);
    await page.locator("#question").fill("tides");
    await waitFor(async () => /tides/i.test((await titles(page))[0]), "the newer answer");
    release();
    await page.waitForTimeout(200);
    assert.match((await titles(page))[0], /tides/i);
    assert.deepEqual(given_up, ["quokkas"]);
  },

  async "the highlight is marked in the abstract, and bars show the scores"(scenario) {
    const page = await scenario.page(`/?q=${encodeURIComponent(QUESTION)}`);
    await answered(page);
    const first = page.locator("#hits article").first();
    const mark = await first.locator("mark").textContent();
    const [hit] = (await asked(page, `/api/v1/search?k=20&q=${encodeURIComponent(QUESTION)}`)).hits;
    assert.equal(mark, hit.highlight);
    assert.ok(hit.abstract.length > mark.length);
    assert.notEqual((await first.locator(".abstract").innerText()).replace(/ Abstract$/, ""), hit.abstract);
    await first.getByRole("button", { name: "Abstract" }).click();
    assert.equal((await first.locator(".abstract").innerText()).replace(/\s*Abstract$/, ""), hit.abstract);
    assert.equal(await first.locator(".unfold").getAttribute("aria-expanded"), "true");
    const why = await first.locator(".why").innerText();
    assert.match(why, /meaning/);
    const spoken = await first.locator(".why .hidden").textContent();
    assert.match(spoken, new RegExp(`meaning: cosine ${hit.why.cosine.toFixed(3)}.*words: BM25 ${hit.why.bm25.toFixed(1)}, no. ${hit.why.word_rank}`));
    const shares = await page.locator("#hits .bar").evaluateAll((bars) => bars.map((bar) => Number(bar.style.getPropertyValue("--share"))));
    assert.ok(shares.every((share) => share >= 0 && share <= 1) && shares.some((share) => share > 0.99));
  },

  async "the score of a cross-encoder has a bar"(scenario) {
    const page = await scenario.page("/");
    await page.route(/\/api\/v1\/search/, async (route) => {
      const response = await route.fetch();
      const answer = await response.json();
      for (const [at, hit] of answer.hits.entries()) hit.why.rerank = at < 2 ? 0.9 - at * 0.5 : null;
      await route.fulfill({ response, json: answer });
    });
    await page.locator("#question").fill("quokkas");
    await answered(page);
    assert.match(await page.locator("#hits .why").first().innerText(), /reranker/);
    assert.match(await page.locator("#hits .why .hidden").nth(1).textContent(), /cross-encoder 0.400/);
    assert.doesNotMatch(await page.locator("#hits .why").nth(2).innerText(), /reranker/);
  },

  async "filters have counts, narrow the hits and can be removed"(scenario) {
    const page = await scenario.page("/?q=quokkas");
    await answered(page);
    const facets = await asked(page, "/api/v1/facets");
    const { category, papers } = facets.categories.find(({ category }) => category === "bio.quokka");
    const row = page.locator("#categories li", { hasText: category });
    assert.equal(await row.locator(".count").textContent(), String(papers));
    await row.getByRole("checkbox").check();
    const facts = () => page.locator("#hits .facts").allTextContents();
    await waitFor(async () => (await facts()).every((facts) => facts.includes(category)), "fewer papers");
    assert.equal((await facts()).length, Math.min(papers, 20));
    assert.deepEqual(address(page).getAll("category"), [category]);
    // The other categories keep their counts; the years are those of the selected category.
    const counted = await asked(page, `/api/v1/facets?category=${category}`);
    const { year, papers: inYear } = counted.years[0];
    const told = `${year} (${inYear})`;
    await waitFor(async () => (await page.locator("#from").innerText()).includes(told), "the years of the category");
    assert.equal(await page.locator("#categories li").count(), Math.min(10, counted.categories.length));
    await page.locator("#from").selectOption(String(year));
    await page.locator("#to").selectOption(String(year));
    await waitFor(async () => (await page.locator("#hits > li").count()) === inYear, "the papers of a year");
    assert.deepEqual([address(page).get("from"), address(page).get("to")], [String(year), String(year)]);
    // Remove the filters one by one; the query is kept.
    await page.locator("#chips button", { hasText: `in ${year}` }).click();
    await waitFor(async () => (await page.locator("#hits > li").count()) === Math.min(papers, 20), "all years");
    await page.locator("#chips button", { hasText: category }).click();
    await answered(page, (count) => count === 20);
    assert.equal(page.url().split("?")[1], "q=quokkas");
    assert.equal(await row.getByRole("checkbox").isChecked(), false);
    // An author, a category by prefix, and lexical search.
    await page.getByLabel("Author", { exact: true }).fill("someone");
    await page.getByLabel("Author", { exact: true }).press("Enter");
    await page.getByLabel("Category by name").fill("bio.*");
    await page.getByLabel("Category by name").press("Enter");
    await page.getByLabel("Find by").selectOption("lexical");
    await waitFor(async () => !(await page.locator("#hits .why").first().innerText()).includes("meaning"), "lexical search");
    assert.deepEqual([address(page).getAll("author"), address(page).getAll("category")], [["someone"], ["bio.*"]]);
    assert.equal(address(page).get("mode"), "lexical");
  },

  async "a shared link shows the same state"(scenario) {
    const path = "/?q=quokkas&category=bio.quokka&from=2001&mode=dense&like=2001.00004";
    const [one, other] = [await scenario.page("/"), await scenario.page(path)];
    await answered(other);
    await one.evaluate((path) => history.pushState(null, "", path), path);
    await one.reload();
    await answered(one);
    assert.deepEqual(await titles(one), await titles(other));
    assert.equal(await other.locator("#question").inputValue(), "quokkas");
    assert.equal(await other.locator("#mode").inputValue(), "dense");
    assert.deepEqual(await other.locator("#chips button").allTextContents(), ["category bio.quokka: remove", "from 2001: remove"]);
    assert.equal(await other.locator("#basket-like li").count(), 1);
  },

  async "related papers of a paper"(scenario) {
    const page = await scenario.page("/?q=quokkas");
    await answered(page);
    const id = await page.locator("#hits article").first().getAttribute("data-id");
    const title = (await titles(page))[0];
    await page.locator("#hits .related").first().click();
    await page.getByRole("heading", { name: `Related to “${title}”` }).waitFor();
    const wanted = await asked(page, `/api/v1/papers/${encodeURIComponent(id)}/related?k=20`);
    await waitFor(async () => (await titles(page))[0] === wanted.hits[0].title, "the related papers");
    assert.equal(address(page).get("related"), id);
    assert.ok(!(await titles(page)).includes(title));
    // Another query replaces the related papers.
    await page.locator("#question").fill("tides");
    await waitFor(async () => /tides/i.test((await titles(page))[0]), "the next answer");
    assert.equal(page.url().split("?")[1], "q=tides");
    await page.goBack();
    await page.getByRole("heading", { name: `Related to “${title}”` }).waitFor();
  },

  async "more hits are appended without duplicates"(scenario) {
    const page = await scenario.page("/?q=quokkas");
    await answered(page, (count) => count === 20);
    await page.getByRole("button", { name: "More papers" }).click();
    await answered(page, (count) => count === 40);
    const ids = await page.locator("#hits article").evaluateAll((articles) => articles.map((article) => article.dataset.id));
    assert.equal(new Set(ids).size, 40);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.id), ids[20]);
    // After an error the hits stay, and the button can be pressed again.
    scenario.expects(/status of 503/);
    const busy = { title: "Service Unavailable", status: 503, detail: "too many requests are waiting" };
    await page.route(/cursor=/, (route) => route.fulfill({ status: 503, json: busy }), { times: 1 });
    await page.locator("#more").click();
    await page.locator("#said", { hasText: "too many requests are waiting" }).waitFor();
    assert.equal(await page.locator("#hits > li").count(), 40);
    // Up to the last page.
    for (let count = 60; await page.locator("#more").isVisible(); count += 20) {
      await page.locator("#more").click();
      await waitFor(async () => (await page.locator("#more").isHidden()) || (await page.locator("#hits > li").count()) >= count, "more");
    }
    const { papers } = await asked(page, "/api/v1/status");
    assert.equal(await page.locator("#hits > li").count(), papers);
  },

  async "a query has a feed"(scenario) {
    const page = await scenario.page("/?q=quokkas&mode=lexical&category=bio.quokka");
    await answered(page);
    const feed = await page.locator("link[rel=alternate]").getAttribute("href");
    assert.equal(feed, "feed.atom?q=quokkas&mode=lexical&category=bio.quokka");
    assert.equal(await page.getByRole("link", { name: "Feed of this question" }).getAttribute("href"), feed);
    const entries = await (await page.request.get(new URL(feed, page.url()).href)).text();
    assert.match(entries, /<feed[^]*<entry>[^]*quokkas/);
    await page.locator("#question").fill("");
    await page.getByText("Ask in your own words").waitFor();
    assert.equal(await page.locator("link[rel=alternate]").getAttribute("href"), null);
  },
};
