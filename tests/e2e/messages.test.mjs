// Messages by hand: in the list by keyboard, on the stage by pointer.

import assert from "node:assert/strict";
import { accessible, button, events, goTo, pause } from "./deeds.mjs";
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
