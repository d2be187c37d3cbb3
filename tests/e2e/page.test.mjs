// The page as a person uses it: what they set, press and read. Nothing here waits for a time; each step waits for what
// the page says.

import assert from "node:assert/strict";
import { pageTest } from "./harness.mjs";
import { openPage } from "./stage.mjs";

const QUIET = "Quiet cluster: try it yourself";

const button = (page, name) => page.getByRole("button", { name, exact: true });
const ledger = (page) => page.getByRole("region", { name: "Ledger", exact: true });
const events = (page) => page.getByRole("log", { name: "Events", exact: true });

/** Sets a number as a person types it. */
async function type(page, label, value) {
  const box = page.getByRole("spinbutton", { name: label, exact: true });
  await box.fill(String(value));
  await box.press("Enter");
  await box.blur();
}

/** Goes to an instant, in milliseconds, with the timeline's slider. */
async function goTo(page, millis) {
  const slider = page.getByRole("slider", { name: "Timeline", exact: true });
  await slider.fill(String(millis));
  await page.waitForFunction(
    (millis) => document.querySelector("[aria-label=Timeline]").value === String(millis),
    millis,
  );
}

/** The quiet cluster at its start: 50 writes a second, 100 ms between any two nodes, in the mode. */
async function prepare(page, mode, { share = 0, rate = 50 } = {}) {
  await page.getByRole("combobox", { name: "Scenario" }).selectOption({ label: QUIET });
  await button(page, "Pause").click();
  await button(page, "Rewind").click();
  const network = page.locator("details.network").filter({ hasText: "Network" });
  if ((await network.getAttribute("open")) === null) await network.locator("summary").click();
  await type(page, "Delay, one way", 100);
  await type(page, "Jitter", 0);
  await type(page, "Reads", share);
  await type(page, "Operations", rate);
  await page.getByRole("radio", { name: mode, exact: true }).click();
  await page.getByRole("radio", { name: mode, exact: true, checked: true }).waitFor();
}

/** Kills the primary at an instant by its own button, and plays until another one has taken over. */
async function killPrimary(page, millis) {
  await goTo(page, millis);
  const primary = page.getByRole("group", { name: /^n1, primary/ });
  await primary.click();
  await primary.getByRole("button", { name: "Kill", exact: true }).click();
  await events(page).getByText("n1 was killed.").waitFor();
  await page.getByRole("combobox", { name: "Speed" }).selectOption({ label: "real time" });
  await button(page, "Play").click();
  await events(page).getByText(/n\d took over/).waitFor();
  await button(page, "Pause").click();
}

/** Every row of the ledger under the present filter, as { op, text }, scrolled through from top to bottom. */
async function rows(page) {
  return page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const box = document.querySelector(".lscroll");
    const found = [];
    const seen = new Set();
    for (let top = 0; ; top += box.clientHeight / 2) {
      box.scrollTop = top;
      await frame();
      const inDocument = [...box.querySelectorAll("[data-op]")].map((row) => row.dataset.op);
      if (new Set(inDocument).size !== inDocument.length) throw new Error("a row is there twice");
      for (const row of box.querySelectorAll("[data-op]")) {
        if (!seen.has(row.dataset.op)) found.push({ op: row.dataset.op, text: row.textContent });
        seen.add(row.dataset.op);
      }
      if (top >= box.scrollHeight - box.clientHeight) break;
    }
    box.scrollTop = 0;
    return found;
  });
}

/** The acked writes that the ledger says are lost: by its headline, by its totals, and by its rows. */
async function lost(page) {
  const text = await ledger(page).textContent();
  const headline = Number(/(\d+) acked writes? (?:is|are) gone/.exec(text)?.[1] ?? 0);
  const total = Number(/(\d+) lost/.exec(text)?.[1] ?? 0);
  const listed = (await rows(page)).filter((row) => row.text.includes("LOST though acked"));
  assert.equal(total, headline, text);
  assert.equal(listed.length, headline, "the rows are as many as the headline says");
  assert.equal(new Set(listed.map((row) => row.op)).size, listed.length, "none is there twice");
  return listed;
}

/** The highest commit latency that the chart shows, in milliseconds. */
async function commitLatency(page) {
  const name = await page.getByRole("img", { name: /^Commit latency/ }).getAttribute("aria-label");
  const [, value, unit] = /at most ([\d.]+) (ms|s)/.exec(name);
  return Number(value) * (unit === "s" ? 1_000 : 1);
}

pageTest("it opens playing, with something to see", async ({ page }) => {
  await button(page, "Pause").waitFor();
  const before = await page.locator(".clock").textContent();
  await page.waitForFunction((before) => document.querySelector(".clock").textContent !== before, before);
  await page.getByRole("group", { name: "n1, primary, up" }).waitFor();
  assert.match(await page.getByRole("status").first().textContent(), /takes writes/);
});

pageTest("async: killing the primary loses acked writes, and the ledger lists them and only them", async ({ page }) => {
  await prepare(page, "Async");
  await killPrimary(page, 3_000);
  const gone = await lost(page);
  assert.ok(gone.length > 0, "at 50 writes a second and 100 ms to every replica, some are lost");
  const told = await events(page).textContent();
  const [, leader] = /(n\d) took over/.exec(told);
  for (const { op, text } of gone) {
    assert.match(told, new RegExp(`\\b${op}\\b`), "the event log names it");
    assert.match(text, /on n1; not on n2, n3, n4, n5/, "it was on the dead primary alone");
  }
  // And whatever else was acked is where the new primary can show it.
  await button(page, "All").click();
  const goneOps = new Set(gone.map((row) => row.op));
  const kept = (await rows(page)).filter(({ op, text }) => text.includes("durable") && !goneOps.has(op));
  assert.ok(kept.length > 100);
  for (const { text } of kept) {
    if (text.includes("not yet")) continue;
    assert.match(text, new RegExp(`(applied|flushed) on [^;]*\\b${leader}\\b`));
  }
});

pageTest("sync and semi-sync: the same faults lose nothing; sync commits take a round trip more", async ({ page }) => {
  await prepare(page, "Async");
  await goTo(page, 3_000);
  const async = await commitLatency(page);

  await prepare(page, "Sync");
  await goTo(page, 3_000);
  const sync = await commitLatency(page);
  assert.ok(sync >= async + 200, `a round trip is 200 ms: ${async} ms, then ${sync} ms`);
  await killPrimary(page, 3_000);
  assert.deepEqual(await lost(page), []);

  await prepare(page, "Semi-sync");
  await killPrimary(page, 3_000);
  assert.deepEqual(await lost(page), []);
});

pageTest("a read on a lagging replica is stale by versions and time; one through the primary is not", async ({ page }) => {
  await prepare(page, "Async", { rate: 0 });
  await goTo(page, 1_000);
  await button(page, "All").click();
  await button(page, "Write").click();
  await page.locator("[data-op='1']").waitFor();
  await goTo(page, 1_030);
  await page.locator("[data-op='1']", { hasText: "acked done" }).waitFor();
  await page.getByRole("combobox", { name: "Read from" }).selectOption("n3");
  await button(page, "Read").click();
  await page.getByRole("combobox", { name: "Read from" }).selectOption("n1");
  await button(page, "Read").click();
  await goTo(page, 1_090);
  const onReplica = page.locator("[data-op='2']");
  await onReplica.getByText(/stale by 1 version, \d+ ms/).waitFor();
  await onReplica.getByText("broke read-your-writes").waitFor();
  const onPrimary = page.locator("[data-op='3']");
  await onPrimary.getByText("fresh").waitFor();
  assert.doesNotMatch(await onPrimary.textContent(), /stale/);
});

pageTest("the theme is remembered", async ({ page, context, browser, server }) => {
  await button(page, "Dark theme").click();
  await page.locator("html[data-theme=dark]").waitFor();
  const storageState = await context.storageState();
  const again = await openPage(browser, server, { storageState });
  await again.page.locator("html[data-theme=dark]").waitFor();
  await button(again.page, "Light theme").waitFor();
  await again.context.close();
});
