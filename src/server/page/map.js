// The map of the collection: canvas, legend, selected paper, and hits of the query.

import * as address from "./address.js";
import * as api from "./api.js";
import * as bibtex from "./bibtex.js";
import { card } from "./card.js";
import { census, decode, GREY, hasHue, HUES, hueOf, middle, mixture, packed, Painter } from "./cloud.js";
import { element, find, number, papers, say } from "./dom.js";
import * as notice from "./notice.js";
import { View } from "./view.js";

const canvas = find("#canvas");
const context = canvas.getContext("2d", { alpha: false });
const question = find("#question");
const tip = find("#tip");
const dark = matchMedia("(prefers-color-scheme: dark)");
/// Opacity of the categories that are not selected.
const FAINT = 0.15;
/// Categories shown in the legend initially.
const FEW = HUES.length;
/// Minimum and maximum radius of points; those of small collections are larger.
const RADIUS_PX = [1.1, 4.5];

let state = address.read();
let cloud = null;
let legend = [];
let colours = null;
let above = null;
/// The selected category, which alone is coloured.
let strong = null;
let marks = [];
let chosen = -1;
let pointed = -1;
let painter = null;
let isDue = false;
let running = new AbortController();
let pause;

const view = new View(canvas, redraw);

function redraw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    if (cloud && painter) draw();
  });
}

function draw() {
  const ratio = canvas.width / view.width;
  const whole = Math.min(RADIUS_PX[1], Math.max(RADIUS_PX[0], 0.16 * Math.sqrt((view.width * view.height) / cloud.count)));
  const radius = ratio * Math.min(RADIUS_PX[1] + 1, whole * Math.max(1, view.zoom) ** 0.4);
  painter.paint(context, cloud, {
    scale: view.scale * ratio, left: view.left * ratio, top: view.top * ratio,
    radius, ground: packed(ground()), colours, above,
  });
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  labels();
  for (const { point } of marks) ring(point, 6, ink(), 2);
  if (pointed >= 0) ring(pointed, 7, ink(), 1.5);
  if (chosen >= 0) ring(chosen, 9, ink(), 3);
  if (document.activeElement === canvas && canvas.matches(":focus-visible")) cross();
  context.setTransform(1, 0, 0, 1, 0, 0);
}

const ground = () => (dark.matches ? "#14171c" : "#fcfbf8");
const ink = () => (dark.matches ? "#f2f3f5" : "#16191f");

function labels() {
  context.font = "600 12px system-ui, sans-serif";
  context.textAlign = "center";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = ground();
  context.fillStyle = ink();
  const taken = [];
  for (const { name, place, number } of legend) {
    if (!place) break;
    if (strong !== null && strong !== number) continue;
    const { px, py } = view.pixel(place.x, place.y);
    // Of two overlapping labels, the one of the smaller category is omitted.
    const half = context.measureText(name).width / 2 + 4;
    if (taken.some((one) => Math.abs(one.px - px) < one.half + half && Math.abs(one.py - py) < 16)) continue;
    taken.push({ px, py, half });
    context.strokeText(name, px, py);
    context.fillText(name, px, py);
  }
}

function ring(point, radius, colour, width) {
  const { px, py } = view.pixel(cloud.x[point], cloud.y[point]);
  for (const [style, line] of [[ground(), width + 2], [colour, width]]) {
    context.beginPath();
    context.arc(px, py, radius, 0, 7);
    context.strokeStyle = style;
    context.lineWidth = line;
    context.stroke();
  }
}

function cross() {
  const [x, y] = [view.width / 2, view.height / 2];
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(x + 5 * dx, y + 5 * dy);
    context.lineTo(x + 14 * dx, y + 14 * dy);
  }
  context.strokeStyle = ink();
  context.lineWidth = 1.5;
  context.stroke();
}

function fit() {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = Math.min(devicePixelRatio || 1, 2);
  if (width === 0 || height === 0) return;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  painter = new Painter(canvas.width, canvas.height);
  view.resize(width, height);
  redraw();
}

function paintLegend() {
  const others = packed(mixture(GREY, ground(), strong === null ? 0.6 : FAINT));
  colours = new Uint32Array(0x10000).fill(others);
  above = new Uint8Array(0x10000);
  for (const [rank, { number }] of legend.entries()) {
    const hue = hueOf(rank, number);
    if (strong === number) colours[number] = packed(hasHue(rank, number) ? hue : ink());
    else if (hasHue(rank, number)) colours[number] = packed(strong === null ? hue : mixture(hue, ground(), FAINT));
    above[number] = Number(strong === null ? hasHue(rank, number) : strong === number);
  }
  redraw();
}

function showLegend(all = false) {
  const entries = (all ? legend : legend.slice(0, FEW)).map(({ number: category, papers, name }, rank) => {
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = hueOf(rank, category);
    const text = element("span", { className: "name" }, name);
    const count = element("span", { className: "count" }, number(papers));
    const button = element("button", { type: "button", "aria-pressed": strong === category }, swatch, text, count);
    button.onclick = () => {
      strong = strong === category ? null : category;
      for (const other of find("#legend").querySelectorAll("button")) other.setAttribute("aria-pressed", other === button && strong !== null);
      paintLegend();
    };
    return element("li", {}, button);
  });
  find("#legend").replaceChildren(...entries);
  const more = find("#all-legend");
  more.hidden = legend.length <= FEW;
  more.textContent = all ? "Fewer" : `All ${legend.length}`;
  more.setAttribute("aria-expanded", all);
  more.onclick = () => showLegend(!all);
}

async function choose(point, { focus = false } = {}) {
  chosen = point;
  redraw();
  if (point < 0) return find("#chosen").replaceChildren();
  try {
    const paper = await api.paper(cloud.ids[point]);
    if (chosen !== point) return;
    const item = card({ ...paper, why: null }, {});
    find(".related", item).href = address.write(address.asking(state, { related: paper.id }));
    find(".like", item).href = address.write(address.asking(state, { like: [...new Set([...state.like, paper.id])], show: "basket" }));
    find(".bibtex", item).onclick = () => bibtex.ofPapers([paper.id]);
    notice.none();
    find("#chosen").replaceChildren(item);
    if (focus) find("#chosen article").focus();
    else say(paper.title);
  } catch (error) {
    if (chosen === point) tell(notice.of(error, () => choose(point, { focus }), running.signal));
  }
}

view.clicked = (px, py) => choose(view.nearest(px, py));

view.hovered = (px, py) => {
  const point = px < 0 ? -1 : view.nearest(px, py, 8);
  if (point === pointed) return;
  pointed = point;
  tip.hidden = true;
  canvas.classList.toggle("on-point", point >= 0);
  redraw();
  clearTimeout(view.resting);
  if (point >= 0) view.resting = setTimeout(() => name(point), 120);
};

async function name(point) {
  const title = await api.title(cloud.ids[point]);
  if (pointed !== point) return;
  const { px, py } = view.pixel(cloud.x[point], cloud.y[point]);
  tip.textContent = title;
  tip.hidden = false;
  tip.style.left = `${Math.min(Math.max(px, 120), view.width - 120)}px`;
  tip.style.top = `${py > 80 ? py - 14 : py + 14}px`;
  tip.classList.toggle("below", py <= 80);
}

const MOVES = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

canvas.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !cloud) return;
  const step = event.shiftKey ? 240 : 60;
  if (MOVES[event.key]) view.move(MOVES[event.key][0] * step, MOVES[event.key][1] * step);
  else if (event.key === "+" || event.key === "=") view.zoomBy(1.4);
  else if (event.key === "-") view.zoomBy(1 / 1.4);
  else if (event.key === "0") view.whole();
  else if (event.key === "Enter") return choose(view.nearest(view.width / 2, view.height / 2, Infinity), { focus: true });
  else return;
  event.preventDefault();
  pointed = view.nearest(view.width / 2, view.height / 2, Infinity);
  clearTimeout(view.resting);
  const point = pointed;
  view.resting = setTimeout(async () => {
    const title = await api.title(cloud.ids[point]);
    if (pointed === point) say(title);
  }, 400);
});
for (const event of ["focus", "blur"]) canvas.addEventListener(event, redraw);

find("#closer").onclick = () => cloud && view.zoomBy(1.6);
find("#farther").onclick = () => cloud && view.zoomBy(1 / 1.6);
find("#whole").onclick = () => cloud && view.whole();

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  question.focus();
  question.select();
});

function tell(text) {
  find("#message").textContent = text;
}

function frame() {
  if (question.value.trim() !== state.q.trim()) question.value = state.q;
  find("#name").href = find("#as-search").href = address.write(state);
}

async function mark() {
  running.abort();
  const mine = (running = new AbortController());
  const asked = address.request(state);
  frame();
  try {
    const answer = asked ? await api.json(asked, mine.signal) : { hits: [] };
    const places = new Map(cloud.ids.map((id, point) => [id, point]));
    marks = answer.hits.map((hit) => ({ hit, point: places.get(hit.id) ?? -1 })).filter(({ point }) => point >= 0);
    for (const { hit } of marks) api.remember(hit);
    showMarks();
    notice.none();
    tell(asked ? `${papers(marks.length)} marked, of ${number(cloud.count)}` : `${papers(cloud.count)}`);
    redraw();
  } catch (error) {
    if (!mine.signal.aborted) tell(notice.of(error, mark, mine.signal));
  }
}

function showMarks() {
  find("#marked").hidden = marks.length === 0;
  find("#marks").replaceChildren(...marks.map(({ hit, point }) => {
    const button = element("button", { type: "button", className: "plain" }, hit.title);
    button.onclick = () => {
      view.zoom = Math.max(view.zoom, 4);
      view.centre(cloud.x[point], cloud.y[point]);
      choose(point, { focus: true });
    };
    for (const event of ["pointerenter", "focus"]) button.addEventListener(event, () => ((pointed = point), redraw()));
    return element("li", {}, button);
  }));
}

function typed() {
  clearTimeout(pause);
  const next = { ...state, q: question.value, related: "", show: "" };
  if (address.write(next) === address.write(state)) return;
  state = next;
  history.replaceState(null, "", address.write(state, "map"));
  if (cloud) mark();
}

question.addEventListener("input", (event) => {
  clearTimeout(pause);
  if (!event.isComposing) pause = setTimeout(typed, 200);
});
find("#ask").addEventListener("submit", (event) => {
  event.preventDefault();
  typed();
});
addEventListener("popstate", () => {
  state = address.read();
  if (cloud) mark();
});

async function load() {
  frame();
  const { signal } = running;
  try {
    cloud = decode(await (await api.answered("api/v1/map")).arrayBuffer());
    legend = census(cloud);
    const named = legend.filter(({ number }, rank) => hasHue(rank, number));
    for (const entry of named) entry.place = middle(cloud, entry.number);
    showLegend();
    paintLegend();
    view.show(cloud);
    await mark();
  } catch (error) {
    cloud = null;
    tell(notice.of(error, load, signal));
  }
}

new ResizeObserver(fit).observe(canvas);
dark.addEventListener("change", () => cloud && paintLegend());
load();
