// How fluid the ledger is with 100,000 rows: part of `cargo xtask measure`, or by itself: `node tests/e2e/measure-ledger.mjs`.
//
// While the run plays, the list is scrolled by half its height in every frame. A frame is as long as the browser takes from one to the
// next, everything included; headless Chromium makes one every 16.7 ms if it can. A long task keeps the page busy for more than 50 ms.

import { fileURLToPath } from "node:url";
import { launchBrowser, READY, serveDist } from "./stage.mjs";

const FRAMES = 300;
const LONG = {
  version: 2,
  seed: 5,
  workload: { operations_per_second: 10_000, read_percent: 60 },
  cluster: { costs: { read_us: 20, write_us: 20, apply_us: 20, fsync_us: 100 } },
};

const quantile = (numbers, part) => numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];

/** Scrolls the list, half its height a frame, and notes how long each frame was. */
function scrolled(page, count) {
  return page.evaluate(
    (count) =>
      new Promise((done) => {
        const box = document.querySelector(".lscroll");
        const frames = [];
        let [before, longest, long] = [undefined, 0, 0];
        const observer = new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) [long, longest] = [long + 1, Math.max(longest, duration)];
        });
        observer.observe({ type: "longtask" });
        const step = (at) => {
          if (before !== undefined) frames.push(at - before);
          before = at;
          if (frames.length === count) {
            observer.disconnect();
            done({ frames, long, longest, rows: box.querySelectorAll("[data-op]").length });
            return;
          }
          box.scrollTop = (box.scrollTop + box.clientHeight / 2) % (box.scrollHeight - box.clientHeight);
          requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      }),
    count,
  );
}

/** Prints its figures through `line(what, figure, goal)`. */
export async function measureLedger(browser, server, line) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: "block" });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.locator(READY).waitFor();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.locator("input[type=file]").setInputFiles({ name: "long.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(LONG)) });
  await page.getByText("long.json is open").waitFor();
  const seconds = async () => Number(await page.locator(".clock b").textContent());
  while ((await seconds()) < 11) {
    await page.getByRole("slider", { name: "Timeline", exact: true }).evaluate((slider) => {
      slider.max = "20000";
      slider.value = "11000";
      slider.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
  for (const filter of ["All", "Broken"]) {
    await page.getByRole("region", { name: "Ledger", exact: true }).getByRole("button", { name: filter, exact: true }).click();
    const size = await page.locator(".lscroll [data-op]").first().getAttribute("aria-setsize");
    for (const playing of [false, true]) {
      const toggle = page.getByRole("button", { name: playing ? "Play" : "Pause", exact: true });
      if (await toggle.isVisible()) await toggle.click();
      const { frames, long, longest, rows } = await scrolled(page, FRAMES);
      const state = playing ? "playing" : "paused";
      line(`scrolling ${size} rows, ${filter}, ${state}: p99`, `${quantile(frames, 0.99).toFixed(0)} ms`, "");
      line(`  median; long tasks; rows in the document`, `${quantile(frames, 0.5).toFixed(0)} ms`, `${long} (longest ${longest.toFixed(0)} ms); ${rows}`);
    }
    await page.getByRole("button", { name: "Pause", exact: true }).click();
  }
  await context.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [server, browser] = [await serveDist(), await launchBrowser()];
  try {
    await measureLedger(browser, server, (what, figure, goal) => console.log(`${what.padEnd(52)} ${figure.padStart(10)}   ${goal}`));
  } finally {
    await browser.close();
    await server.close();
  }
}
