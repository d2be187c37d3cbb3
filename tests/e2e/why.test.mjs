// Why?: from a verdict to its chain of causes, and from there to each moment.

import assert from "node:assert/strict";
import { accessible, button, clockShows, events, goTo, ledger, pause } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";

const chain = (page) => page.getByRole("group", { name: "Explanation", exact: true });

async function openLost(page) {
  await pause(page);
  await goTo(page, 4_000);
  await ledger(page).getByRole("button", { name: /^Why\? write \d+, LOST though acked/ }).first().click();
  await page.getByRole("heading", { name: /^Why is .* lost\?$/ }).waitFor();
}

for (const colorScheme of ["light", "dark"]) {
  pageTest(`a lost write is explained from the kill to the takeover, ${colorScheme}`, { colorScheme }, async ({ page }) => {
    await openLost(page);
    const steps = await chain(page).getByRole("listitem").allTextContents();
    const place = (pattern) => {
      const index = steps.findIndex((step) => pattern.test(step));
      assert.notEqual(index, -1, `${pattern} in\n${steps.join("\n")}`);
      return index;
    };
    const told = place(/was told OK/);
    const killed = place(/n1 was killed: its power failed/);
    const lost = place(/was still on its way to n2\. It was lost with n1/);
    const took = place(/n2 took over, with the votes of .*is not in its own/);
    assert.ok(told < killed && killed < lost && lost < took, steps.join("\n"));
    const diagram = page.getByRole("img", { name: /^Space-time diagram, time downwards\. Lines: .*n1 and n2/ });
    assert.match(await diagram.getAttribute("aria-label"), /log entries from n1 to n2, sent [\d.]+ s, lost 1\.300 s/);
    await accessible(page);
  });
}

pageTest("each event goes to its moment, and the explanation stays while the run is taken back", async ({ page }) => {
  await openLost(page);
  await chain(page).getByRole("button", { name: /n1 was killed/ }).click();
  await clockShows(page, "1.300");
  await page.getByRole("group", { name: /^n1, .*down/ }).waitFor();
  assert.equal(await chain(page).getByRole("button", { name: /took over/ }).count(), 1);
  await chain(page).getByRole("button", { name: /took over/ }).click();
  await page.getByRole("group", { name: /^n2, primary/ }).waitFor();
  await events(page).waitFor({ state: "hidden" });
  await button(page, "Back to the ledger").click();
  await events(page).waitFor();
});

pageTest("by keyboard: W opens the worst, L the next lost write, Escape closes and keys do not reach the run", async ({ page }) => {
  await pause(page);
  await goTo(page, 4_000);
  await page.keyboard.press("Escape");
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("w");
  const heading = page.getByRole("heading", { name: /^Why is .* lost\?$/ });
  await heading.waitFor();
  const first = await heading.textContent();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "why-title", "the heading has the focus");
  await page.keyboard.press("l");
  await page.waitForFunction((first) => document.getElementById("why-title").textContent !== first, first);
  await page.keyboard.press("Escape");
  await heading.waitFor({ state: "detached" });
});

pageTest("a stale read and an outage have their own stories", async ({ page }) => {
  await pause(page);
  await goTo(page, 1_500);
  await button(page, /^Why\? Nobody takes writes/).click();
  await page.getByRole("heading", { name: "Why does nobody take writes?" }).waitFor();
  await chain(page).getByText("n1 was killed: its power failed.").waitFor();
  await button(page, "Back to the ledger").click();
  await ledger(page).getByRole("button", { name: /^Why\? read \d+, stale by/ }).first().click();
  await page.getByRole("heading", { name: /^Why is .* old\?$/ }).waitFor();
  await chain(page).getByText(/answered with version \d+\./).waitFor();
});
