// The basket: papers of which more are wanted, and papers of which less. It is kept in the address.

import * as api from "./api.js";
import { asking, write } from "./address.js";
import * as bibtex from "./bibtex.js";
import { element, find, papers } from "./dom.js";

const SIDES = { like: "More like", unlike: "Less like" };

/// The state with a paper put on a side of the basket, or taken off where it is there already.
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

/// Shows the basket of a state; `change` is told the next one.
export async function show(state, change) {
  const size = state.like.length + state.unlike.length;
  find("#basket").classList.toggle("empty", size === 0);
  find("#basket-count").textContent = size ? papers(size) : "";
  find("#basket-content").hidden = size === 0;
  find("#basket-hint").hidden = size > 0;
  for (const side of Object.keys(SIDES)) fill(side, state, change);
  const more = find("#more-like-these");
  const asks = state.like.length > 0 || state.q.trim();
  more.hidden = !asks;
  find("#unlike-hint").hidden = Boolean(asks);
  more.href = write({ ...state, related: "", show: "basket" });
  more.textContent = state.q.trim() && !state.related ? "Find more, for this question" : "Find more like these";
  find("#basket-bibtex").onclick = () => bibtex.ofPapers([...state.like, ...state.unlike]);
  find("#basket-clear").onclick = () => change({ ...state, like: [], unlike: [], show: "" });
}

function fill(side, state, change) {
  const list = find(`#basket-${side}`);
  list.parentElement.hidden = state[side].length === 0;
  const had = list.contains(document.activeElement);
  list.replaceChildren(...state[side].map((id) => row(side, id, state, change)));
  if (had) (list.querySelector("button") ?? find("#question")).focus();
}

function row(side, id, state, change) {
  const other = side === "like" ? "unlike" : "like";
  const link = element("a", { href: write(asking(state, { related: id })), title: "Related papers" }, id);
  const text = element("span", { className: "hidden" }, id);
  api.title(id).then((title) => (link.textContent = text.textContent = title));
  const turn = element("button", { type: "button" }, other === "like" ? "more" : "less");
  turn.title = `${SIDES[other]} this instead`;
  turn.onclick = () => change(toggled(state, other, id));
  const off = element("button", { type: "button", title: "Take off" }, "remove");
  off.onclick = () => change(toggled(state, side, id));
  turn.append(element("span", { className: "hidden" }, " like "), text);
  off.append(element("span", { className: "hidden" }, " "), text.cloneNode(true));
  api.title(id).then((title) => (off.lastChild.textContent = title));
  return element("li", {}, link, element("span", { className: "row-actions" }, turn, off));
}
