// Renders the documentation of the API from `/openapi.json`.

import * as api from "./api.js";
import { element, find, folds } from "./dom.js";
import * as notice from "./notice.js";
import { anchor, example, inWords, nameOf, prose } from "./schema.js";

const METHODS = ["get", "post", "put", "patch", "delete"];

function written(document) {
  const schemas = document.components?.schemas ?? {};
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) => {
    return METHODS.filter((method) => item[method]).map((method) => {
      const parameters = [...(item.parameters ?? []), ...(item[method].parameters ?? [])];
      return { ...item[method], method, path, parameters, id: `${method}${path.replace(/[^a-z0-9]+/gi, "-")}` };
    });
  });
  const tags = new Map((document.tags ?? []).map((tag) => [tag.name, tag.description]));
  const order = [...tags.keys()];
  const groups = grouped(operations.toSorted((a, b) => order.indexOf(groupOf(a)) - order.indexOf(groupOf(b))));
  find("#title").textContent = [document.info?.title, document.info?.version].filter(Boolean).join(" ");
  const parts = [...groups].map(([name, group]) => {
    const about = prose(tags.get(name));
    return element("section", { "aria-label": name }, element("h3", { className: "group" }, name), ...about, ...group.map((one) => operation(one, schemas, document)));
  });
  const names = Object.keys(schemas).sort();
  const types = element("section", { "aria-label": "Types" }, element("h3", { className: "group" }, "Types"), ...names.map((name) => type(name, schemas[name])));
  find("#operations").replaceChildren(...prose(document.info?.description), ...parts, ...(names.length > 0 ? [types] : []));
  const link = (id, ...text) => element("li", {}, element("a", { href: `#${id}` }, ...text));
  find("#contents .folded").replaceChildren(...[...groups].flatMap(([name, group]) => [
    element("h2", {}, name),
    element("ul", {}, ...group.map(({ id, method, path }) => link(id, badge(method), path.replace(/^\/api\/v1/, "") || path))),
  ]), ...(names.length > 0 ? [element("h2", {}, "Types"), element("ul", {}, ...names.map((name) => link(anchor(name), name)))] : []));
}

const groupOf = ({ tags }) => tags?.[0] ?? "Operations";

function grouped(operations) {
  const groups = new Map();
  for (const one of operations) groups.set(groupOf(one), [...(groups.get(groupOf(one)) ?? []), one]);
  return groups;
}

function badge(method) {
  return element("span", { className: `method ${method}` }, method.toUpperCase());
}

function operation(one, schemas, document) {
  const heading = element("h4", { id: one.id, tabIndex: -1 }, badge(one.method), element("span", { className: "path" }, one.path));
  const said = [one.summary, one.description].filter(Boolean).filter((text, at, all) => all.indexOf(text) === at);
  const parts = [heading, ...said.flatMap(prose)];
  if (one.deprecated) parts.push(element("p", { className: "quiet" }, "Deprecated."));
  if (isGuarded(one, document)) parts.push(element("p", { className: "quiet" }, "Requires a bearer token."));
  if (one.parameters.length > 0) parts.push(parametersOf(one.parameters));
  const bodies = Object.entries(one.requestBody?.content ?? {});
  if (bodies.length > 0) {
    const rows = bodies.map(([kind, { schema }]) => [code(kind), [...inWords(schema)], prose(one.requestBody.description)]);
    parts.push(table("Body", ["media type", "type", "description"], rows));
  }
  const answers = Object.entries(one.responses ?? {}).map(([status, answer]) => {
    const kinds = Object.entries(answer.content ?? {});
    const what = kinds.flatMap(([kind, { schema }], at) => [at > 0 ? element("br") : "", code(kind), ...(schema ? [" ", ...inWords(schema)] : [])]);
    return [status, what, prose(answer.description)];
  });
  if (answers.length > 0) parts.push(table("Responses", ["status", "content", "description"], answers));
  parts.push(element("h5", {}, "Example"), element("pre", { tabIndex: 0, role: "group", "aria-label": "Example" }, curl(one, schemas, document)));
  return element("article", { className: "operation" }, ...parts);
}

const code = (text) => element("code", {}, text);

function parametersOf(parameters) {
  return table("Parameters", ["name", "in", "type", "description"], parameters.map((one) => {
    const needed = one.required ? [" ", element("span", { className: "quiet" }, "required")] : [];
    const usual = one.schema?.default !== undefined && one.schema.default !== null ? [" Default: ", code(String(one.schema.default))] : [];
    return [[code(one.name), ...needed], one.in, inWords(one.schema), [...prose(one.description ?? one.schema?.description), ...usual]];
  }));
}

function type(name, schema) {
  const parts = [element("h4", { id: anchor(name), tabIndex: -1 }, name), ...prose(schema.description)];
  const own = [schema, ...(schema.allOf ?? [])].filter((one) => one.properties);
  const rows = own.flatMap(({ properties, required = [] }) => Object.entries(properties).map(([field, value]) => {
    const needed = required.includes(field) ? [] : [" ", element("span", { className: "quiet" }, "optional")];
    return [[code(field), ...needed], inWords(value), prose(value.description)];
  }));
  const also = (schema.allOf ?? []).filter(nameOf);
  if (rows.length === 0) parts.push(element("p", {}, ...inWords(schema)));
  if (also.length > 0 && rows.length > 0) parts.push(element("p", {}, "All of ", ...also.flatMap((one, at) => [at ? ", " : "", ...inWords(one)]), ", and:"));
  if (rows.length > 0) parts.push(table("Fields", ["name", "type", "description"], rows));
  return element("article", { className: "operation" }, ...parts);
}

function table(caption, heads, rows) {
  const cell = (name, content) => element(name, {}, ...[content].flat());
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map((row) => element("tr", {}, ...row.map((content) => cell("td", content))));
  const made = element("table", {}, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...body));
  return element("div", { className: "scrolls", tabIndex: 0, role: "group", "aria-label": caption }, made);
}

const isGuarded = (one, document) => (one.security ?? document.security ?? []).some((way) => Object.keys(way).length > 0);

// An example call with curl.
function curl(one, schemas, document) {
  const valueOf = ({ schema, ...given }) => given.example ?? Object.values(given.examples ?? {})[0]?.value ?? example(schema, schemas);
  const shown = one.parameters.filter((parameter) => parameter.required || parameter.example !== undefined);
  const path = one.path.replace(/\{(\w+)\}/g, (whole, name) => {
    const parameter = shown.find((parameter) => parameter.name === name);
    const value = parameter && valueOf(parameter);
    return !value || value === "text" ? "2401.01234" : encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const parameter of shown.filter((parameter) => parameter.in === "query")) {
    for (const value of [valueOf(parameter)].flat()) query.append(parameter.name, value);
  }
  const lines = [`curl ${one.method === "get" ? "" : `-X ${one.method.toUpperCase()} `}${quoted(`${new URL(`.${path}`, location)}${query.size > 0 ? `?${query}` : ""}`)}`];
  if (isGuarded(one, document)) lines.push('-H "Authorization: Bearer $PAPERKIN_TOKEN"');
  const [body] = Object.entries(one.requestBody?.content ?? {});
  if (body) {
    const [kind, { schema, ...given }] = body;
    const value = given.example ?? example(schema, schemas);
    lines.push(`-H ${quoted(`Content-Type: ${kind}`)}`, `--data ${quoted(typeof value === "string" ? value : JSON.stringify(value))}`);
  }
  return lines.join(" \\\n  ");
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

async function load() {
  const { signal } = new AbortController();
  try {
    written(await api.json("openapi.json", signal));
    notice.none();
    find("#message").hidden = true;
    if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  } catch (error) {
    find("#message").textContent = notice.of(error, load, signal);
  }
}

folds();
load();
