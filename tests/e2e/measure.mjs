// What the release build weighs and costs: `cargo xtask measure`. Prints figures, each with its goal; judges nothing.
//
// Script per frame is what the page's own animation callback takes, at nine nodes under a load that keeps 500 messages on their
// way. Everything is measured in headless Chromium on this machine, so figures of two machines do not compare.

import { measureLedger } from "./measure-ledger.mjs";
import { launchBrowser, READY, serveDist } from "./stage.mjs";
import { BUDGET_KB, inKb, sums, weigh } from "./weight.mjs";

const FRAMES = 600;
const SEEKS = 40;
const HOUR_MS = 3_600_000;

const line = (what, figure, goal) => console.log(`${what.padEnd(44)} ${figure.padStart(12)}   ${goal}`);
const quantile = (numbers, part) => numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];

/** Nine nodes; half a second between any two, so that this load keeps 500 messages on their way. */
const BUSY = {
  version: 1,
  cluster: { replicas: 8, node_link: { delay_us: 500_000, jitter_us: 20_000 } },
  workload: { operations_per_second: 90, read_percent: 20 },
};

async function openBusy(page) {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.locator("input[type=file]").setInputFiles({
    name: "busy.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify(BUSY)),
  });
  await page.getByText("busy.json is open").waitFor();
}

const slider = (page) => page.getByRole("slider", { name: "Timeline", exact: true });

async function goTo(page, millis) {
  await slider(page).evaluate((slider, millis) => {
    slider.max = String(Math.max(Number(slider.max), millis));
    slider.value = String(millis);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }, millis);
}

/** The time that the page's callback takes in each of the next frames, in milliseconds. */
function frames(page, count) {
  return page.evaluate(
    (count) =>
      new Promise((done) => {
        const taken = [];
        const original = window.requestAnimationFrame;
        window.requestAnimationFrame = (callback) =>
          original((at) => {
            const before = performance.now();
            callback(at);
            taken.push(performance.now() - before);
            if (taken.length === count) {
              window.requestAnimationFrame = original;
              done(taken);
            }
          });
      }),
    count,
  );
}

const { all, wasm } = sums(await weigh());
line("first load, brotli", inKb(all), `budget ${BUDGET_KB} KB`);
line("  of it wasm", inKb(wasm), "");

const server = await serveDist();
const browser = await launchBrowser();
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  // Trunk's loader tells when the program has started, and hands out its memory.
  await page.addInitScript(() => {
    addEventListener("TrunkApplicationStarted", (event) => {
      window.measured = event.detail.wasm;
    });
  });
  await page.goto(server.url);
  await page.locator(READY).waitFor();
  await openBusy(page);
  await goTo(page, 5_000);
  await page.getByRole("combobox", { name: "Speed" }).selectOption({ label: "1/20 of real time" });
  await page.getByRole("button", { name: "Play", exact: true }).click();
  const taken = await frames(page, FRAMES);
  const onTheWay = await page.locator(".msgs summary span").textContent();
  line(`script per frame, p99, 9 nodes, ${onTheWay}`, `${quantile(taken, 0.99).toFixed(1)} ms`, "goal 4 ms");
  line("  median", `${quantile(taken, 0.5).toFixed(1)} ms`, "");
  await page.getByRole("button", { name: "Pause", exact: true }).click();

  const seeks = [];
  for (let index = 0; index < SEEKS; index += 1) {
    const to = (index * 7919) % 5_000;
    seeks.push(
      await slider(page).evaluate((slider, to) => {
        const before = performance.now();
        slider.value = String(to);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        return performance.now() - before;
      }, to),
    );
  }
  line("seek, p99", `${quantile(seeks, 0.99).toFixed(0)} ms`, "goal 50 ms");

  // An hour, in as many jumps as it takes: each computes what a person would wait for.
  for (let before = -1, at = 0; at < HOUR_MS && at > before; ) {
    before = at;
    await goTo(page, HOUR_MS);
    at = Number(await page.locator(".clock b").textContent()) * 1_000;
  }
  const hours = (Number(await page.locator(".clock b").textContent()) / 3_600).toFixed(2);
  const bytes = await page.evaluate(() => window.measured.memory.buffer.byteLength);
  line(`memory of the program after ${hours} h`, `${(bytes / (1 << 20)).toFixed(0)} MB`, "");
  await context.close();
  await measureLedger(browser, server, line);
} finally {
  await browser.close();
  await server.close();
}
