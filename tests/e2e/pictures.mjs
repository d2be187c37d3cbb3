// Pictures of the built page for people to look at: `cargo xtask pictures`. Each main view, in both themes, on a wide screen, a narrow
// one and a phone, in a folder that git ignores.
//
// Words on the command line: names of views, to make only those; what follows the address, such as "#run=…", for a picture of that; or
// `readme`, which makes the picture of README.md.

import { mkdir } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { button, goTo, ledger, pause, PHONE } from "./deeds.mjs";
import { launchBrowser, openPage, serveDist } from "./stage.mjs";

const FOLDER = fileURLToPath(new URL("pictures", import.meta.url));
const README = fileURLToPath(new URL("../../docs/playground.png", import.meta.url));
const SIZES = [
  { viewport: { width: 1440, height: 900 } },
  { viewport: { width: 1024, height: 768 } },
  { ...PHONE, deviceScaleFactor: 2 },
];

/** On a phone, the tab with this name. */
async function sheet(page, name) {
  const tab = page.getByRole("navigation", { name: "Views" }).getByRole("button", { name });
  if (await tab.isVisible()) await tab.click();
}

/** Setup, where it is out of sight. */
async function setup(page) {
  await sheet(page, /^Setup/);
  const opener = page.locator(".top .setup");
  if ((await opener.isVisible()) && (await opener.getAttribute("aria-expanded")) === "false") await opener.click();
}

async function unfold(page, name) {
  const summary = page.locator("details.network summary").filter({ hasText: name });
  if ((await summary.locator("xpath=..").getAttribute("open")) === null) await summary.click();
}

/** The cluster dialog with Patroni over three regions, one value refused and one changed. */
async function cluster(page) {
  await setup(page);
  await button(page, "Change cluster").click();
  const dialog = page.getByRole("dialog", { name: "Cluster" });
  await dialog.getByLabel("Start from").selectOption({ label: "PostgreSQL + Patroni 4 defaults" });
  await dialog.getByLabel("Regions").selectOption({ label: "US coasts and Europe: 70 to 100 ms" });
  await dialog.getByLabel("Place of n2", { exact: true }).waitFor();
  await dialog.getByLabel("synchronous_mode", { exact: true }).selectOption("on");
  await dialog.getByRole("searchbox", { name: "Find a parameter" }).fill("lease");
  await dialog.getByLabel("ttl", { exact: true }).fill("10");
  await dialog.getByLabel("ttl", { exact: true }).press("Enter");
}

/** The stage of that cluster, a moment after the start. */
async function patroni(page) {
  await cluster(page);
  await page.getByRole("dialog", { name: "Cluster" }).getByRole("button", { name: "Close", exact: true }).click();
  await page.keyboard.press("Escape");
  await pause(page);
  await goTo(page, 1_200);
}

/** The main views: from the opening, paused after a failover. */
const VIEWS = {
  async playground() {},
  async before(page) {
    await goTo(page, 1_240);
  },
  async node(page) {
    await page.getByRole("group", { name: /^n3, / }).click({ position: { x: 20, y: 12 } });
  },
  async table(page) {
    await button(page, "Stage as a table").click();
  },
  async ledger(page) {
    await sheet(page, /^Ledger/);
    await ledger(page).getByRole("button", { name: "All", exact: true }).click();
  },
  async stale(page) {
    await page.getByRole("combobox", { name: "Scenario" }).selectOption({ label: "A lagging replica" });
    await pause(page);
    await goTo(page, 12_000);
    await sheet(page, /^Ledger/);
  },
  async numbers(page) {
    await sheet(page, /^Ledger/);
    await button(page, "Numbers").click();
  },
  async why(page) {
    await sheet(page, /^Ledger/);
    await ledger(page).getByRole("button", { name: /^Why\?/ }).first().click();
    await page.getByRole("heading", { name: /^Why / }).waitFor();
  },
  async timeline(page) {
    await sheet(page, /^Timeline/);
  },
  async setup(page) {
    await setup(page);
    await unfold(page, "Network");
  },
  async messages(page) {
    await goTo(page, 1_240);
    await setup(page);
    await unfold(page, "Messages");
    const list = page.getByRole("region", { name: "Messages", exact: true });
    await list.getByRole("listitem").first().getByRole("button").first().click();
  },
  async compare(page) {
    await button(page, "Compare").click();
    await page.getByRole("region", { name: "Sync", exact: true }).waitFor();
  },
  cluster,
  patroni,
  async status(page) {
    await patroni(page);
    const primary = page.getByRole("group", { name: /^n1, primary/ });
    await primary.click();
    await primary.getByRole("button", { name: "Status" }).click();
  },
  async "compare-table"(page) {
    await button(page, "Compare").click();
    await button(page, "Table").click();
  },
  async settings(page) {
    await page.locator(".mode button").last().click();
  },
  async share(page) {
    await button(page, "Share").click();
  },
  async keys(page) {
    await page.keyboard.press("?");
  },
};

/** Lessons: which, and what is done in it. */
const LESSONS = {
  "lesson-doing": ["one-kitchen", async (page) => goTo(page, 300)],
  "lesson-question": ["sync-mode", async (page) => page.locator(".quiz input").nth(1).check()],
  "lesson-feedback": ["sync-mode", async (page) => answer(page, 0)],
  "lesson-choice": ["which-mode", async (page) => answer(page, 2)],
  "lesson-task": ["company", async (page) => skip(page, 3)],
  "lesson-skipped": ["split-brain", async (page) => { await skip(page, 2); await button(page, "Back").click(); }],
  "lesson-end": ["github-2018", async (page) => skip(page, 3)],
  "lesson-list": ["failover", async (page) => {
    await skip(page, 6);
    await button(page, "Lessons").click();
    await page.getByRole("dialog", { name: "Lessons" }).getByRole("list").waitFor();
  }],
};
const LESSON_FILES = /\/lessons\/[a-z0-9-]+\.json\?[0-9a-f]+$/;

async function skip(page, steps) {
  for (let left = steps; left > 0; left -= 1) await button(page, "Skip step").click();
}

async function answer(page, option) {
  await page.locator(".quiz input").nth(option).check();
  await button(page, /^(Lock in|Choose) and run$/).click();
  await button(page, "Skip to the end").click();
  await page.getByText("Step done.").waitFor({ state: "attached" });
}

const asked = process.argv.slice(2);
await mkdir(FOLDER, { recursive: true });
const server = await serveDist();
const browser = await launchBrowser();
let wrong = 0;

/** One picture. */
async function take(file, path, options, prepare) {
  const { page, context, problems } = await openPage(browser, server, { path, ...options });
  await prepare(page);
  // What fades in has done so.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));
  await page.screenshot({ path: file });
  console.log(relative(process.cwd(), file));
  for (const problem of problems()) {
    console.error(`  ${problem}`);
    wrong += 1;
  }
  await context.close();
}

async function afterFailover(page) {
  await pause(page);
  await goTo(page, 3_400);
}

try {
  if (asked.includes("readme")) {
    await take(README, "", { ...SIZES[0], colorScheme: "light" }, async (page) => {
      await afterFailover(page);
    });
  } else {
    const links = asked.filter((word) => word.startsWith("#") || word.startsWith("?"));
    const wanted = (views) => Object.entries(views).filter(([name]) => asked.includes(name) || (asked.length === 0 && links.length === 0));
    const [views, lessons] = [wanted(VIEWS), wanted(LESSONS)];
    for (const size of SIZES) {
      for (const colorScheme of ["light", "dark"]) {
        const name = (view) => `${FOLDER}/${view}-${size.viewport.width}x${size.viewport.height}-${colorScheme}.png`;
        for (const [view, prepare] of views) {
          await take(name(view), "", { ...size, colorScheme }, async (page) => {
            await afterFailover(page);
            await prepare(page);
          });
        }
        for (const [view, [id, prepare]] of lessons) {
          await take(name(view), `#lesson=${id}`, { ...size, colorScheme, asks: LESSON_FILES }, async (page) => {
            await page.locator(".prose h2").waitFor();
            await prepare(page);
            await page.mouse.move(0, 0);
          });
        }
        for (const [index, path] of links.entries()) await take(name(`link-${index + 1}`), path, { ...size, colorScheme }, async () => {});
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
}
process.exitCode = wrong === 0 ? 0 : 1;
