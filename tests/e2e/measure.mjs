// What the release build weighs and costs: `cargo xtask measure`. Prints figures, each with its goal; judges nothing.
//
// Script per frame is what the page's own animation callback takes together with what it leaves to be done right after it, at nine
// nodes under a load that keeps 500 messages on their way. Everything is measured in headless Chromium on this machine, so figures
// of two machines do not compare, nor those of a busy one.

import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { measureLedger } from "./measure-ledger.mjs";
import { launchBrowser, READY, serveDist } from "./stage.mjs";
import { BUDGET_KB, inKb, sums, weigh } from "./weight.mjs";

const FRAMES = 600;
const SEEKS = 200;
const ROUNDS = 3;
const TEN_MINUTES_MS = 600_000;
const HOUR_S = 3_600;
/** How long an hour at 100× may take on a machine that does not keep up. */
const PATIENCE_MS = 240_000;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");

const line = (what, figure, goal) => console.log(`${what.padEnd(48)} ${figure.padStart(12)}   ${goal}`);
const quantile = (numbers, part) => numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];

/** Nine nodes; half a second between any two, so that this load keeps 500 messages on their way. */
const BUSY = {
  version: 1,
  cluster: { replicas: 8, node_link: { delay_us: 500_000, jitter_us: 20_000 } },
  workload: { operations_per_second: 90, read_percent: 20 },
};

/** What is played for ten minutes, and for an hour. */
const LONG = { version: 1, workload: { operations_per_second: 100, read_percent: 50 } };

async function open(page, name, scenario) {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.locator("input[type=file]").setInputFiles({
    name,
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify(scenario)),
  });
  await page.getByText(`${name} is open`).waitFor();
}

const slider = (page) => page.getByRole("slider", { name: "Timeline", exact: true });
const clock = async (page) => Number(await page.locator(".clock b").textContent());
const play = (page) => page.getByRole("button", { name: "Play", exact: true }).click();
const pause = (page) => page.getByRole("button", { name: "Pause", exact: true }).click();
const pace = (page, label) => page.getByRole("combobox", { name: "Speed" }).selectOption({ label });

/** Goes to an instant and returns how long that took, in milliseconds, with all that is drawn anew. */
function goTo(page, millis) {
  return slider(page).evaluate(async (slider, millis) => {
    slider.max = String(Math.max(Number(slider.max), millis));
    slider.value = String(millis);
    const before = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    for (let round = 0; round < 50; round += 1) await null;
    return performance.now() - before;
  }, millis);
}

/** The script of each of the next frames, in milliseconds: the page's callback, and the microtasks that it leaves. */
function frames(page, count) {
  return page.evaluate(
    (count) =>
      new Promise((done) => {
        const taken = [];
        const original = window.requestAnimationFrame;
        window.requestAnimationFrame = (callback) =>
          original(async (at) => {
            const before = performance.now();
            callback(at);
            for (let round = 0; round < 50; round += 1) await null;
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

/** The shortest of several times that the engine's fixed piece of work takes, in milliseconds. */
async function engine(page) {
  const native = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = performance.now();
    const { status } = spawnSync(join(TARGET, "release/examples/pace"));
    if (status !== 0) throw new Error(`the native example "pace" ended with ${status}`);
    native.push(performance.now() - before);
  }
  const bytes = await readFile(join(TARGET, "wasm32-unknown-unknown/page/examples/pace.wasm"));
  const wasm = await page.evaluate(
    async ([text, rounds]) => {
      const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      const program = await WebAssembly.compile(bytes);
      const taken = [];
      for (let round = 0; round < rounds; round += 1) {
        const { exports } = await WebAssembly.instantiate(program, {});
        const before = performance.now();
        exports.main(0, 0);
        taken.push(performance.now() - before);
      }
      return taken;
    },
    [bytes.toString("base64"), ROUNDS],
  );
  return { native: Math.min(...native), wasm: Math.min(...wasm) };
}

const { first, wasm, later } = sums(await weigh());
line("first load, brotli", inKb(first), `budget ${BUDGET_KB} KB, goal 250 KB`);
line("  of it wasm", inKb(wasm), "");
line("later, when asked for", inKb(later), "");

const server = await serveDist();
const browser = await launchBrowser();
try {
  const blank = await browser.newPage();
  const times = await engine(blank);
  line("engine in wasm, part of its native speed", `${((times.native / times.wasm) * 100).toFixed(0)} %`, "goal 50 %");
  await blank.close();

  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: "block" });
  const page = await context.newPage();
  // Trunk's loader tells when the program has started, and hands out its memory.
  await page.addInitScript(() => {
    addEventListener("TrunkApplicationStarted", (event) => {
      window.measured = event.detail.wasm;
    });
  });
  await page.goto(server.url);
  await page.locator(READY).waitFor();

  await open(page, "busy.json", BUSY);
  await goTo(page, 5_000);
  await pace(page, "1/20 of real time");
  await play(page);
  const taken = await frames(page, FRAMES);
  const onTheWay = await page.locator(".msgs summary span").textContent();
  line(`script per frame, p99, 9 nodes, ${onTheWay}`, `${quantile(taken, 0.99).toFixed(1)} ms`, "goal 4 ms");
  line("  median", `${quantile(taken, 0.5).toFixed(1)} ms`, "");
  await pause(page);

  await open(page, "long.json", LONG);
  let reached = 0;
  for (let before = -1; reached < TEN_MINUTES_MS / 1_000 && reached > before; ) {
    before = reached;
    await goTo(page, TEN_MINUTES_MS);
    reached = await clock(page);
  }
  const seeks = [];
  for (let index = 0; index < SEEKS; index += 1) {
    seeks.push(await goTo(page, (index * 7_919_000) % TEN_MINUTES_MS));
  }
  line(`seek in a run of ${(reached / 60).toFixed(0)} min, p99`, `${quantile(seeks, 0.99).toFixed(0)} ms`, "goal 50 ms");
  line("  median", `${quantile(seeks, 0.5).toFixed(0)} ms`, "");

  await open(page, "hour.json", LONG);
  await pace(page, "100× real time");
  await play(page);
  await page
    .waitForFunction((end) => Number(document.querySelector(".clock b")?.textContent) >= end, HOUR_S, { timeout: PATIENCE_MS })
    .catch((error) => {
      if (error.name !== "TimeoutError") throw error;
    });
  await pause(page);
  const hours = ((await clock(page)) / HOUR_S).toFixed(2);
  const bytes = await page.evaluate(() => window.measured.memory.buffer.byteLength);
  line(`memory of the program after ${hours} h at 100×`, `${(bytes / (1 << 20)).toFixed(0)} MB`, "");
  await context.close();
  await measureLedger(browser, server, line);
} finally {
  await browser.close();
  await server.close();
}
