// What is said when there are no papers to show: an empty collection, nothing found, an error, a service that is gone. Each says
// what to do.

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

/// An error: what is wrong, and what can be done. Gives the line that says so in short.
export function of(error, again, signal) {
  const retry = { text: "Try again", run: again };
  if (error instanceof api.Gone) {
    const start = ["Start it again with ", code("paperkin serve"), ". This page goes on by itself as soon as it answers."];
    put("The service does not answer", ["It was stopped, or the way to it is cut.", start], [retry]);
    api.returned(signal).then(() => signal.aborted || again());
    return "The service does not answer.";
  }
  if (error instanceof api.Refused) {
    const hint = error.hint && sentence(error.hint);
    put(error.status < 500 ? "That cannot be answered" : "That did not work", [sentence(error.message), hint], [retry]);
    return sentence(error.message);
  }
  put("That did not work", ["The page met something that it does not know.", sentence(String(error.message))], [retry]);
  return "That did not work.";
}

function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(first) ? first : `${first}.`;
}

/// Nothing is asked yet.
export async function start(collection, again) {
  find("#start").hidden = false;
  const status = await collection().catch(() => null);
  if (status?.papers === 0 && !find("#start").hidden) empty(again);
}

function empty(again) {
  const add = ["Add papers with ", code("paperkin add FILE"), ", or the sample that comes with the program with ", code("paperkin add --sample"), "."];
  put("The collection is empty", [add, "They can be found here at once."], [{ text: "Look again", run: again }]);
}

/// An answer without papers.
export async function nothing(answer, collection, actions, again) {
  if (answer.among > 0) return put("No paper has any of these words", ["Other words may help, or a search by meaning."], actions);
  const status = await collection().catch(() => null);
  if (status?.papers === 0) return empty(again);
  const other = status ? `None of the ${papers(status.papers)} passes all filters.` : "No paper passes all filters.";
  put("Nothing was found", [actions.length > 0 ? other : "There is no other paper in the collection."], actions);
}
