// Addresses of the page and the API. They are relative, so that they are right below the prefix of a proxy.
//
// The state of the page, which is stored in its address, so that addresses can be bookmarked and shared.
//
// `q` is the query, `related` the id of a paper, `like` and `unlike` the basket; `show=basket` searches by the basket. Other
// parameters have the names of the API.

const SINGLE = ["q", "related", "show", "mode", "fusion", "feedback", "rerank", "diverse", "from", "to", "min_citations", "min_comments"];
const LISTS = ["category", "author", "organisation", "venue", "type", "ids", "like", "unlike"];
const FILTERS = ["from", "to", "category", "author", "organisation", "venue", "type", "min_citations", "min_comments", "ids"];
const OPTIONS = ["mode", "fusion", "feedback", "diverse"];
/// Page size; the API returns highlights for the first 20 hits.
const K = "20";

export function read(address = location.href) {
  const said = new URL(address, location.href).searchParams;
  const state = {};
  for (const name of SINGLE) state[name] = said.get(name) ?? "";
  for (const name of LISTS) state[name] = [...new Set(said.getAll(name).filter(Boolean))];
  return state;
}

export function write(state, path = "./") {
  const said = parameters(state, [...SINGLE, ...LISTS]);
  return said.size > 0 ? `${path}?${said}` : path;
}

/// The state with the same filters and basket, without a query.
export function asking(state, changes) {
  return { ...state, q: "", related: "", show: "", ...changes };
}

export function parameters(state, names) {
  const said = new URLSearchParams();
  for (const name of names) for (const value of [state[name]].flat()) if (value.trim()) said.append(name, value.trim());
  return said;
}

export function unfiltered(state) {
  return { ...state, ...Object.fromEntries(FILTERS.map((name) => [name, LISTS.includes(name) ? [] : ""])) };
}

export function filters(state) {
  return parameters(state, FILTERS);
}

/// The API request of a state; empty if there is nothing to search.
export function request(state) {
  const said = parameters(state, [...FILTERS, ...OPTIONS]);
  said.set("k", K);
  if (state.related) return `api/v1/papers/${encodeURIComponent(state.related)}/related?${said}`;
  if (state.show === "basket") {
    for (const id of state.like) said.append("id", id);
    for (const id of state.unlike) said.append("unlike", id);
    if (state.q.trim()) said.set("text", state.q.trim());
    return said.has("id") || said.has("text") ? `api/v1/related?${said}` : "";
  }
  if (!state.q.trim()) return "";
  for (const [name, value] of parameters(state, ["q", "rerank"])) said.append(name, value);
  return `api/v1/search?${said}`;
}

/// The address of the Atom feed of the query.
export function feed(state) {
  return state.q.trim() && !state.related && !state.show ? `feed.atom?${parameters(state, ["q", "mode", "fusion", "feedback", ...FILTERS])}` : "";
}
