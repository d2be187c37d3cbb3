// The page as it is shipped: it loads, complains about nothing, and needs no network once it is there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pageTest } from "./harness.mjs";
import { launchBrowser, openPage, serveDist } from "./stage.mjs";

/** Two frames later whatever the page does once per frame has been done. */
function frames(page) {
  return page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
}

pageTest("the page loads without errors, warnings or later requests", async ({ page }) => {
  assert.equal(await page.title(), "ReplicaScope");
  await frames(page);
});

pageTest("once loaded, the page does without the network", async ({ page, context }) => {
  await context.setOffline(true);
  await frames(page);
  assert.ok(await page.locator("main").isVisible());
});

test("the watch sees what it is there to see", async () => {
  const browser = await launchBrowser();
  const server = await serveDist();
  try {
    const { page, problems } = await openPage(browser, server);
    await page.evaluate(async () => {
      console.warn("a warning");
      console.error("an error");
      setTimeout(() => {
        throw new Error("an exception");
      });
      await fetch("/not-there.txt");
    });
    await page.waitForFunction(() => performance.getEntriesByName(`${location.origin}/not-there.txt`).length > 0);
    const lines = problems().join("\n");
    for (const expected of [
      "console warning: a warning",
      "console error: an error",
      "uncaught: Error: an exception",
      "network after load: GET",
      "missing file: /not-there.txt",
    ]) {
      assert.ok(lines.includes(expected), `${expected} is not among\n${lines}`);
    }
  } finally {
    await browser.close();
    await server.close();
  }
});
