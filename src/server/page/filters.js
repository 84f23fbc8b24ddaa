// The filters, with the number of papers of each choice, and the active ones as removable chips.

import * as api from "./api.js";
import { filters } from "./address.js";
import { element, find, number } from "./dom.js";

/// Categories shown initially.
const FEW = 10;
const TYPES = "article preprint review conference-paper book chapter thesis report dataset software editorial retracted".split(" ");

find("#type").append(...TYPES.map((value) => element("option", { value }, value.replace("-", " "))));

let asked = null;
let counted = null;
let running = new AbortController();
let all = false;

/// Shows the filters of a state; `change` is called with the next state.
export function show(state, change) {
  for (const name of ["mode", "type", "min_citations"]) {
    const box = find(`#${name}`);
    box.value = state[name];
    box.onchange = () => change({ ...state, [name]: name === "type" ? [box.value].filter(Boolean) : box.value });
  }
  for (const name of ["category", "author", "organisation", "venue"]) adder(name, state, change);
  if (counted) choices(state, change);
  count(state, change);
}

/// Number of filters of a state.
export function inUse(state) {
  return [...filters(state)].length;
}

// The counts depend on the filters, not on the query.
async function count(state, change) {
  const wanted = `api/v1/facets?${filters(state)}`;
  if (wanted === asked) return;
  running.abort();
  const mine = (running = new AbortController());
  asked = wanted;
  try {
    counted = await api.json(wanted, mine.signal);
    choices(state, change);
  } catch {
    // The search shows the error. The counts are requested again later.
    if (!mine.signal.aborted) asked = null;
  }
  // Space is reserved until the counts arrive, so that the layout does not shift.
  if (!mine.signal.aborted) document.body.classList.remove("uncounted");
}

function choices(state, change) {
  find("#facets").hidden = false;
  categories(state, change);
  years(state, change);
}

function categories(state, change) {
  const list = find("#categories");
  const focused = list.contains(document.activeElement) ? document.activeElement.value : null;
  const known = new Set(counted.categories.map(({ category }) => category));
  const others = state.category.filter((category) => !known.has(category)).map((category) => ({ category }));
  const isShown = ({ category }, at) => all || at < FEW || state.category.includes(category);
  list.replaceChildren(...[...others, ...counted.categories.filter(isShown)].map(({ category, papers }) => {
    const box = element("input", { type: "checkbox", value: category, checked: state.category.includes(category) });
    box.onchange = () => {
      const rest = state.category.filter((one) => one !== category);
      change({ ...state, category: box.checked ? [...rest, category] : rest });
    };
    const name = element("span", { className: "name" }, category);
    const count = element("span", { className: "count" }, papers === undefined ? "" : number(papers));
    return element("li", {}, element("label", {}, box, name, count));
  }));
  if (focused !== null) [...list.querySelectorAll("input")].find((box) => box.value === focused)?.focus();
  const more = find("#all-categories");
  more.hidden = counted.categories.length <= FEW;
  more.textContent = all ? "Fewer" : `All ${counted.categories.length}`;
  more.setAttribute("aria-expanded", all);
  more.onclick = () => {
    all = !all;
    categories(state, change);
  };
}

// A column for each year; the two lists below are the accessible controls.
function years(state, change) {
  const { years } = counted;
  find("#years").hidden = years.length === 0;
  if (years.length === 0) return;
  const [first, last] = [years[0].year, years.at(-1).year];
  const papersOf = new Map(years.map(({ year, papers }) => [year, papers]));
  const most = Math.max(...papersOf.values());
  const within = (year) => (!state.from || year >= state.from.slice(0, 4)) && (!state.to || year <= state.to.slice(0, 4));
  const span = Array.from({ length: Math.min(last - first + 1, 200) }, (_, at) => last - Math.min(last - first, 199) + at);
  find("#columns").replaceChildren(...span.map((year) => {
    const papers = papersOf.get(year) ?? 0;
    const column = element("span", { title: `${year}: ${number(papers)}` }, element("span"));
    column.classList.toggle("out", !within(String(year)));
    column.firstChild.style.height = `${(100 * papers) / most}%`;
    column.onclick = () => change({ ...state, from: String(year), to: String(year) });
    return column;
  }));
  for (const name of ["from", "to"]) {
    const list = find(`#${name}`);
    const values = years.map(({ year, papers }) => [String(year), `${year} (${number(papers)})`]);
    if (state[name] && !values.some(([value]) => value === state[name])) values.unshift([state[name], state[name]]);
    list.replaceChildren(...[["", "any"], ...values].map(([value, text]) => element("option", { value }, text)));
    list.value = state[name];
    list.onchange = () => change({ ...state, [name]: list.value });
  }
}

// An input that adds a filter: part of a name, or a category such as `cs.*`.
function adder(name, state, change) {
  const box = find(`#add-${name}`);
  box.onchange = () => {
    const value = box.value.trim();
    box.value = "";
    if (value && !state[name].includes(value)) change({ ...state, [name]: [...state[name], value] });
  };
}

/// The active filters as removable chips. They change together with the answer, so that the layout does not shift.
export function chips(state, change) {
  const list = find("#chips");
  const had = list.contains(document.activeElement);
  const off = (text, changes) => {
    const button = element("button", { type: "button" }, text, element("span", { className: "hidden" }, ": remove"));
    button.onclick = () => change({ ...state, ...changes });
    return element("li", {}, button);
  };
  const each = (name) => state[name].map((value) => {
    return off(`${name === "ids" ? "id" : name} ${value}`, { [name]: state[name].filter((one) => one !== value) });
  });
  const one = (name, text) => (state[name] ? [off(text, { [name]: "" })] : []);
  const span = state.from && state.from === state.to
    ? [off(`in ${state.from}`, { from: "", to: "" })]
    : [...one("from", `from ${state.from}`), ...one("to", `to ${state.to}`)];
  const least = (what) => one(`min_${what}`, `at least ${state[`min_${what}`]} ${what}`);
  list.replaceChildren(
    ...each("category"), ...span, ...["author", "organisation", "venue", "type", "ids"].flatMap(each),
    ...least("citations"), ...least("comments"), ...one("diverse", `diversity ${state.diverse}`),
  );
  if (had) (list.querySelector("button") ?? find("#question")).focus();
  const count = inUse(state);
  find("#filters-count").textContent = count ? `${count}` : "";
}
