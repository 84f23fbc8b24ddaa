// Runs all scenarios in one browser, and prints which of them failed.
//
//     node run.mjs '{"full": "http://…", "empty": "http://…", "stoppable": ["program", "argument", …]}' [PART OF A NAME]

import process from "node:process";
import { chromium } from "playwright-core";

import basket from "./basket.mjs";
import details from "./details.mjs";
import { Scenario } from "./harness.mjs";
import harm from "./harm.mjs";
import keyboard from "./keyboard.mjs";
import looks from "./looks.mjs";
import map from "./map.mjs";
import proxy from "./proxy.mjs";
import search from "./search.mjs";
import trouble from "./trouble.mjs";

const QUIET = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const services = JSON.parse(process.argv[2]);
const wanted = process.argv[3] ?? "";
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", ...QUIET],
});

// Runs a scenario. Returns its error, or null if it passed.
async function played(name, play) {
  const scenario = new Scenario(browser, services);
  const start = performance.now();
  let error = null;
  for (const step of [() => play(scenario), () => scenario.end()]) await step().catch((thrown) => (error ??= thrown));
  for (const page of scenario.opened) await page.context().close().catch(() => {});
  const took = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  console.log(error ? `FAILED (${took}): ${name}\n${error.stack}\n${scenario.troubles.join("\n")}` : `passed (${took}): ${name}`);
  return error;
}

let failed = 0;
for (const [name, play] of Object.entries({ ...search, ...details, ...basket, ...keyboard, ...harm, ...trouble, ...map, ...proxy, ...looks })) {
  if (!name.includes(wanted)) continue;
  // Retry once: a browser on a busy machine may pause at any moment, but a fault of the page fails twice.
  if ((await played(name, play)) && (await played(name, play))) failed++;
}
await browser.close();
process.exitCode = failed > 0 ? 1 : 0;
