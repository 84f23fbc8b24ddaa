// The basket: positive and negative example papers. It is part of the address.

import * as api from "./api.js";
import { asking, write } from "./address.js";
import * as bibtex from "./bibtex.js";
import { element, find, papers } from "./dom.js";

const SIDES = { like: "More like", unlike: "Less like" };

/// The state with a paper added to a side of the basket, or removed if it is there already.
export function toggled(state, side, id) {
  const other = side === "like" ? "unlike" : "like";
  const isThere = state[side].includes(id);
  const changes = {
    [side]: isThere ? state[side].filter((one) => one !== id) : [...state[side], id],
    [other]: state[other].filter((one) => one !== id),
  };
  const isEmpty = changes.like.length + changes.unlike.length === 0;
  return { ...state, ...changes, show: isEmpty ? "" : state.show };
}

/// Shows the basket of a state; `change` is called with the next state.
export async function show(state, change) {
  const ids = [...state.like, ...state.unlike];
  shown = ids;
  // Wait for the titles, because replacing ids by titles would shift the layout.
  const titles = new Map(await Promise.all(ids.map(async (id) => [id, await api.title(id)])));
  if (shown !== ids) return;
  find("#basket-count").textContent = ids.length ? papers(ids.length) : "";
  find("#basket-content").hidden = ids.length === 0;
  find("#basket-hint").hidden = ids.length > 0;
  const had = find("#basket").contains(document.activeElement);
  for (const side of Object.keys(SIDES)) fill(side, state, titles, change);
  const more = find("#more-like-these");
  const asks = state.like.length > 0 || state.q.trim();
  more.hidden = !asks;
  find("#unlike-hint").hidden = Boolean(asks);
  more.href = write({ ...state, related: "", show: "basket" });
  more.textContent = state.q.trim() && !state.related ? "Find more, for this question" : "Find more like these";
  find("#basket-bibtex").onclick = () => bibtex.ofPapers(ids);
  find("#basket-clear").onclick = () => change({ ...state, like: [], unlike: [], show: "" });
  // Keep the keyboard focus in the basket after a removal.
  if (had && !document.activeElement.closest("#basket")) (find("#basket-content li button") ?? find("#question")).focus();
}

/// The papers of the latest state.
let shown;

function fill(side, state, titles, change) {
  const list = find(`#basket-${side}`);
  list.parentElement.hidden = state[side].length === 0;
  list.replaceChildren(...state[side].map((id) => row(side, id, titles.get(id), state, change)));
}

function row(side, id, title, state, change) {
  const other = side === "like" ? "unlike" : "like";
  const link = element("a", { href: write(asking(state, { related: id })) }, title);
  const act = (text, between, next) => {
    const spoken = element("span", { className: "hidden" }, `${between}${title}`);
    return element("button", { type: "button", onclick: () => change(toggled(state, next, id)) }, text, spoken);
  };
  const turn = act(other === "like" ? "more" : "less", " like ", other);
  turn.title = `${SIDES[other]} this instead`;
  return element("li", {}, link, element("span", { className: "row-actions" }, turn, act("remove", " ", side)));
}
