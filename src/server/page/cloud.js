// The points of the map: decoding and painting.
//
// Points are painted into an image in memory, because tens of thousands of canvas commands take longer than a frame without
// a GPU.

const MAGIC = "PKMAP001";
const NONE = 0xffff;
/// Twelve hues for the categories with the most papers; all others are grey.
export const HUES = ["#3b78b4", "#dd7f1b", "#3c9a55", "#c8474b", "#8863b3", "#a87322", "#d067a8", "#2a9fb0", "#8f9a1e", "#6676d8", "#b1563a", "#4e8d86"];
export const GREY = "#8d939d";
/// Width of the border around the image for points at its edge.
const EDGE = 16;

/// Decodes the response of `/api/v1/map`: coordinates from -1 to 1, categories by index, ids.
export function decode(bytes) {
  const head = new DataView(bytes);
  const text = (from, to) => new TextDecoder().decode(new Uint8Array(bytes, from, to - from));
  if (bytes.byteLength < 24 || text(0, 8) !== MAGIC) throw new Error("the map has an unknown format");
  const [count, , categoryBytes, idBytes] = [8, 12, 16, 20].map((at) => head.getUint32(at, true));
  const [x, y, category] = [new Float32Array(count), new Float32Array(count), new Uint16Array(count)];
  for (let at = 0; at < count; at++) {
    x[at] = head.getFloat32(24 + 4 * at, true);
    y[at] = head.getFloat32(24 + 4 * (count + at), true);
    category[at] = head.getUint16(24 + 8 * count + 2 * at, true);
  }
  const names = Math.ceil((24 + 10 * count) / 4) * 4;
  const lines = (from, length) => (length > 0 ? text(from, from + length).split("\n") : []);
  return { count, x, y, category, categories: lines(names, categoryBytes), ids: lines(names + categoryBytes, idBytes) };
}

/// Number of papers by category, the most frequent first; papers without a category are last.
export function census(cloud) {
  const counts = new Map();
  for (const category of cloud.category) counts.set(category, (counts.get(category) ?? 0) + 1);
  const order = (a, b) => Number(a[0] === NONE) - Number(b[0] === NONE) || b[1] - a[1];
  return [...counts].sort(order).map(([number, papers]) => ({ number, papers, name: cloud.categories[number] ?? "none" }));
}

/// The centre of a category: the medians of its coordinates, which are robust to outliers.
export function middle(cloud, number) {
  const own = [...cloud.category.keys()].filter((at) => cloud.category[at] === number);
  const median = (of) => own.map((at) => of[at]).sort((a, b) => a - b)[own.length >> 1];
  return { x: median(cloud.x), y: median(cloud.y) };
}

/// Paints points into an image of the size of a canvas.
export class Painter {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.stride = width + 2 * EDGE;
    this.image = new ImageData(this.stride, height + 2 * EDGE);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /// `colours` has the packed colour of each category; those with 1 in `above` are painted over the others.
  paint(context, cloud, { scale, left, top, radius, ground, colours, above }) {
    this.pixels.fill(ground);
    const dot = disc(radius, this.stride);
    for (const layer of [0, 1]) this.#points(cloud, scale, left, top, dot, colours, above, layer);
    context.putImageData(this.image, -EDGE, -EDGE, EDGE, EDGE, this.width, this.height);
  }

  #points({ count, x, y, category }, scale, left, top, { offsets, shares }, colours, above, layer) {
    const { pixels, stride, width, height } = this;
    const reach = EDGE >> 1;
    for (let at = 0; at < count; at++) {
      if (above[category[at]] !== layer) continue;
      const px = Math.round(x[at] * scale + left);
      const py = Math.round(top - y[at] * scale);
      if (px < -reach || py < -reach || px >= width + reach || py >= height + reach) continue;
      const colour = colours[category[at]];
      const [rb, g] = [colour & 0xff00ff, colour & 0x00ff00];
      const place = (py + EDGE) * stride + px + EDGE;
      for (let part = 0; part < offsets.length; part++) {
        // Blend two channels at a time, 8 bits each; `share` of 256 is the opacity.
        const share = shares[part];
        const under = pixels[place + offsets[part]];
        const mixed = (Math.imul(under & 0xff00ff, 256 - share) + Math.imul(rb, share)) >>> 8;
        const green = (Math.imul(under & 0x00ff00, 256 - share) + Math.imul(g, share)) >>> 8;
        pixels[place + offsets[part]] = 0xff000000 | (mixed & 0xff00ff) | (green & 0x00ff00);
      }
    }
  }
}

// The pixels of a disc relative to its centre, with their coverage.
function disc(radius, stride) {
  const [offsets, shares] = [[], []];
  const reach = Math.min(Math.ceil(radius), EDGE >> 1);
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const covered = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(dx, dy)));
      if (covered < 0.05) continue;
      offsets.push(dy * stride + dx);
      shares.push(Math.round(200 * covered));
    }
  }
  return { offsets: Int32Array.from(offsets), shares: Int32Array.from(shares) };
}

/// A colour as in memory: red in the lowest byte.
export function packed(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
}

/// The mixture of two colours, with `share` of the first.
export function mixture(first, second, share) {
  const channel = (of, at) => parseInt(of.slice(at, at + 2), 16);
  const mixed = [1, 3, 5].map((at) => Math.round(channel(first, at) * share + channel(second, at) * (1 - share)));
  return `#${mixed.map((one) => one.toString(16).padStart(2, "0")).join("")}`;
}

export function hasHue(rank, number) {
  return rank < HUES.length && number !== NONE;
}

export function hueOf(rank, number) {
  return hasHue(rank, number) ? HUES[rank] : GREY;
}
