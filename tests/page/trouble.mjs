// Notices: errors, an empty collection, no hits.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { answered, titles, waitFor } from "./harness.mjs";

/// Starts a service that a scenario may stop.
async function started([program, ...given], address = "127.0.0.1:0") {
  const child = spawn(program, [...given, "--addr", address], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const [, found] = line.match(/(http:\/\/[\d.:]+)/) ?? [];
    if (found) return { address: found, stop: () => stopped(child) };
  }
  throw new Error("the service did not start");
}

function stopped(child) {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  return ended;
}

export default {
  async "the page reports that the service is stopped, and continues when it is restarted"(scenario) {
    scenario.expects(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/);
    let service = await started(scenario.services.stoppable);
    try {
      const page = await scenario.page("/", { service: service.address });
      await page.locator("#question").pressSequentially("quok");
      await answered(page);
      await service.stop();
      await page.locator("#question").pressSequentially("kas");
      await page.getByRole("heading", { name: "The service does not answer" }).waitFor();
      await page.getByText("paperkin serve").waitFor();
      assert.equal(await page.locator("#message").textContent(), "The service does not answer.");
      assert.equal(await page.locator("#question").inputValue(), "quokkas", "what was typed is kept");
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("heading", { name: "The service does not answer" }).waitFor();
      service = await started(scenario.services.stoppable, service.address.replace("http://", ""));
      await answered(page);
      assert.match((await titles(page))[0], /quokkas/i);
      assert.equal(await page.locator("#notice").isVisible(), false);
    } finally {
      await service.stop();
    }
  },

  async "an empty collection shows how to add papers"(scenario) {
    scenario.expects(/status of 404/);
    const page = await scenario.page("/", { service: scenario.services.empty });
    await page.getByRole("heading", { name: "The collection is empty" }).waitFor();
    await page.locator("#notice").getByText("paperkin add FILE").waitFor();
    await scenario.isAccessible(page, "the page of an empty collection");
    await page.locator("#question").fill("quokkas");
    await waitFor(async () => page.url().includes("q=quokkas"), "the address");
    await page.getByRole("heading", { name: "The collection is empty" }).waitFor();
    const map = await scenario.page("/map", { service: scenario.services.empty });
    await map.locator("#notice h3").waitFor();
    assert.match(await map.locator("#notice").innerText(), /empty|no paper/i);
  },

  async "without hits the page shows the reason and ways to continue"(scenario) {
    const page = await scenario.page("/?q=quokkas&category=no.such");
    await page.locator("#notice").getByText("No paper meets category:no.such").waitFor();
    await page.getByRole("button", { name: "Remove the filters" }).click();
    await answered(page);
    await page.goto(new URL("/?q=zzyzx&mode=lexical", page.url()).href);
    await page.getByRole("heading", { name: "No paper contains any of these words" }).waitFor();
    await page.getByRole("button", { name: "Also search by meaning" }).click();
    await answered(page);
  },

  async "an error is shown with its hint"(scenario) {
    scenario.expects(/status of 400/);
    const page = await scenario.page("/?q=quokkas&from=yesterday");
    await page.getByRole("heading", { name: "The request was rejected" }).waitFor();
    const told = await page.locator("#notice").innerText();
    assert.match(told, /yesterday/);
    assert.match(told, /2024-06/, "the hint");
    await page.locator("#chips button", { hasText: "from yesterday" }).click();
    await answered(page);
    assert.equal(await page.locator("#notice").isVisible(), false);
  },

  async "a request that was rejected with 503 can be retried"(scenario) {
    scenario.expects(/status of 503/);
    const page = await scenario.page("/");
    const busy = { type: "about:blank", title: "Service Unavailable", status: 503, detail: "too many requests are waiting", hint: "retry in 1 s" };
    await page.route(/\/api\/v1\/search/, (route) => route.fulfill({ status: 503, contentType: "application/problem+json", json: busy }), { times: 1 });
    await page.locator("#question").fill("quokkas");
    await page.getByText("Retry in 1 s.").waitFor();
    await page.getByRole("button", { name: "Try again" }).click();
    await answered(page);
  },
};
