// The ledger: rows that show all they say, and a hundred thousand of them.

import assert from "node:assert/strict";
import { button, goTo, ledger, openFile, pause } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";

/** Rows in the document whose words do not fit into them, or that lie over one another. */
const faults = (page) =>
  page.evaluate(() => {
    const rows = [...document.querySelectorAll(".lscroll [data-op]")]
      .map((row) => ({ row, box: row.getBoundingClientRect() }))
      .sort((a, b) => a.box.top - b.box.top);
    const found = [];
    rows.forEach(({ row, box }, index) => {
      for (const part of row.querySelectorAll(".chip, .why, .op-f, .op-w, .op-m")) {
        const { top, bottom, left, right } = part.getBoundingClientRect();
        const inside = top >= box.top - 0.5 && bottom <= box.bottom + 0.5 && left >= box.left && right <= box.right + 0.5;
        if (!inside) found.push(`${row.dataset.op}: "${part.textContent}" is cut`);
      }
      const [last, fate] = [[...row.querySelectorAll(".chip")].at(-1), row.querySelector(".op-f")];
      if (last && fate && last.getBoundingClientRect().bottom > fate.getBoundingClientRect().top + 1) {
        found.push(`${row.dataset.op}: a verdict lies on the fate`);
      }
      if (index > 0 && Math.abs(rows[index - 1].box.bottom - box.top) > 1) found.push(`${row.dataset.op}: a gap above`);
    });
    return found;
  });

pageTest("a row with several broken verdicts shows all of them and its fate", async ({ page }) => {
  await page.getByRole("combobox", { name: "Scenario" }).selectOption({ label: "A lagging replica" });
  await pause(page);
  await goTo(page, 12_000);
  const several = page.locator(".lscroll [data-op]", { has: page.locator(".op-also") });
  await several.first().waitFor();
  const texts = await several.first().textContent();
  assert.match(texts, /stale by \d+ versions?, .*broke .*answered with version \d+/);
  const box = page.locator(".lscroll");
  const height = await box.evaluate((box) => box.scrollHeight);
  for (let top = 0; top < Math.min(height, 6_000); top += 400) {
    await box.evaluate((box, top) => {
      box.scrollTop = top;
      return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }, top);
    assert.deepEqual(await faults(page), []);
  }
});

const LONG = {
  version: 2,
  seed: 5,
  workload: { operations_per_second: 10_000, read_percent: 60 },
  cluster: { costs: { read_us: 20, write_us: 20, apply_us: 20, fsync_us: 100 } },
};

pageTest("with more than 100,000 operations only what is in sight is drawn, and the cap is stated", async ({ page }) => {
  await openFile(page, "long.json", JSON.stringify(LONG));
  for (let at = 0; at < 11_000; at = Math.round(Number(await page.locator(".clock b").textContent()) * 1_000)) {
    await page.getByRole("slider", { name: "Timeline", exact: true }).evaluate((slider) => {
      slider.max = "20000";
      slider.value = "11000";
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
  await ledger(page).getByRole("button", { name: "All", exact: true }).click();
  await ledger(page).getByText(/^Listed: the newest 100,000 of 1\d\d,\d{3}\. The totals count all\.$/).waitFor();
  const box = page.locator(".lscroll");
  assert.ok((await box.evaluate((box) => box.scrollHeight)) >= 8_000_000);
  for (const part of [0, 0.25, 0.5, 0.9999, 1]) {
    const rows = await box.evaluate((box, part) => {
      box.scrollTop = (box.scrollHeight - box.clientHeight) * part;
      return new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(() => done(box.querySelectorAll("[data-op]").length)));
      });
    }, part);
    assert.ok(rows > 3 && rows < 30, `${rows} rows at ${part}`);
    assert.deepEqual(await faults(page), []);
  }
  const last = page.locator(".lscroll [data-op]").last();
  assert.equal(await last.getAttribute("aria-setsize"), "100000");
  assert.equal(await last.getAttribute("aria-posinset"), "100000");
});

pageTest("the numbers say what the command line's report says, and stay at the instant", async ({ page }) => {
  await pause(page);
  await goTo(page, 6_000);
  await button(page, "Numbers").click();
  const numbers = page.getByRole("group", { name: "Numbers" });
  const name = (title) => numbers.getByRole("img", { name: new RegExp(`^${title}, `) }).getAttribute("aria-label");
  assert.match(await name("Commit latency"), /p50 [\d.]+ m?s, p99 [\d.]+ m?s, highest p99 [\d.]+ m?s$/);
  assert.match(await name("Staleness"), /p50 [\d.]+ m?s/);
  assert.match(await name("Lag"), /p99 [\d.]+ m?s/);
  const text = await numbers.textContent();
  assert.match(text, /one server\d+\/s.*this cluster\d+\/s.*asked for now\d+\/s/);
  const [, formula, measured] = /primary busy([\d.]+) % by the formula, ([\d.]+) % measured/.exec(text);
  assert.ok(Number(formula) > 0 && Number(measured) >= 0, text);
  await goTo(page, 500);
  await numbers.getByText("no read was stale").or(numbers.getByRole("img", { name: /^Staleness/ })).waitFor();
  assert.notEqual(await numbers.textContent(), text);
});
