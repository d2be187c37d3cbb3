// What several tests do on the page, as a person would.

import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";

export const button = (page, name) => page.getByRole("button", { name, exact: typeof name === "string" });
export const ledger = (page) => page.getByRole("region", { name: "Ledger", exact: true });
export const events = (page) => page.getByRole("log", { name: "Events", exact: true });

/** Pauses, if the page plays. */
export async function pause(page) {
  const pause = button(page, "Pause");
  if (await pause.isVisible()) await pause.click();
  await button(page, "Play").waitFor();
}

/** Goes to an instant, in milliseconds, with the timeline's slider. */
export async function goTo(page, millis) {
  const slider = page.getByRole("slider", { name: "Timeline", exact: true });
  await slider.fill(String(millis));
  await page.waitForFunction(
    (millis) => document.querySelector("[aria-label=Timeline]").value === String(millis),
    millis,
  );
}

/** The instant on the clock, as it is written. */
export const clock = (page) => page.locator(".clock b").textContent();

/** Waits until the clock shows an instant. */
export const clockShows = (page, text) =>
  page.waitForFunction((text) => document.querySelector(".clock b").textContent === text, text);

/** axe-core finds nothing, in the theme that is shown. */
export async function accessible(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const lines = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`),
  );
  assert.deepEqual(lines, []);
}
