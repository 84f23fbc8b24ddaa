// Helpers for elements. Contents of papers are only set as text, never as markup.

export const find = (name, within = document) => within.querySelector(name);

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role" || key === "for") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

export const number = (value) => value.toLocaleString("en");

export const papers = (count) => `${number(count)} ${count === 1 ? "paper" : "papers"}`;

/// Shows a message for 4 s, and announces it to screen readers.
export function say(text) {
  const place = find("#said");
  place.textContent = text;
  clearTimeout(say.ends);
  say.ends = setTimeout(() => (place.textContent = ""), 4000);
}

/// Handles links to the page itself without reloading it.
export function followed(go) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || link.origin !== location.origin || link.pathname !== location.pathname || link.hash) return;
    event.preventDefault();
    go(link.href, link);
  });
}

/// Side panels are collapsed on narrow screens.
export function folds() {
  for (const button of document.querySelectorAll(".fold")) {
    button.addEventListener("click", () => {
      const open = find(`#${button.getAttribute("aria-controls")}`).classList.toggle("open");
      button.setAttribute("aria-expanded", open);
    });
  }
}
