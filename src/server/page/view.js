// The visible part of the map: moving, zooming, and the point under the pointer.

/// Minimum and maximum zoom, relative to the whole map.
const ZOOMS = [0.5, 400];
const STILL_PX = 4;
const NEAR_PX = 14;

export class View {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.cloud = null;
    this.zoom = 1;
    // The pixel of the map's origin. Fractions are kept, so that small steps add up.
    this.origin = { px: 0, py: 0 };
    [this.width, this.height] = [1, 1];
    this.#pointers();
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015)), event.offsetX, event.offsetY);
    }, { passive: false });
  }

  show(cloud) {
    this.cloud = cloud;
    const ends = (of) => of.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity]);
    const [[x0, x1], [y0, y1]] = [ends(cloud.x), ends(cloud.y)];
    this.bounds = { x: (x0 + x1) / 2, y: (y0 + y1) / 2, width: Math.max(x1 - x0, 1e-3), height: Math.max(y1 - y0, 1e-3) };
    this.whole();
  }

  resize(width, height) {
    const middle = this.cloud && this.at(this.width / 2, this.height / 2);
    [this.width, this.height] = [width, height];
    if (middle) this.centre(middle.x, middle.y);
  }

  get scale() {
    const { width, height } = this.bounds;
    return this.zoom * 0.94 * Math.min(this.width / width, this.height / height);
  }

  whole() {
    this.zoom = 1;
    this.centre(this.bounds.x, this.bounds.y);
  }

  /// Rounded to whole pixels, so that points keep their distances while they move.
  get left() {
    return Math.round(this.origin.px);
  }

  get top() {
    return Math.round(this.origin.py);
  }

  /// The coordinates under a pixel; y points up.
  at(px, py) {
    return { x: (px - this.origin.px) / this.scale, y: (this.origin.py - py) / this.scale };
  }

  pixel(x, y) {
    return { px: x * this.scale + this.left, py: this.top - y * this.scale };
  }

  centre(x, y) {
    this.#put(x, y, this.width / 2, this.height / 2);
  }

  move(dx, dy) {
    this.origin = { px: this.origin.px + dx, py: this.origin.py + dy };
    this.changed();
  }

  zoomBy(factor, px = this.width / 2, py = this.height / 2) {
    const { x, y } = this.at(px, py);
    this.zoom = Math.min(ZOOMS[1], Math.max(ZOOMS[0], this.zoom * factor));
    this.#put(x, y, px, py);
  }

  // Moves the map so that coordinates are at a pixel.
  #put(x, y, px, py) {
    this.origin = { px: px - x * this.scale, py: py + y * this.scale };
    this.changed();
  }

  /// The point nearest to a pixel, or -1. A scan of all points takes less than 0.1 ms.
  nearest(px, py, within = NEAR_PX) {
    const { x, y, count } = this.cloud;
    const wanted = this.at(px, py);
    let [best, least] = [-1, (within / this.scale) ** 2];
    for (let point = 0; point < count; point++) {
      const distance = (x[point] - wanted.x) ** 2 + (y[point] - wanted.y) ** 2;
      if (distance < least) [best, least] = [point, distance];
    }
    return best;
  }

  // One pointer moves the map, two zoom it; one that does not move is a click.
  #pointers() {
    const { canvas } = this;
    const down = new Map();
    let moved = 0;
    const spread = () => {
      const [a, b] = [...down.values()];
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, width: Math.hypot(a.x - b.x, a.y - b.y) };
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.cloud) return;
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      if (down.size === 1) moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const here = { x: event.offsetX, y: event.offsetY };
      const before = down.get(event.pointerId);
      if (!this.cloud) return;
      if (!before) return this.hovered?.(here.x, here.y);
      const pinch = down.size === 2 && spread();
      down.set(event.pointerId, here);
      moved += Math.abs(here.x - before.x) + Math.abs(here.y - before.y);
      if (pinch) {
        const now = spread();
        this.move(now.x - pinch.x, now.y - pinch.y);
        this.zoomBy(now.width / Math.max(pinch.width, 1), now.x, now.y);
      } else if (moved > STILL_PX) this.move(here.x - before.x, here.y - before.y);
    });
    canvas.addEventListener("pointerup", (event) => {
      if (!down.delete(event.pointerId)) return;
      if (moved <= STILL_PX && down.size === 0) this.clicked?.(event.offsetX, event.offsetY);
    });
    canvas.addEventListener("pointercancel", (event) => down.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => this.hovered?.(-1, -1));
  }
}
