// How long does a frame of the map take while it is panned? Also: when does the page show something, and how heavy is it?
//
//     paperkin serve --store STORE &
//     npm ci --prefix tests/page
//     node benches/page/map.mjs http://127.0.0.1:7373
//
// In headless Chromium without a GPU, which paints by the processor. A frame is the time between two callbacks of the browser
// for the next one, so it is never shorter than the 16.7 ms of its clock; `painting` is what the map's own script takes.

import { createRequire } from "node:module";
import process from "node:process";

const { chromium } = createRequire(new URL("../../tests/page/package.json", import.meta.url))("playwright-core");
const address = process.argv[2] ?? "http://127.0.0.1:7373";
const SECONDS = 6;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

function spread(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(1);
  return `median ${at(0.5)} ms, 95% within ${at(0.95)} ms, longest ${at(1)} ms, of ${sorted.length}`;
}

async function panning(viewport, zooms, deviceScaleFactor = 1) {
  const page = await browser.newPage({ viewport, deviceScaleFactor });
  await page.goto(`${address}/map`);
  await page.waitForFunction(() => /paper/.test(document.querySelector("#message").textContent));
  for (let step = 0; step < zooms; step++) await page.click("#closer");
  const box = await page.locator("#canvas").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.evaluate(() => {
    window.frames_ = { starts: [], painting: [] };
    const request = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (run) => request((now) => {
      const start = performance.now();
      run(now);
      window.frames_.painting.push(performance.now() - start);
    });
    const tick = (now) => (window.frames_.starts.push(now), request(tick));
    request(tick);
  });
  const end = Date.now() + SECONDS * 1000;
  for (let step = 0; Date.now() < end; step++) {
    const angle = step / 30;
    await page.mouse.move(box.x + box.width * (0.5 + 0.2 * Math.cos(angle)), box.y + box.height * (0.5 + 0.2 * Math.sin(angle)));
  }
  const { starts, painting } = await page.evaluate(() => window.frames_);
  await page.mouse.up();
  console.log(`${viewport.width} x ${viewport.height}, ${zooms} steps closer, ${deviceScaleFactor ** 2} pixels a point of the window`);
  console.log(`  frames:   ${spread(starts.slice(1).map((now, at) => now - starts[at]))}`);
  console.log(`  painting: ${spread(painting)}`);
  await page.close();
}

async function start(path) {
  const paints = [];
  let weight = 0;
  for (let round = 0; round < 9; round++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const bodies = [];
    page.on("response", (response) => /\/api\/|openapi/.test(response.url()) || bodies.push(response.body()));
    await page.goto(`${address}${path}`, { waitUntil: "networkidle" });
    weight = (await Promise.all(bodies)).reduce((sum, body) => sum + body.length, 0);
    paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    await context.close();
  }
  console.log(`${path}\n  first paint with content: ${spread(paints)}\n  weight: ${(weight / 1000).toFixed(1)} kB`);
}

for (const path of ["/", "/?q=how+do+neural+networks+forget", "/map", "/docs"]) await start(path);
await panning({ width: 1280, height: 800 }, 0);
await panning({ width: 1280, height: 800 }, 5);
await panning({ width: 1920, height: 1080 }, 0);
await panning({ width: 1280, height: 800 }, 0, 2);
await panning({ width: 390, height: 844 }, 0);
await browser.close();
