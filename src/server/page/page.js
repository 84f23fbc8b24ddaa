// Asks the service and shows its answers. The address says what is shown, so that it can be kept and shared:
// `?q=` a question, `?related=` the id of a paper; `mode`, `from`, `to`, `category`, `author` and `organisation` as in the API.

const NARROWING = ["mode", "from", "to", "category", "author", "organisation"];

const form = document.querySelector("#ask");
const question = document.querySelector("#question");
const message = document.querySelector("#message");
const list = document.querySelector("#hits");
const template = document.querySelector("#hit");

let running = new AbortController();

function show() {
  const wanted = new URL(location.href).searchParams;
  const related = wanted.get("related");
  const asked = wanted.get("q") ?? "";
  question.value = related ? "" : asked;
  for (const name of NARROWING) form.elements[name].value = wanted.get(name) ?? "";
  const narrowed = narrowing();
  if (narrowed.size > 0) document.querySelector("#narrow").open = true;
  document.title = asked || related ? `${asked || "related papers"} – paperkin` : "paperkin";
  if (related) {
    narrowed.delete("mode");
    ask(`/api/v1/papers/${encodeURIComponent(related)}/related?${narrowed}`, related);
  } else if (asked.trim()) {
    narrowed.set("q", asked);
    ask(`/api/v1/search?${narrowed}`);
  } else {
    running.abort();
    list.replaceChildren();
    message.textContent = "";
  }
}

// What the form says about mode and filters.
function narrowing() {
  const fields = new FormData(form);
  return new URLSearchParams(NARROWING.map((name) => [name, fields.get(name).trim()]).filter(([, value]) => value));
}

async function ask(address, related) {
  running.abort();
  const mine = (running = new AbortController());
  message.textContent = "Searching …";
  try {
    const answer = await fetched(address, mine.signal);
    const about = related ? await titleOf(related, mine.signal) : "";
    list.replaceChildren(...answer.hits.map(card));
    const count = `${answer.hits.length} ${answer.hits.length === 1 ? "paper" : "papers"} in ${Math.round(answer.took_ms)} ms`;
    message.textContent = related ? `Related to “${about}”: ${count}` : count;
    if (answer.hits.length === 0) message.textContent = `Nothing found: ${nothing(answer)}.`;
  } catch (error) {
    if (mine.signal.aborted) return;
    list.replaceChildren();
    message.textContent = `That did not work: ${error.message}`;
  }
}

async function fetched(address, signal) {
  const response = await fetch(address, { signal });
  const answer = await response.json();
  if (response.ok) return answer;
  const end = answer.hint ? ` (${answer.hint})` : "";
  throw new Error(`${answer.detail ?? response.statusText}${end}`);
}

function nothing(answer) {
  if (answer.among > 0) return "no paper has any of these words";
  const narrowed = narrowing();
  narrowed.delete("mode");
  return narrowed.size > 0 ? "no paper matches the filters" : "the collection has no other paper";
}

async function titleOf(id, signal) {
  const response = await fetch(`/api/v1/papers/${encodeURIComponent(id)}`, { signal });
  return response.ok ? (await response.json()).title : id;
}

// Text from papers is only ever set as text, never as markup.
function card(hit) {
  const item = template.content.cloneNode(true);
  const part = (name) => item.querySelector(name);
  const title = part(".title");
  title.textContent = hit.title;
  if (/^https?:\/\//.test(hit.url ?? "")) title.href = hit.url;
  part(".facts").textContent = [byline(hit), hit.published, hit.categories.join(", "), hit.id].filter(Boolean).join(" · ");
  if (hit.abstract) part(".abstract").replaceChildren(...marked(hit.abstract, hit.highlight));
  else part("details").remove();
  if (hit.highlight) part(".highlight").replaceChildren(mark(hit.highlight));
  part(".related").href = `/?related=${encodeURIComponent(hit.id)}`;
  part(".why").textContent = why(hit);
  return item;
}

// The ranks of two rankings, or the score of the only one; and what a cross-encoder says.
function why(hit) {
  const again = hit.why.rerank === null ? [] : [`cross-encoder ${hit.why.rerank.toFixed(3)}`];
  return [found(hit), ...again].join(" · ");
}

function found({ score, why }) {
  if (why.bm25 === null) return `similarity ${score.toFixed(3)}`;
  if (why.cosine === null) return `words ${score.toFixed(1)}`;
  const ranks = [["meaning", why.meaning_rank], ["words", why.word_rank]];
  return ranks.filter(([, rank]) => rank).map(([by, rank]) => `by ${by} no. ${rank}`).join(" · ");
}

function marked(text, sentence) {
  const at = sentence ? text.indexOf(sentence) : -1;
  if (at < 0) return [text];
  return [text.slice(0, at), mark(sentence), text.slice(at + sentence.length)];
}

function mark(text) {
  const mark = document.createElement("mark");
  mark.textContent = text;
  return mark;
}

function byline(hit) {
  const total = Math.max(hit.authors.length, hit.author_count ?? 0);
  if (hit.authors.length === 0) return hit.organisation ?? (total ? `${total} author${total === 1 ? "" : "s"}` : "");
  const named = hit.authors.slice(0, 4);
  const more = total - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function go(address) {
  history.pushState(null, "", address);
  show();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = narrowing();
  asked.set("q", question.value);
  go(`/?${asked}`);
});

// Links of the page itself are followed without loading it again.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.origin !== location.origin || link.pathname !== "/") return;
  event.preventDefault();
  go(link.href);
  scrollTo(0, 0);
});

addEventListener("popstate", show);

async function collection() {
  const response = await fetch("/api/v1/status");
  if (!response.ok) return;
  const status = await response.json();
  document.querySelector("#collection").textContent = `${status.papers.toLocaleString("en")} papers · ${status.model}`;
}

collection().catch(() => {});
show();
