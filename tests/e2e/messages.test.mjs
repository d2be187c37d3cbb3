// Messages by hand: in the list by keyboard, on the stage by pointer.

import assert from "node:assert/strict";
import { accessible, button, events, goTo, openFile, pause, PHONE } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";

const messages = (page) => page.getByRole("region", { name: "Messages", exact: true });

async function openList(page) {
  await pause(page);
  await goTo(page, 1_000);
  await messages(page).locator("summary").press("Enter");
  await messages(page).getByRole("listitem").first().waitFor();
}

pageTest("by keyboard: a message is held, then dropped", async ({ page }) => {
  await openList(page);
  const entry = messages(page).getByRole("button", { name: /^Entr(y|ies) .*n1 → n\d/ }).first();
  const name = (await entry.locator("span").textContent()).trim();
  await entry.press("Enter");
  await accessible(page);
  await button(page, "Hold").press("Enter");
  const held = messages(page).getByRole("button", { name: `${name} held` });
  await held.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Release", "the focus stays on the button");
  await button(page, "Drop").press("Enter");
  await held.waitFor({ state: "detached" });
  await events(page).getByText("A message was dropped.").waitFor();
});

pageTest("by pointer: a message on the stage is taken and let past the others", async ({ page }) => {
  await pause(page);
  await goTo(page, 1_010);
  // Anywhere along the lines until something is under the pointer: where it is depends on the scenario.
  const field = await page.locator(".sg-field").boundingBox();
  const card = page.locator(".msg-card");
  search: for (let y = 0.2; y < 0.95; y += 0.03) {
    for (let x = 0.68; x < 0.78; x += 0.012) {
      await page.mouse.click(field.x + field.width * x, field.y + field.height * y);
      if (await card.isVisible()) break search;
    }
  }
  await card.waitFor();
  const name = await card.getAttribute("aria-label");
  assert.match(name, / → /);
  await card.getByRole("button", { name: "Overtake", exact: true }).click();
  await events(page).getByText("A held message was let go.").waitFor();
});

pageTest("by touch: a message on the stage is taken and dropped", PHONE, async ({ page }) => {
  await pause(page);
  await goTo(page, 1_010);
  const field = await page.locator(".sg-field").boundingBox();
  const card = page.locator(".msg-card");
  search: for (let y = 0.3; y < 0.98; y += 0.02) {
    for (let x = 0.02; x < 0.14; x += 0.04) {
      await page.touchscreen.tap(field.x + field.width * x, field.y + field.height * y);
      if (await card.isVisible()) break search;
    }
  }
  await card.waitFor();
  const { x, y, width, height } = await card.boundingBox();
  assert.ok(x >= 0 && x + width <= 390 && y >= 0 && y + height <= 844, "all of the card is in sight");
  await card.getByRole("button", { name: "Drop", exact: true }).tap();
  await card.waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^Ledger/ }).tap();
  await events(page).getByText("A message was dropped.").waitFor();
});

const PATRONI = {
  version: 2,
  cluster: { replicas: 2, node_link: { delay_us: 40_000, jitter_us: 2_000 } },
  settings: { database: { postgresql: {} }, manager: { patroni: { store_members: 3 } } },
};

/** What is done to a message, and what the events say then. */
const DEEDS = [
  ["Hold", "A message is held."],
  ["Delay 100 ms", "A message was delayed by 100 ms."],
  ["Duplicate", "A message was doubled."],
  ["Overtake", "A held message was let go."],
  ["Drop", "A message was dropped."],
];

pageTest("what a manager and its store say to one another can be taken too, and everything done to it", async ({ page }) => {
  await openFile(page, "patroni.json", JSON.stringify(PATRONI));
  await openList(page);
  await page.getByRole("checkbox", { name: "Heartbeats, checks and managers too" }).check();
  const list = messages(page).getByRole("listitem");
  const seen = new Set();
  for (let millis = 1_000; millis < 12_000 && seen.size < 3; millis += 97) {
    await goTo(page, millis);
    for (const name of await list.allTextContents()) {
      const [, from, to] = /, (\w+) → (\w+)/.exec(name) ?? [];
      const ends = [from, to].map((end) => (/^s\d/.test(end) ? "store" : "node"));
      if (ends.includes("store")) seen.add(ends.join(" to "));
    }
  }
  assert.deepEqual([...seen].sort(), ["node to store", "store to node", "store to store"]);
  for (const [deed, told] of DEEDS) {
    const entry = list.filter({ hasText: / s\d+ → | → s\d+/ }).filter({ hasNotText: "held" }).first();
    await entry.getByRole("button").first().click();
    await button(page, deed).click();
    await events(page).getByText(told).first().waitFor();
    if (deed === "Hold") await button(page, "Release").waitFor();
    const open = messages(page).locator("[aria-expanded=true]");
    if (await open.isVisible()) await open.click();
  }
});
