// One animation loop. A hidden tab is called no frames, and when it comes back the run goes on where it was.

import assert from "node:assert/strict";
import { button, pause } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";

/** Puts every animation frame of the page into a test's hands: `frames.hidden` keeps them waiting, as a browser does with a hidden tab. */
const WATCH = () => {
  const original = window.requestAnimationFrame.bind(window);
  const frames = { hidden: false, later: 0, open: 0, most: 0, waiting: [] };
  window.frames_ = frames;
  window.requestAnimationFrame = (callback) => {
    frames.open += 1;
    frames.most = Math.max(frames.most, frames.open);
    const call = (at) => {
      if (frames.hidden) {
        frames.waiting.push(call);
        return;
      }
      frames.open -= 1;
      callback(at + frames.later);
    };
    return original(call);
  };
};

const now = (page) => page.locator(".clock b").textContent().then(Number);
// Not by animation frames, which are in the test's hands.
const POLLING = { polling: 20 };
const advanced = (page, from) => page.waitForFunction((from) => Number(document.querySelector(".clock b").textContent) > from, from, POLLING);
const held = (page) => page.waitForFunction(() => window.frames_.waiting.length === 1, undefined, POLLING);

pageTest("there is one animation loop, and a hidden tab stops it and comes back without a jump", { initScript: WATCH }, async ({ page }) => {
  await page.getByRole("combobox", { name: "Speed" }).selectOption({ label: "1/20 of real time" });
  await advanced(page, await now(page));
  assert.equal(await page.evaluate(() => window.frames_.most), 1, "never two frames asked for at once");
  await page.evaluate(() => {
    window.frames_.hidden = true;
  });
  await held(page);
  const hidden = await now(page);
  // An hour passes, and then there is a single frame.
  const oneFrame = () => {
    const { frames_: frames } = window;
    frames.hidden = false;
    for (const call of frames.waiting.splice(0)) call(performance.now());
    frames.hidden = true;
  };
  await page.evaluate(() => {
    window.frames_.later = 3_600_000;
  });
  await page.evaluate(oneFrame);
  await held(page);
  const back = await now(page);
  assert.ok(back > hidden && back - hidden < 0.0065, `a twentieth of a tenth of a second at most, not ${back - hidden} s`);
  await page.evaluate(oneFrame);
  await page.evaluate(() => {
    window.frames_.hidden = false;
    for (const call of window.frames_.waiting.splice(0)) call(performance.now());
  });
  await advanced(page, back);
  await pause(page);
  const still = await now(page);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.equal(await now(page), still, "paused means still");
  await button(page, "Play").click();
  await advanced(page, still);
});
