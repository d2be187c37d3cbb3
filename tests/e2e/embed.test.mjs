// ReplicaScope inside another page: the example course, a host on another origin, and what neither may do.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, PHONE } from "./deeds.mjs";
import { serve } from "./server.mjs";
import { launchBrowser, serveDist } from "./stage.mjs";

const WIDE = { viewport: { width: 1440, height: 900 } };
const SOLUTION = JSON.parse(await readFile(new URL("../../crates/lessons/solutions/async-mode.json", import.meta.url)));
let browser;
let server;
before(async () => {
  [browser, server] = await Promise.all([launchBrowser(), serveDist()]);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** A test with a page of its own; nothing may stand in the console but what it says. */
function embedTest(name, { options = WIDE, warns = [] }, body) {
  test(name, { timeout: 120_000 }, async () => {
    const context = await browser.newContext({ serviceWorkers: "block", ...options });
    const page = await context.newPage();
    const [said, missing, cleanups] = [[], server.requests.length, []];
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
    page.on("pageerror", (error) => said.push(`uncaught: ${error.stack}`));
    /** A page of somebody else's, on another origin, with `html` in it. */
    const elsewhere = async (html) => {
      const folder = await mkdtemp(join(tmpdir(), "replicascope-host-"));
      await writeFile(join(folder, "index.html"), `<!doctype html><html lang="en"><meta charset="utf-8" /><title>Host</title><link rel="icon" href="data:," /><body>${html}</body></html>`);
      const host = await serve(folder);
      cleanups.push(() => host.close(), () => rm(folder, { recursive: true }));
      return host.url;
    };
    try {
      await body({ page, elsewhere, said });
      assert.deepEqual(said.filter((text) => !warns.some((warn) => warn.test(text))), []);
      for (const warn of warns) assert.equal(said.filter((text) => warn.test(text)).length, 1, `${warn} once among ${said.join("\n")}`);
      assert.deepEqual(server.requests.slice(missing).filter(({ status }) => status !== 200), []);
    } finally {
      await context.close();
      for (const cleanup of cleanups) await cleanup();
    }
  });
}

/** Keeps what an element's events say, in the page, as [name, detail]. */
const LISTEN = `<script>var told = []; for (const name of ["ready", "state", "event", "lesson", "refused"]) addEventListener("rs-" + name, (event) => told.push([name, event.detail, event.target.id]))</script>`;
const SCRIPT = () => `<script src="${server.url}embed.js"></script>`;
const ready = (page, id) => page.waitForFunction((id) => told.some(([name, , target]) => name === "ready" && target === id), id);
const inside = (page, id) => page.frameLocator(`#${id} iframe`);
const stateOf = (page, id) => page.evaluate((id) => document.getElementById(id).state, id);

async function openCourse(page) {
  await page.goto(`${server.url}examples/`);
  for (const id of ["vanished", "stale", "lesson"]) {
    await page.locator(`#${id}`).scrollIntoViewIfNeeded();
    await inside(page, id).locator("main").first().waitFor();
  }
}

embedTest("the course commands an embed and reads what it says", {}, async ({ page }) => {
  await openCourse(page);
  await page.getByRole("button", { name: "After the takeover" }).click();
  await page.locator("#at", { hasText: "3.00 s" }).waitFor();
  assert.equal(await page.locator("#primary").textContent(), "n2");
  // What the embed itself shows.
  const { writes } = await stateOf(page, "vanished");
  assert.ok(writes.lost > 0);
  assert.equal(Number(await page.locator("#lost").textContent()), writes.lost);
  await inside(page, "vanished").getByText("LOST though acked").first().waitFor();
  await page.getByRole("button", { name: "Before the fault" }).click();
  await page.locator("#lost", { hasText: /^0$/ }).waitFor();
  await page.getByRole("button", { name: "Play" }).click();
  await inside(page, "vanished").getByRole("button", { name: "Pause" }).waitFor();
  await page.waitForFunction(() => document.getElementById("vanished").state.at_ms > 1_250);
  await page.getByRole("button", { name: "Pause" }).click();
  await inside(page, "vanished").getByRole("button", { name: "Play", exact: true }).waitFor();
  assert.equal((await stateOf(page, "vanished")).playing, false);
});

embedTest("the course lists the events of its own scenario, whose mode is locked", {}, async ({ page }) => {
  await openCourse(page);
  const mode = inside(page, "stale").getByRole("radio", { name: "Sync", exact: true });
  assert.equal(await mode.getAttribute("aria-disabled"), "true");
  await page.evaluate(() => document.getElementById("stale").seek(2_000));
  const list = page.getByRole("log", { name: "What happened" });
  await list.getByText("n3 answers with the new value.").waitFor();
  const lines = await list.getByRole("listitem").allTextContents();
  assert.deepEqual(lines.filter((line) => /editor/i.test(line)), [
    "0.50 sThe editor writes.",
    "0.50 sThe editor is told OK.",
    "0.80 sThe editor asks n3.",
    "0.80 sn3 answers the editor with the old value.",
    "1.40 sThe editor asks n3.",
  ]);
  // Back and forth again: each once.
  await page.evaluate(() => document.getElementById("stale").seek(100));
  await page.evaluate(() => document.getElementById("stale").seek(2_000));
  await list.getByText("n3 answers with the new value.").waitFor();
  assert.deepEqual(await list.getByRole("listitem").allTextContents(), lines);
});

embedTest("the course shows how far a learner came", {}, async ({ page }) => {
  await openCourse(page);
  assert.equal(await page.locator("#progress").textContent(), "Not begun");
  await inside(page, "lesson").getByRole("slider", { name: "Timeline", exact: true }).fill(String(SOLUTION.steps[0].until_us / 1_000));
  await page.locator("#detail", { hasText: /^1 of \d+ steps done, 0 of \d+ questions right/ }).waitFor();
  assert.match(await page.locator("#progress").textContent(), /^Step \d of \d$/);
});

for (const [where, options] of [["1440 px", WIDE], ["390 px", PHONE]]) {
  for (const colorScheme of ["light", "dark"]) {
    embedTest(`the course is accessible, ${where}, ${colorScheme}`, { options: { ...options, colorScheme } }, async ({ page }) => {
      await openCourse(page);
      await page.evaluate(() => document.getElementById("stale").seek(2_000));
      await page.getByText("n3 answers with the new value.").waitFor();
      // The course by every rule; the frames beside it by all but those which compare the landmarks and headings of several documents.
      await accessible(page, "the course", (axe) => axe.exclude("iframe").exclude("replica-scope"));
      await accessible(page, "with its embeds", (axe) => axe.disableRules(["landmark-unique", "heading-order"]));
      const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= room, `${wide} px in ${room} px`);
    });
  }
}

// A message of the wrong shape is the host's mistake: said in the console too.
embedTest("on another origin: named, it commands and is told", { warns: [/ignores a message: at_ms/, /ignores a message: theme/] }, async ({ page, elsewhere }) => {
  const host = await elsewhere(`${LISTEN}${SCRIPT()}<replica-scope id="a" scenario="vanished-write" origins="self" paused events></replica-scope>`);
  await page.goto(host);
  // Before it is ready: the promise waits.
  await page.evaluate(() => document.getElementById("a").seek(3_000));
  const state = await stateOf(page, "a");
  assert.equal(state.at_ms, 3_000);
  assert.deepEqual([state.primary, state.playing, state.nodes.length], ["n2", false, 5]);
  await page.evaluate(() => document.getElementById("a").step());
  assert.ok((await stateOf(page, "a")).at_ms > 3_000);
  await page.evaluate(() => document.getElementById("a").setScenario("quiet"));
  assert.equal((await stateOf(page, "a")).writes.lost, 0);
  const events = await page.evaluate(() => told.filter(([name]) => name === "event").flatMap(([, detail]) => detail.events));
  assert.ok(events.some(({ event }) => event === "killed" || event === "action"));
  // What cannot be is refused with its reason, and nothing changes.
  const before = await stateOf(page, "a");
  const refused = await page.evaluate(async () => {
    const a = document.getElementById("a");
    const why = (promise) => promise.then(() => "done", ({ name, field, value, reason }) => ({ name, field, value, reason }));
    return [await why(a.setScenario({ version: 2, cluster: { replicas: 99 } })), await why(a.seek(-1)), await why(a.setTheme("blue"))];
  });
  assert.deepEqual(refused.map(({ name, field }) => [name, field]), [["Refused", "scenario.cluster.replicas"], ["Refused", "at_ms"], ["Refused", "theme"]]);
  assert.ok(refused.every(({ reason }) => reason.length > 10), JSON.stringify(refused));
  assert.equal(await page.evaluate(() => told.filter(([name]) => name === "refused").length), 3);
  assert.deepEqual(await stateOf(page, "a"), before);
});

const UNNAMED = /ignores a message from http:\/\/127\.0\.0\.1:\d+.* origins/;
embedTest("on another origin that is not named, it may neither command nor know", { warns: [UNNAMED] }, async ({ page, elsewhere, said }) => {
  const host = await elsewhere(`${LISTEN}${SCRIPT()}<replica-scope id="a" paused loading="eager"></replica-scope><replica-scope id="b" origins="https://example.org" paused loading="eager"></replica-scope>`);
  await page.goto(host);
  await ready(page, "a");
  await ready(page, "b");
  for (const id of ["a", "b"]) {
    const { field, reason } = await page.evaluate((id) => document.getElementById(id).play().catch(({ field, reason }) => ({ field, reason })), id);
    assert.deepEqual([field, reason.includes(`origins="self"`)], ["origins", true]);
  }
  // Past the element, by hand, twice: said once, and not done.
  for (const type of ["play", "play"]) {
    await page.evaluate((type) => document.getElementById("b").shadowRoot.querySelector("iframe").contentWindow.postMessage({ replicascope: 1, type }, "*"), type);
  }
  // Answered after those: whoever asks how it is called, is not told either. So wait for the warning.
  if (!said.some((text) => UNNAMED.test(text))) await page.waitForEvent("console", (message) => UNNAMED.test(message.text()));
  await inside(page, "b").getByRole("button", { name: "Play", exact: true }).waitFor();
  const names = await page.evaluate(() => [...new Set(told.map(([name]) => name))]);
  assert.deepEqual(names, ["ready"]);
});

embedTest("what another page in the frame says is not believed", { warns: [/<replica-scope> ignores a message from http:\/\/127/] }, async ({ page, elsewhere, said }) => {
  const forged = await elsewhere(`<script>parent.postMessage({ replicascope: 1, type: "state", at_ms: 1 }, "*")</script>`);
  const host = await elsewhere(`${LISTEN}${SCRIPT()}<replica-scope id="a" origins="self" paused></replica-scope>`);
  await page.goto(host);
  await ready(page, "a");
  const before = await page.evaluate(() => told.length);
  await page.evaluate((forged) => (document.getElementById("a").shadowRoot.querySelector("iframe").src = forged), forged);
  if (said.length === 0) await page.waitForEvent("console");
  assert.ok(!(await page.evaluate((before) => told.slice(before), before)).some(([, { at_ms }]) => at_ms === 1));
});

embedTest("the frame is as high as what is in it, at any width, or as is asked", { options: PHONE }, async ({ page, elsewhere }) => {
  const host = await elsewhere(`<meta name="viewport" content="width=device-width" />${LISTEN}${SCRIPT()}<replica-scope id="a" lesson="async-mode" origins="self" loading="eager"></replica-scope><replica-scope id="b" height="520" paused loading="eager"></replica-scope>`);
  await page.goto(host);
  const height = (id) => page.evaluate((id) => document.getElementById(id).offsetHeight, id);
  // The room before it is there.
  assert.equal(await height("a"), 480);
  await ready(page, "a");
  await ready(page, "b");
  const lesson = inside(page, "a");
  await lesson.getByRole("heading", { level: 1 }).first().waitFor();
  /** Until nothing of it is out of sight. */
  const fits = async (is) => {
    for (;;) {
      const [around, within] = [await height("a"), await lesson.locator("html").evaluate((html) => html.scrollHeight)];
      if (around === within && is(around)) return around;
      await page.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
    }
  };
  const long = await fits((height) => height > 900);
  await page.setViewportSize(WIDE.viewport);
  await fits((height) => height < 900);
  await page.setViewportSize(PHONE.viewport);
  await fits((height) => height === long);
  assert.equal(await height("b"), 520);
});

embedTest("attributes that change do so by command where they can, and else make the frame anew", {}, async ({ page, elsewhere }) => {
  const host = await elsewhere(`${LISTEN}${SCRIPT()}<replica-scope id="a" scenario="quiet" origins="self" paused label="One"></replica-scope>`);
  await page.goto(host);
  await ready(page, "a");
  const frame = await page.evaluateHandle(() => document.getElementById("a").shadowRoot.querySelector("iframe"));
  const same = () => page.evaluate((frame) => document.getElementById("a").shadowRoot.querySelector("iframe") === frame, frame);
  const set = (name, value) => page.evaluate(([name, value]) => (value === null ? document.getElementById("a").removeAttribute(name) : document.getElementById("a").setAttribute(name, value)), [name, value]);
  await set("theme", "dark");
  await inside(page, "a").locator("html[data-theme=dark]").waitFor();
  await set("paused", null);
  await inside(page, "a").getByRole("button", { name: "Pause" }).waitFor();
  await set("scenario", "split-brain");
  await page.waitForFunction(() => document.getElementById("a").state.at_ms > 0);
  await set("label", "Two");
  await page.waitForFunction((frame) => frame.title === "Two", frame);
  assert.ok(await same());
  await set("controls", "none");
  await page.waitForFunction((frame) => document.getElementById("a").shadowRoot.querySelector("iframe") !== frame, frame);
  await inside(page, "a").locator("main").first().waitFor();
  assert.equal(await inside(page, "a").getByRole("button", { name: "Pause" }).count(), 0);
  // Out and in again: anew, and what waited came to nothing.
  const reason = await page.evaluate(async () => {
    const a = document.getElementById("a");
    const waits = a.seek(1_000).then(() => "done", ({ reason }) => reason);
    a.remove();
    const reason = await waits;
    document.body.append(a);
    await a.seek(1_500);
    return reason;
  });
  assert.equal(reason, "The element was taken out of the page.");
  assert.ok((await stateOf(page, "a")).at_ms >= 1_500);
});

embedTest("in a sandbox it takes commands from whom it may", {}, async ({ page, elsewhere }) => {
  const host = await elsewhere(`${LISTEN}<script type="module" src="${server.url}embed.js"></script><replica-scope id="a" scenario="vanished-write" origins="self" sandbox="allow-scripts" paused></replica-scope>`);
  await page.goto(host);
  await page.waitForFunction(() => customElements.get("replica-scope"));
  await page.evaluate(() => document.getElementById("a").seek(3_000));
  assert.equal((await stateOf(page, "a")).primary, "n2");
});

embedTest("a mistake of the author is said in its place", { warns: [/<replica-scope>: The scenario inside it is no JSON/] }, async ({ page, elsewhere }) => {
  const host = await elsewhere(`${SCRIPT()}<replica-scope id="a"><script type="application/json">{ "version": 2, }</script></replica-scope>`);
  await page.goto(host);
  await page.getByRole("alert").getByText("The scenario inside it is no JSON").waitFor();
});

embedTest("without the script there is a link", {}, async ({ page, elsewhere }) => {
  const host = await elsewhere(`<replica-scope scenario="quiet"><a href="${server.url}">Open the playground</a></replica-scope>`);
  await page.goto(host);
  await page.getByRole("link", { name: "Open the playground" }).waitFor();
});
