// The card of a hit: title, authors, highlight and scores.

import { element, find } from "./dom.js";

/// Length of the shown abstract if there is no highlight, in characters.
const OPENING = 240;

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
  part(".facts").textContent = [byline(hit), hit.published, hit.categories.join(", "), hit.id].filter(Boolean).join(" · ");
  abstract(part(".abstract"), part(".unfold"), hit);
  for (const button of item.querySelectorAll(".actions > *")) button.setAttribute("aria-describedby", part("h3").id);
  if (hit.why) part(".why").replaceWith(why(hit, best));
  else part(".why").remove();
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

// One paragraph with the highlight; the button shows the text around it.
function abstract(place, button, hit) {
  const text = hit.abstract ?? "";
  if (!text) return place.remove();
  const at = hit.highlight ? text.indexOf(hit.highlight) : -1;
  const [start, end] = at >= 0 ? [at, at + hit.highlight.length] : [0, opening(text)];
  const shown = element(at >= 0 ? "mark" : "span", {}, text.slice(start, end));
  const around = [text.slice(0, start), text.slice(end)].map((rest) => element("span", { hidden: true }, rest));
  const gaps = around.map((rest) => element("span", { hidden: !rest.textContent }, "…"));
  place.prepend(gaps[0], around[0], shown, around[1], gaps[1], " ");
  if (around.every((rest) => !rest.textContent)) return button.remove();
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", open);
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
