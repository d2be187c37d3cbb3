// Moving in time: by event and by message, and the branches that acting in the past opens.

import assert from "node:assert/strict";
import { accessible, button, clock, clockShows, events, goTo, pause } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";

const slowDown = async (page, name) => {
  const node = page.getByRole("group", { name: new RegExp(`^${name}, `) });
  await node.click();
  await node.getByRole("button", { name: "Slow", exact: true }).click();
  await page.getByRole("group", { name: new RegExp(`^${name}, .*slow`) }).waitFor();
};

const arrived = (page) => page.locator(".arrived").textContent();

pageTest("by message: on to each arrival, and back before it", async ({ page }) => {
  await pause(page);
  await goTo(page, 700);
  const seen = [];
  for (let step = 0; step < 4; step += 1) {
    await button(page, "Step by message").click();
    await page.locator(".arrived", { hasText: "reached" }).waitFor();
    seen.push({ at: await clock(page), text: await arrived(page) });
    assert.match(seen.at(-1).text, / reached (n\d|the apps)/);
  }
  assert.ok(Number(seen[3].at) > 0.7, "time has passed");
  for (let step = 3; step > 0; step -= 1) {
    await page.keyboard.press("Shift+ArrowLeft");
    assert.ok(Number(await clock(page)) <= Number(seen[step].at));
  }
  await page.keyboard.press("Shift+ArrowRight");
  await clockShows(page, seen[1].at);
  assert.equal(await arrived(page), seen[1].text, "the same message arrives again");
});

pageTest("by event: a finer step than by message, and back", async ({ page }) => {
  await pause(page);
  await goTo(page, 700);
  await button(page, "Step").click();
  const first = await clock(page);
  await button(page, "Step").click();
  await button(page, "Step back").click();
  await button(page, "Step back").click();
  await button(page, "Step").click();
  await clockShows(page, first);
});

pageTest("acting in the past opens a branch; it is named, gone back to and deleted", async ({ page }) => {
  await page.getByRole("combobox", { name: "Scenario" }).selectOption({ label: "Quiet cluster: try it yourself" });
  await pause(page);
  await goTo(page, 900);
  await slowDown(page, "n3");
  await events(page).getByText("n3 was slowed").waitFor();
  await goTo(page, 500);
  await slowDown(page, "n2");
  const chips = page.getByRole("group", { name: "Branches", exact: true }).getByRole("button");
  assert.equal(await chips.count(), 2);

  await button(page, "Name and compare branches").click();
  const dialog = page.getByRole("dialog", { name: "Branches" });
  const names = dialog.getByRole("textbox");
  await names.nth(1).waitFor();
  assert.equal(await names.count(), 2);
  await accessible(page);
  await names.nth(1).fill("Slow n2 early");
  await names.nth(1).press("Enter");
  await dialog.getByRole("button", { name: "Delete Slow n2 early" }).waitFor();
  await dialog.getByText(/^left Run at 0\.500 s, played to/).waitFor();

  await dialog.getByRole("button", { name: "Go to: Run" }).click();
  await dialog.getByRole("button", { name: "Go to: Slow n2 early" }).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await goTo(page, 1_200);
  await events(page).getByText("n3 was slowed").waitFor();
  assert.equal(await events(page).getByText("n2 was slowed").count(), 0, "the old future is as it was");

  await chips.filter({ hasText: "Slow n2 early" }).click();
  await events(page).getByText("n2 was slowed").waitFor();
  assert.equal(await events(page).getByText("n3 was slowed").count(), 0);

  await page.keyboard.press("b");
  await page.getByText(/^Branch at .* begins here\.$/).waitFor();
  assert.equal(await chips.count(), 3);
  await button(page, "Name and compare branches").click();
  await dialog.getByRole("button", { name: "Delete Slow n2 early" }).click();
  await dialog.getByText(/^left Run at 0\.500 s/).waitFor();
  assert.equal(await names.count(), 2, "its child has left its parent");
  await dialog.getByRole("button", { name: "Delete Run" }).click();
  assert.equal(await names.count(), 1);
  assert.ok(await dialog.getByRole("button", { name: /^Delete / }).isDisabled(), "the last one stays");
});
