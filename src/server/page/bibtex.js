// Copies BibTeX from the service to the clipboard.

import { answered } from "./api.js";
import { element, papers, say } from "./dom.js";

/// The BibTeX of papers, by their ids.
export function ofPapers(ids) {
  return copy(ids.map((id) => `api/v1/papers/${encodeURIComponent(id)}`));
}

/// The BibTeX of all papers in the responses of these requests.
export async function copy(addresses) {
  try {
    const asked = addresses.map((address) => answered(`${address}${address.includes("?") ? "&" : "?"}format=bibtex`));
    const texts = await Promise.all((await Promise.all(asked)).map((response) => response.text()));
    const text = texts.map((text) => text.trim()).join("\n\n");
    await toClipboard(`${text}\n`);
    say(`BibTeX of ${papers(text.match(/^@/gm)?.length ?? 0)} copied`);
  } catch (error) {
    say(`BibTeX was not copied: ${error.message || "the service does not answer"}`);
  }
}

// Browsers provide `navigator.clipboard` only over HTTPS and on localhost.
async function toClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const focused = document.activeElement;
  const area = element("textarea", { className: "hidden", value: text });
  document.body.append(area);
  area.focus({ preventScroll: true });
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus({ preventScroll: true });
  if (!copied) throw new Error("the browser does not allow it here");
}
