// Completes the operators of a query while they are typed: author:, category:, venue:, year:.

import * as api from "./api.js";
import { element, find, number } from "./dom.js";

/// An operator at the end whose value is not complete.
const UNFINISHED = /(^|\s)[-−]?(author|category|venue|year):([^\s"“]*|["“][^"”]*)$/i;

const input = find("#question");
const list = find("#suggestions");
let asked = new AbortController();
let at = -1;

const options = () => [...list.children];

function hide() {
  asked.abort();
  list.replaceChildren();
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  choose(-1);
}

function choose(next) {
  at = next;
  for (const [place, option] of options().entries()) option.setAttribute("aria-selected", place === at);
  if (at < 0) input.removeAttribute("aria-activedescendant");
  else input.setAttribute("aria-activedescendant", options()[at].id);
}

function accept(option) {
  input.value = option.dataset.query + input.value.slice(input.selectionStart).trimStart();
  input.setSelectionRange(option.dataset.query.length, option.dataset.query.length);
  hide();
  input.focus();
  input.dispatchEvent(new Event("input"));
}

async function typed() {
  const q = input.value.slice(0, input.selectionStart);
  if (!UNFINISHED.test(q)) return hide();
  asked.abort();
  const { signal } = (asked = new AbortController());
  // Without suggestions the query can still be typed.
  const found = await api.json(`api/v1/suggest?q=${encodeURIComponent(q)}`, signal).catch(() => ({ values: [] }));
  if (signal.aborted) return;
  list.replaceChildren(...found.values.map(({ value, papers, query }, place) => {
    const option = element("li", { id: `suggestion-${place}`, role: "option", "aria-selected": "false" });
    option.dataset.query = query;
    option.append(value, element("span", { className: "quiet" }, ` ${number(papers)}`));
    return option;
  }));
  list.hidden = found.values.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  choose(-1);
}

/// Starts to suggest. Call it before other handlers of keys, because it takes some keys while suggestions are shown.
export function suggests() {
  input.addEventListener("input", (event) => event.isComposing || typed());
  input.addEventListener("blur", hide);
  input.addEventListener("keydown", (event) => {
    const count = options().length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (count === 0 || event.isComposing || !(step || event.key === "Escape" || (event.key === "Enter" && at >= 0))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (step) choose(at < 0 && step < 0 ? count - 1 : (at + step + count) % count);
    else if (event.key === "Enter") accept(options()[at]);
    else hide();
  });
  // Before the input loses the focus.
  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("li");
    event.preventDefault();
    if (option) accept(option);
  });
}
