// Compare: the same run under other settings, in columns on one clock.

import assert from "node:assert/strict";
import { accessible, button, clock, goTo, openFile, pause } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";

/**
 * n3 is nearest to the primary, so it has most of the log and is elected; in sync mode only n2 may be. Then somebody promotes n2.
 */
const PROMOTED = {
  version: 1,
  seed: 3,
  cluster: {
    node_link: { delay_us: 60_000 },
    links: [
      { from: "n1", to: "n3", link: { delay_us: 4_000 } },
      { from: "n3", to: "n1", link: { delay_us: 4_000 } },
    ],
  },
  settings: {
    sync: { members: ["n2"] },
    timers: { heartbeat_us: 100_000, election_timeout_us: 500_000, vote_wait_us: 200_000, health_check_us: 100_000 },
  },
  workload: { operations_per_second: 80, read_percent: 30 },
  actions: [
    { at_us: 1_500_000, action: { kill: { node: "n1" } } },
    { at_us: 3_500_000, action: { promote: { node: "n2" } } },
  ],
};

async function openRun(page, scenario) {
  await pause(page);
  await openFile(page, "compared.json", JSON.stringify(scenario));
  await page.getByText("compared.json is open").waitFor();
}

const column = (page, name) => page.getByRole("region", { name, exact: true });
const lost = async (page, name) => Number(await column(page, name).locator(".outcome b").textContent());
const closed = (page) => button(page, "Compare").waitFor();

pageTest("three modes after a kill: only async loses, and what makes no sense in a column is said", async ({ page }) => {
  await openRun(page, PROMOTED);
  await goTo(page, 5_000);
  await button(page, "Compare").click();
  for (const name of ["Async", "Semi-sync", "Sync"]) {
    await column(page, name).waitFor();
    await column(page, name).getByRole("group", { name: /^n\d, primary/ }).waitFor();
  }
  assert.ok((await lost(page, "Async")) > 0);
  assert.equal(await lost(page, "Semi-sync"), 0);
  assert.equal(await lost(page, "Sync"), 0);
  const odd = "Promote n2 at 3.500 s makes no sense here: the node takes writes already.";
  await column(page, "Sync").getByText(odd).waitFor();
  assert.equal(await column(page, "Async").getByText("makes no sense").count(), 0);
  assert.match(await page.locator(".cmps > p[role=status]").textContent(), /^Acked writes lost\. Async: \d+\. Semi-sync: 0\. Sync: 0\.$/);

  await button(page, "Table").click();
  const table = page.getByRole("table");
  const rows = await table.getByRole("row").allTextContents();
  for (const name of ["Acked writes lost", "Writes blocked: no OK", "Commit latency, median", "Without a primary", "Stale reads"]) {
    assert.ok(rows.some((row) => row.startsWith(name)), `${name}: ${rows}`);
  }
  await table.getByText(odd).waitFor();
  await button(page, "Stages").click();
  await column(page, "Sync").getByRole("group", { name: /^n2, primary/ }).waitFor();
  await page.keyboard.press("Escape");
  await closed(page);
  await page.getByRole("region", { name: "Stage", exact: true }).waitFor();
});

pageTest("one clock: seeking, stepping and playing move every column", async ({ page }) => {
  await openRun(page, PROMOTED);
  await goTo(page, 1_000);
  await page.keyboard.press("Shift+C");
  await column(page, "Sync").getByRole("group", { name: /^n1, primary/ }).waitFor();
  await goTo(page, 1_900);
  for (const name of ["Async", "Semi-sync", "Sync"]) {
    await column(page, name).getByRole("group", { name: /^n1, .*down/ }).waitFor();
  }
  await button(page, "Step").click();
  const on = Number(await clock(page));
  assert.ok(on >= 1.9);
  await button(page, "Step back").click();
  assert.ok(Number(await clock(page)) <= on);
  await page.getByRole("combobox", { name: "Speed" }).selectOption({ label: "real time" });
  await button(page, "Play").click();
  await column(page, "Sync").getByRole("group", { name: /^n2, primary/ }).waitFor();
  await button(page, "Pause").click();
  await goTo(page, 1_000);
  await column(page, "Sync").getByRole("group", { name: /^n1, primary/ }).waitFor();
});

pageTest("what is done in one column is done in all, and any parameter can be changed", async ({ page }) => {
  await openRun(page, { ...PROMOTED, actions: [] });
  await goTo(page, 1_000);
  await button(page, "Compare").click();
  const primary = column(page, "Sync").getByRole("group", { name: /^n1, primary/ });
  await primary.click();
  await primary.getByRole("button", { name: "Kill", exact: true }).click();
  for (const name of ["Async", "Semi-sync", "Sync"]) {
    await column(page, name).getByRole("group", { name: /^n1, .*down/ }).waitFor();
  }
  await page.getByRole("combobox", { name: "Column 1 also changes", exact: true }).selectOption("a person promotes");
  await column(page, "Async, a person promotes").waitFor();
  await goTo(page, 4_000);
  await column(page, "Sync").getByRole("group", { name: /^n2, primary/ }).waitFor();
  assert.equal(await column(page, "Async, a person promotes").getByRole("group", { name: /, primary/ }).count(), 0);
  await button(page, "Add a column").click();
  await column(page, "As it ran").waitFor();
  assert.ok(await button(page, "Add a column").isDisabled(), "four are the most");
  await button(page, "Remove Semi-sync").click();
  assert.equal(await page.locator(".cmp").count(), 3);
  await page.getByRole("combobox", { name: "Column 3 shows" }).selectOption("fencing off");
  await column(page, "fencing off").waitFor();
});

pageTest("branches are compared", async ({ page }) => {
  await openRun(page, PROMOTED);
  await goTo(page, 5_000);
  await goTo(page, 1_000);
  await page.getByRole("group", { name: /^n4, / }).click();
  await page.getByRole("group", { name: /^n4, / }).getByRole("button", { name: "Kill", exact: true }).click();
  await button(page, "Name and compare branches").click();
  await button(page, "Compare branches").click();
  await column(page, "Run").getByRole("group", { name: "n4, replica, up" }).waitFor();
  await column(page, "Kill n4 at 1.000 s").getByRole("group", { name: /^n4, .*down/ }).waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  pageTest(`the comparison is accessible, ${colorScheme}`, { colorScheme }, async ({ page }) => {
    await openRun(page, PROMOTED);
    await goTo(page, 5_000);
    await button(page, "Compare").click();
    await column(page, "Sync").getByText("makes no sense").waitFor();
    await accessible(page);
    await button(page, "Table").click();
    await accessible(page);
  });
}

pageTest(
  "on a phone the columns lie beside each other and the next one peeks",
  { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  async ({ page }) => {
    await pause(page);
    await button(page, "Compare").click();
    await column(page, "Async").waitFor();
    const [first, second] = [await column(page, "Async").boundingBox(), await column(page, "Semi-sync").boundingBox()];
    assert.ok(first.x >= 0 && first.width < 390 && second.x < 390, "the next one peeks");
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, "the page itself does not scroll sideways");
    await accessible(page);
  },
);
