// Describes schemas of OpenAPI 3.1 in words, and makes examples of them.

import { element } from "./dom.js";

const PREFIX = "#/components/schemas/";

export const nameOf = (schema) => (schema?.$ref?.startsWith(PREFIX) ? schema.$ref.slice(PREFIX.length) : null);

export const anchor = (name) => `schema-${name}`;

/// The type of a value, as text and links.
export function inWords(schema) {
  if (!schema || schema === true) return ["anything"];
  const name = nameOf(schema);
  if (name) return [element("a", { href: `#${anchor(name)}` }, name)];
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return joined(choices.map(inWords), " or ");
  if (schema.allOf) return joined(schema.allOf.map(inWords), " and ");
  if (schema.const !== undefined) return [element("code", {}, JSON.stringify(schema.const))];
  if (schema.enum) return joined(schema.enum.map((value) => [element("code", {}, String(value))]), ", ");
  const types = [schema.type ?? (schema.properties ? "object" : "anything")].flat();
  return joined(types.map((type) => ofType(type, schema)), " or ");
}

function ofType(type, schema) {
  if (type === "array") return ["list of ", ...inWords(schema.items)];
  if (type === "object" && schema.additionalProperties) return ["object of ", ...inWords(schema.additionalProperties)];
  const words = { string: "text", integer: "whole number", number: "number", boolean: "true or false", null: "null" };
  const least = schema.minimum ?? schema.exclusiveMinimum;
  const most = schema.maximum ?? schema.exclusiveMaximum;
  const bounds = type === "string" || type === "null" ? "" : span(least, most);
  return [`${words[type] ?? type}${bounds}`];
}

function span(least, most) {
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (least !== undefined) return ` from ${least}`;
  return most !== undefined ? ` up to ${most}` : "";
}

function joined(lists, between) {
  return lists.flatMap((list, at) => (at > 0 ? [between, ...list] : list));
}

/// An example of a value. Objects have only their required fields, if there are any.
export function example(schema, schemas, depth = 0) {
  if (!schema || schema === true || depth > 6) return null;
  const given = schema.example ?? schema.examples?.[0] ?? schema.default;
  if (given !== undefined && given !== null) return given;
  const name = nameOf(schema);
  if (name) return example(schemas[name], schemas, depth + 1);
  const choice = (schema.oneOf ?? schema.anyOf)?.find((one) => one.type !== "null");
  if (choice) return example(choice, schemas, depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((one) => example(one, schemas, depth + 1)));
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const type = [schema.type ?? "object"].flat().find((one) => one !== "null");
  if (type === "array") return [example(schema.items, schemas, depth + 1)];
  if (type === "object") return ofObject(schema, schemas, depth);
  return { string: "text", integer: schema.minimum ?? 1, number: schema.minimum ?? 1, boolean: true }[type] ?? null;
}

function ofObject({ properties = {}, required = [] }, schemas, depth) {
  const names = required.length > 0 ? required : Object.keys(properties).slice(0, 3);
  return Object.fromEntries(names.map((name) => [name, example(properties[name], schemas, depth + 1)]));
}

/// Renders paragraphs and `code` of a description.
export function prose(text) {
  return (text ?? "").split(/\n\s*\n/).filter((part) => part.trim()).map((part) => {
    const pieces = part.trim().split("`");
    return element("p", {}, ...pieces.map((piece, at) => (at % 2 === 1 ? element("code", {}, piece) : piece)));
  });
}
