// The page as it is shipped: it loads, complains about nothing, and needs no network once it is there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pageTest } from "./harness.mjs";
import { button } from "./deeds.mjs";
import { launchBrowser, openPage, serveDist } from "./stage.mjs";
import { isFirst } from "./weight.mjs";

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

pageTest("the first load is what its weight is taken of, and no more", async ({ server, browser }) => {
  const before = server.requests.length;
  // What the service worker asks for comes after, and is not the page's: places.test.mjs.
  const page = await browser.newPage({ serviceWorkers: "block" });
  await page.goto(server.url);
  await page.locator("main").first().waitFor();
  await page.waitForLoadState("networkidle");
  const asked = server.requests.slice(before).map(({ path }) => path.replace(/^\//, ""));
  assert.ok(asked.some((path) => path.endsWith(".wasm")));
  assert.deepEqual(asked.filter((path) => !isFirst(path)), []);
  await page.close();
});

test("a part that cannot be fetched is said to be missing, and fetched when asked again", async () => {
  const browser = await launchBrowser();
  const server = await serveDist();
  try {
    const { page, context } = await openPage(browser, server);
    await context.setOffline(true);
    await button(page, "Change cluster").click();
    await page.getByText("This part of the page could not be fetched.").waitFor();
    await context.setOffline(false);
    await button(page, "Try again").click();
    await page.getByRole("dialog", { name: "Cluster" }).getByRole("combobox", { name: "Database" }).waitFor();
  } finally {
    await browser.close();
    await server.close();
  }
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
