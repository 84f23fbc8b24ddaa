// The search page: searches while you type and shows the hits. Its state is the address.

import * as address from "./address.js";
import * as api from "./api.js";
import * as basket from "./basket.js";
import * as bibtex from "./bibtex.js";
import { bests, card } from "./card.js";
import { element, find, followed, folds, number, papers, say } from "./dom.js";
import * as filters from "./filters.js";
import { keys } from "./keys.js";
import * as notice from "./notice.js";
import * as overview from "./overview.js";
import { suggests } from "./suggest.js";

/// Pause in typing after which a search starts.
const PAUSE_MS = 160;
const PATIENCE_MS = 300;

const question = find("#question");
let list = find("#hits");
const more = find("#more");

let state = address.read();
let running = new AbortController();
/// Whether the query is still being typed; then the next one replaces it in the history.
let isDraft = false;
let pause;
/// The requests of the shown pages, and the scale of the bars.
let pages = [];
let best = {};

function go(to) {
  clearTimeout(pause);
  isDraft = false;
  if (to !== address.write(state)) history.pushState(null, "", to);
  show();
}

function typed() {
  clearTimeout(pause);
  const q = question.value;
  if (q.trim() === state.q.trim() && !state.related && !state.show) return;
  const to = address.write({ ...state, q, related: "", show: "" });
  history[isDraft ? "replaceState" : "pushState"](null, "", to);
  isDraft = true;
  show();
}

function show() {
  state = address.read();
  frame();
  ask();
}

// The basket has changed: the hits stay, unless they come from the basket.
function hold(next) {
  if (state.show === "basket") return go(address.write(next));
  isDraft = false;
  state = next;
  history.replaceState(null, "", address.write(state));
  frame();
  filters.chips(state, turn);
}

const turn = (next) => go(address.write(next));

function frame() {
  if (question.value.trim() !== state.q.trim()) question.value = state.q;
  document.title = [state.q || (address.request(state) ? "Related papers" : ""), "paperkin"].filter(Boolean).join(" – ");
  find("#name").href = find("#as-search").href = address.write(address.asking(state));
  find("#as-map").href = address.write(state, "map");
  for (const link of [find("#feed"), find("#feed-link")]) {
    link.toggleAttribute("href", Boolean(address.feed(state)));
    if (address.feed(state)) link.href = address.feed(state);
  }
  filters.show(state, turn);
  basket.show(state, hold);
  for (const article of list.querySelectorAll("article")) follow(article);
}

// Updates the parts of a hit that depend on the address: basket buttons and links.
function follow(article) {
  const { id } = article.dataset;
  find(".related", article).href = address.write(address.asking(state, { related: id }));
  for (const side of ["like", "unlike"]) find(`.${side}`, article).setAttribute("aria-pressed", state[side].includes(id));
}

async function ask() {
  running.abort();
  const mine = (running = new AbortController());
  const asked = address.request(state);
  if (!asked) return blank();
  const waiting = setTimeout(() => tell("Searching …"), PATIENCE_MS);
  try {
    // Show both at once, so that the layout does not shift.
    const [answer, about] = await Promise.all([api.json(asked, mine.signal), heading(mine.signal)]);
    notice.none();
    head(about, answer.notes);
    fresh();
    [pages, best] = [[asked], bests(answer.hits)];
    add(answer);
    tell(answer.hits.length > 0 ? told(answer) : "Nothing was found.");
    if (answer.hits.length === 0) nothing(answer);
  } catch (error) {
    if (mine.signal.aborted) return;
    clear();
    tell(notice.of(error, show, mine.signal));
  } finally {
    clearTimeout(waiting);
  }
}

// A new list for a new answer, because reusing it would count as a layout shift.
function fresh() {
  const next = list.cloneNode(false);
  list.replaceWith(next);
  list = next;
}

function add(answer) {
  list.append(...answer.hits.map((hit) => {
    api.remember(hit);
    const item = card(hit, best);
    follow(find("article", item));
    return item;
  }));
  more.hidden = !answer.next;
  more.onclick = () => goOn(answer.next);
  find("#list-actions").hidden = answer.hits.length === 0;
}

async function goOn(cursor) {
  more.disabled = true;
  const { signal } = running;
  try {
    const next = `${pages[0]}&cursor=${encodeURIComponent(cursor)}`;
    const answer = await api.json(next, signal);
    const known = list.children.length;
    pages.push(next);
    add(answer);
    tell(`${papers(list.children.length)}, ${answer.hits.length} of them new`);
    find("article", list.children[known] ?? list.lastElementChild)?.focus({ preventScroll: answer.hits.length > 0 });
  } catch (error) {
    // The hits stay, and the button can be pressed again.
    if (!signal.aborted) say(error.message || "The service does not answer.");
  } finally {
    more.disabled = false;
  }
}

function told(answer) {
  const among = answer.among > answer.hits.length ? ` of ${number(answer.among)}` : "";
  const best = answer.next ? `The best ${answer.hits.length}` : `${answer.hits.length}`;
  return `${best}${among}${among || answer.hits.length !== 1 ? " papers" : " paper"}, in ${Math.round(answer.took_ms)} ms`;
}

// The heading of the list; empty for a search by query.
async function heading(signal) {
  const { like, unlike, related, q } = state;
  if (related) return `Related to “${await api.title(related, signal)}”`;
  if (!state.show) return "";
  const parts = [like.length && `like ${papers(like.length)}`, unlike.length && `unlike ${papers(unlike.length)}`, q && `for “${q}”`];
  return `From the basket: ${parts.filter(Boolean).join(", ")}`;
}

function head(about, notes = []) {
  find("#about").textContent = about || "Papers";
  find("#about").classList.toggle("hidden", !about);
  filters.chips(state, turn);
  find("#notes").replaceChildren(...notes.map((note) => element("li", {}, notice.sentence(note))));
}

function tell(text) {
  find("#message").textContent = text;
}

function clear() {
  head("");
  fresh();
  more.hidden = find("#list-actions").hidden = true;
}

function blank() {
  clear();
  notice.none();
  tell("");
  notice.start(collection, show);
  overview.show();
}

function nothing(answer) {
  const open = filters.inUse(state) > 0 && { text: "Remove the filters", run: () => go(address.write(address.unfiltered(state))) };
  const meaning = state.mode === "lexical" && { text: "Also search by meaning", run: () => go(address.write({ ...state, mode: "" })) };
  notice.nothing(answer, collection, [answer.among > 0 && meaning, open].filter(Boolean), show);
}

// Moves the focus to the hits, for keyboard and screen reader.
function toPapers() {
  find("#results").focus({ preventScroll: true });
}

find("#ask").addEventListener("submit", (event) => {
  event.preventDefault();
  typed();
  // Search again even if nothing has changed, because the store may have.
  if (isDraft) isDraft = false;
  else show();
  toPapers();
});

question.addEventListener("input", (event) => {
  clearTimeout(pause);
  if (!event.isComposing) pause = setTimeout(typed, PAUSE_MS);
});
question.addEventListener("compositionend", () => (pause = setTimeout(typed, PAUSE_MS)));

question.addEventListener("change", () => {
  typed();
  isDraft = false;
});

find("#results").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const id = event.target.closest("article")?.dataset.id;
  if (!button || !id) return;
  if (button.matches(".like")) hold(basket.toggled(state, "like", id));
  if (button.matches(".unlike")) hold(basket.toggled(state, "unlike", id));
  if (button.matches(".bibtex")) bibtex.ofPapers([id]);
});

find("#list-bibtex").addEventListener("click", () => bibtex.copy(pages));

addEventListener("popstate", () => {
  clearTimeout(pause);
  isDraft = false;
  show();
});

followed((href) => {
  go(address.write(address.read(href)));
  scrollTo(0, 0);
  toPapers();
});

folds();
suggests();
keys({ question, more });

/// The status of the store; requested once, and again while it is empty or gets another model.
let held;
async function collection() {
  if (!held?.papers || held.unfinished) held = await api.json("api/v1/status");
  const { papers: count, unfinished } = held;
  const model = unfinished?.model.split("/").pop();
  const embedded = unfinished ? `; ${number(unfinished.embedded)} embedded with ${model} so far` : "";
  find("#collection").textContent = count > 0 ? papers(count) + embedded : "";
  return held;
}

collection().catch(() => {});
show();
if (!address.request(state)) question.focus();
