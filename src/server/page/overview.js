// The start page: what the collection holds.

import * as api from "./api.js";
import { byline, isWeb } from "./card.js";
import { element, find, number, papers } from "./dom.js";

export async function show() {
  const overview = await api.json("api/v1/overview").catch(() => null);
  if (!overview?.papers) return;
  find("#overview-line").textContent = line(overview);
  list("#overview-examples", overview.examples.map((q) => [element("a", { href: `/?q=${encodeURIComponent(q)}` }, q)]));
  list("#overview-newest", overview.newest.map(item));
  find("#overview").hidden = false;
}

function line({ papers: count, first_year: first, last_year: last, categories }) {
  const years = first && (first === last ? ` from ${first}` : ` from ${first} to ${last}`);
  const named = categories.map(({ category, papers: of }) => `${category} (${number(of)})`);
  return `${papers(count)}${years || ""}${named.length > 0 ? `. Largest categories: ${named.join(", ")}` : ""}.`;
}

function list(selector, items) {
  const place = find(selector);
  place.replaceChildren(...items.map((parts) => element("li", {}, ...parts)));
  place.previousElementSibling.hidden = place.hidden = items.length === 0;
}

function item(paper) {
  const title = isWeb(paper.url) ? element("a", { href: paper.url, rel: "noreferrer" }, paper.title) : paper.title;
  const facts = [byline(paper), paper.published].filter(Boolean).join(" · ");
  const related = element("a", { href: `/?related=${encodeURIComponent(paper.id)}`, ariaLabel: `Papers related to ${paper.title}` }, "Related");
  return [title, element("span", { className: "quiet" }, facts && ` ${facts}`, " "), related];
}
