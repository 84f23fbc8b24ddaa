// Notices in place of hits: empty collection, no hits, error, service not reachable. Each shows what to do.

import * as api from "./api.js";
import { element, find, papers } from "./dom.js";

const place = find("#notice");

export function none() {
  place.hidden = true;
  if (find("#start")) find("#start").hidden = true;
}

function put(title, lines, actions = []) {
  const buttons = actions.map(({ text, run }) => element("button", { type: "button", onclick: run }, text));
  const paragraphs = lines.filter(Boolean).map((line) => element("p", {}, ...[line].flat()));
  const row = buttons.length > 0 ? [element("p", { className: "buttons" }, ...buttons)] : [];
  none();
  place.replaceChildren(element("h3", {}, title), ...paragraphs, ...row);
  place.hidden = false;
}

const code = (text) => element("code", {}, text);

/// Shows an error and what to do. Returns a short message.
export function of(error, again, signal) {
  const retry = { text: "Try again", run: again };
  if (error instanceof api.Gone) {
    const start = ["Start it with ", code("paperkin serve"), ". This page continues as soon as the service responds."];
    put("The service does not answer", ["It was stopped, or the connection is broken.", start], [retry]);
    api.returned(signal).then(() => signal.aborted || again());
    return "The service does not answer.";
  }
  if (error instanceof api.Refused) {
    const hint = error.hint && sentence(error.hint);
    put(error.status < 500 ? "The request was rejected" : "The request failed", [sentence(error.message), hint], [retry]);
    return sentence(error.message);
  }
  put("The page failed", ["An unexpected error occurred.", sentence(String(error.message))], [retry]);
  return "The page failed.";
}

/// A text as a sentence.
export function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(first) ? first : `${first}.`;
}

/// Shown before the first query.
export async function start(collection, again) {
  find("#start").hidden = false;
  const status = await collection().catch(() => null);
  if (status?.papers === 0 && !find("#start").hidden) empty(again);
}

function empty(again) {
  const add = ["Add papers with ", code("paperkin add FILE"), ", or the sample collection with ", code("paperkin add --sample"), "."];
  put("The collection is empty", [add, "You can search them at once."], [{ text: "Check again", run: again }]);
}

/// An answer without hits.
export async function nothing(answer, collection, actions, again) {
  if (answer.among > 0) return put("No paper contains any of these words", ["Try other words, or search by meaning."], actions);
  const status = await collection().catch(() => null);
  if (status?.papers === 0) return empty(again);
  if (answer.understood?.emptied) return put("Nothing was found", [answer.notes.map(sentence).at(-1)], actions);
  const other = status ? `None of the ${papers(status.papers)} passes all filters.` : "No paper passes all filters.";
  put("Nothing was found", [actions.length > 0 ? other : "There is no other paper in the collection."], actions);
}
