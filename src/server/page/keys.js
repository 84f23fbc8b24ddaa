// Keyboard shortcuts: `/` for the query, `j` and `k` for the next and previous paper, letters for actions on a paper.

import { find } from "./dom.js";

/// Keys of the actions on a paper.
const ON_PAPER = { a: ".unfold", r: ".related", "+": ".like", "=": ".like", "-": ".unlike", b: ".bibtex" };

export function keys({ question, more }) {
  const help = find("#keys");
  find("#show-keys").addEventListener("click", () => help.showModal());

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
    if (event.target === question) return inQuestion(event);
    if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
    if (pressed(event)) event.preventDefault();
  });

  function inQuestion(event) {
    if (event.key === "ArrowDown") return step(1) && event.preventDefault();
    if (event.key === "Escape" && question.value === "") question.blur();
  }

  function pressed({ key, target }) {
    const article = target.closest("#hits article");
    if (key === "/") return question.focus(), question.select(), true;
    if (key === "?") return help.showModal(), true;
    if (key === "j") return step(1);
    if (key === "k") return step(-1);
    if (key === "m") return find("#as-map").click(), true;
    if (!article) return false;
    if (key === "Enter" && target === article) return enter(article);
    const part = ON_PAPER[key] && find(ON_PAPER[key], article);
    return part ? (part.click(), true) : false;
  }

  // A paper without a URL shows its abstract instead.
  function enter(article) {
    const link = find(".title[href]", article);
    (link ?? find(".unfold", article))?.click();
    return true;
  }

  function step(by) {
    const stops = [...document.querySelectorAll("#hits article"), ...(more.hidden ? [] : [more])];
    const now = stops.findIndex((stop) => stop.contains(document.activeElement));
    if (by < 0 && now === 0) return question.focus(), scrollTo(0, 0), true;
    const next = stops[now < 0 ? 0 : Math.min(now + by, stops.length - 1)];
    next?.focus();
    return Boolean(next);
  }
}
