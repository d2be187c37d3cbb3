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

/** Goes to an instant, in milliseconds, with the timeline's slider; further than it reaches, in several goes. */
export async function goTo(page, millis) {
  const slider = page.getByRole("slider", { name: "Timeline", exact: true });
  for (let to = -1; to !== millis; ) {
    to = Math.min(millis, Number(await slider.getAttribute("max")));
    await slider.fill(String(to));
    await page.waitForFunction((to) => document.querySelector("[aria-label=Timeline]").value === String(to), to);
  }
}

/** The instant on the clock, as it is written. */
export const clock = (page) => page.locator(".clock b").textContent();

/** Waits until the clock shows an instant. */
export const clockShows = (page, text) =>
  page.waitForFunction((text) => document.querySelector(".clock b").textContent === text, text);

/** Opens a scenario file. */
export async function openFile(page, name, text) {
  await button(page, "Share").click();
  await page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
  await page.getByText(`${name} is open, at its start.`).waitFor();
}

/** A phone and a tablet, with fingers. */
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
export const TABLET = { viewport: { width: 1024, height: 768 }, hasTouch: true, isMobile: true };

/** axe-core finds nothing, in the theme that is shown; `aim` narrows what it looks at. */
export async function accessible(page, view = "", aim = (axe) => axe) {
  // What is still fading in has the colours of neither state.
  await page.evaluate(() => {
    const running = document.getAnimations().filter((one) => one.playState === "running" && one.effect.getComputedTiming().endTime < Infinity);
    return Promise.allSettled(running.map((one) => one.finished));
  });
  const { violations } = await aim(new AxeBuilder({ page })).analyze();
  const lines = violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${view} ${id}: ${node.target.join(" ")}: ${node.failureSummary}`),
  );
  assert.deepEqual(lines, []);
}
