// The card of a hit: title, authors, highlight, scores, and the details below the abstract.

import { element, find, number } from "./dom.js";

/// Length of the shown abstract if there is no highlight, in characters.
const OPENING = 240;

/// Maximum number of matched words that are shown.
const MOST_WORDS = 6;

/// The names of the schemes of ids, and where their ids lead.
const SITES = {
  doi: ["DOI", "https://doi.org/"],
  arxiv: ["arXiv", "https://arxiv.org/abs/"],
  pmid: ["PubMed", "https://pubmed.ncbi.nlm.nih.gov/"],
  pmcid: ["PubMed Central", "https://pmc.ncbi.nlm.nih.gov/articles/"],
  acl: ["ACL Anthology", "https://aclanthology.org/"],
  openalex: ["OpenAlex", "https://openalex.org/"],
  s2: ["Semantic Scholar", "https://www.semanticscholar.org/paper/"],
  corpusid: ["Semantic Scholar", "https://www.semanticscholar.org/p/"],
  dblp: ["DBLP", "https://dblp.org/rec/"],
};

let cards = 0;

export function card(hit, best) {
  const item = find("#hit").content.cloneNode(true);
  const part = (name) => item.querySelector(name);
  const article = part("article");
  article.dataset.id = hit.id;
  article.setAttribute("aria-labelledby", (part("h3").id = `title-${++cards}`));
  const title = part(".title");
  title.textContent = hit.title;
  if (isWeb(hit.url)) title.href = hit.url;
  const cited = hit.citations >= 0 && `${number(hit.citations)} citation${hit.citations === 1 ? "" : "s"}`;
  const retracted = hit.type === "retracted" && hit.type;
  const date = hit.published && element("time", {}, hit.published);
  const free = isWeb(hit.open_access) && link(hit.open_access, "Free full text");
  list(part(".facts"), [byline(hit), hit.venue, date, retracted, cited, hit.categories.join(", "), shown(hit.id), free]);
  details(part(".details"), hit);
  abstract(part(".abstract"), part(".unfold"), part(".details"), hit);
  for (const button of item.querySelectorAll(".actions > *")) button.setAttribute("aria-describedby", part("h3").id);
  if (hit.why) {
    part(".matched").textContent = matched(hit.why);
    part(".why").replaceWith(why(hit, best));
  } else part(".why").remove();
  return item;
}

/// Whether a URL is HTTP(S). URLs of papers are untrusted: `javascript:` must not be followed.
export function isWeb(url) {
  return /^https?:\/\//i.test(url ?? "");
}

export function byline({ authors, author_count, organisation }) {
  const total = Math.max(authors.length, author_count ?? 0);
  if (authors.length === 0) return organisation ?? (total ? `${total} author${total === 1 ? "" : "s"}` : "");
  const more = total - Math.min(authors.length, 4);
  return authors.slice(0, 4).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

const link = (href, text) => element("a", { href, rel: "noreferrer" }, text);

// The hash of a title tells nothing.
const shown = (id) => !id.startsWith("title:") && id;

function list(place, parts) {
  place.append(...parts.filter(Boolean).flatMap((part, at) => (at ? [" · ", part] : [part])));
}

function details(place, hit) {
  const named = (before, value) => value && `${before} ${value}`;
  list(place, [
    hit.type?.replace("-", " "), named("volume", hit.volume), named("number", hit.number), named("pages", hit.pages),
    hit.publisher, named("language", hit.language), named("keywords:", hit.keywords?.join(", ")),
    ...[hit.id, ...(hit.ids ?? [])].filter(shown).map(toSite),
  ]);
}

/// An id as a link to its paper. Citation keys of files lead nowhere.
function toSite(id) {
  const arxiv = /^([a-z-]+\/\d{7}|\d{4}\.\d{4,5})$/.test(id) && "arxiv";
  const scheme = /^10[./]/.test(id) ? "doi" : arxiv || id.split(":")[0];
  if (!Object.hasOwn(SITES, scheme) || id === scheme) return id;
  const [name, site] = SITES[scheme];
  const bare = id.startsWith(`${scheme}:`) ? id.slice(scheme.length + 1) : id;
  return link(site + encodeURIComponent(bare).replaceAll("%2F", "/"), `${name} ${bare}`);
}

// One paragraph with the highlight; the button shows the text around it, and the details.
function abstract(place, button, details, hit) {
  const text = hit.abstract ?? "";
  const at = hit.highlight ? text.indexOf(hit.highlight) : -1;
  const [start, end] = at >= 0 ? [at, at + hit.highlight.length] : [0, opening(text)];
  const best = element(at >= 0 ? "mark" : "span", {}, text.slice(start, end));
  const around = [text.slice(0, start), text.slice(end)].map((rest) => element("span", { hidden: true }, rest));
  const gaps = around.map((rest) => element("span", { hidden: !rest.textContent }, "…"));
  place.prepend(gaps[0], around[0], best, around[1], gaps[1], " ");
  if (around.every((rest) => !rest.textContent)) {
    if (!details.textContent) return button.remove();
    button.textContent = "Details";
  }
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", open);
    details.hidden = !open;
    for (const rest of around) rest.hidden = !open;
    for (const [side, gap] of gaps.entries()) gap.hidden = open || !around[side].textContent;
  });
}

function opening(text) {
  if (text.length <= OPENING * 1.25) return text.length;
  const end = text.lastIndexOf(" ", OPENING);
  return end > OPENING / 2 ? end : OPENING;
}

/// The largest scores of an answer, which scale the bars.
export function bests(hits) {
  const best = (of) => Math.max(...hits.map((hit) => hit.why?.[of] ?? 0), 1e-9);
  return { bm25: best("bm25"), rerank: best("rerank") };
}

/// The ranks of a hit, what the query names of it, and the words of the query that it has, each with its share of the BM25 score.
function matched({ meaning_rank, word_rank, words, named = [] }) {
  const ranks = [[meaning_rank, "meaning"], [word_rank, "words"]].filter(([rank]) => rank).map(([rank, by]) => `no. ${rank} by ${by}`);
  const found = words.slice(0, MOST_WORDS).map(({ word, score }) => `${word} ${score.toFixed(1)}`).join(", ");
  const parts = [ranks.join(", "), named.length && `the query names its ${named.join(" and ")}`, found && `words: ${found}${words.length > MOST_WORDS ? ", …" : ""}`].filter(Boolean).join("; ");
  return parts.charAt(0).toUpperCase() + parts.slice(1);
}

// A cosine is at most 1. BM25 has no upper bound, so its bars are relative to the best hit.
function why({ why }, best) {
  const reasons = [
    ["meaning", why.cosine, why.cosine, `cosine ${why.cosine?.toFixed(3)}`, why.meaning_rank],
    ["words", why.bm25, why.bm25 / best.bm25, `BM25 ${why.bm25?.toFixed(1)}`, why.word_rank],
    ["reranker", why.rerank, why.rerank / best.rerank, `cross-encoder ${why.rerank?.toFixed(3)}`, null],
  ].filter(([, value]) => value !== null && value !== undefined);
  const told = reasons.map(([by, , , value, rank]) => `${by}: ${value}${rank ? `, no. ${rank}` : ""}`).join("; ");
  const bars = reasons.map(([by, , share]) => {
    const bar = element("span", { className: "bar" });
    bar.style.setProperty("--share", Math.min(1, Math.max(0, share)).toFixed(3));
    return element("span", { className: "reason", "aria-hidden": "true" }, by, bar);
  });
  const spoken = element("span", { className: "hidden" }, `Found by ${told}`);
  return element("span", { className: "why", title: told }, spoken, ...bars);
}
