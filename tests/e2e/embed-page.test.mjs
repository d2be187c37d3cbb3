// The page inside another one, from its own side: it fits a small frame, by eye and by keyboard; it lives in a sandbox; of many only those that
// are seen move; and it leaves the person's own run alone.

import assert from "node:assert/strict";
import { accessible, button, clock } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";

const NARROW = { viewport: { width: 320, height: 480 } };
const WIDE = { viewport: { width: 756, height: 480 } };
const FRAME = /^http:\/\/127\.0\.0\.1:\d+\//;
const stage = (page) => page.locator("main.emb-stage");
const seek = async (page, millis) => {
  const slider = page.getByRole("slider", { name: "Time", exact: true });
  await slider.fill(String(millis));
  await page.waitForFunction((millis) => document.querySelector(".emb-s input").value === String(millis), millis);
};
const shown = (page) => page.locator(".emb-t").textContent();

/** Nothing of the page lies outside of its window, and nothing scrolls. */
async function fits(page) {
  const beyond = await page.evaluate(() => {
    const room = document.querySelector(".sg-room");
    const root = document.documentElement;
    const parts = [...document.querySelectorAll(".emb, .emb *")].filter((one) => !one.closest(".sr, svg, .sg-field, .wscroll > *"));
    return {
      scrolls: [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight, room.scrollHeight - room.clientHeight],
      outside: parts.filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 || one.getBoundingClientRect().bottom > innerHeight + 0.5).map((one) => one.className),
    };
  });
  assert.deepEqual(beyond, { scrolls: [0, 0, 0], outside: [] });
}

for (const [name, size] of [["320×480", NARROW], ["756×480", WIDE]]) {
  pageTest(`${name}: all is in sight and fits, in both themes`, { ...size, path: "?embed&paused" }, async ({ page }) => {
    await fits(page);
    await seek(page, 3_400);
    await page.getByText("LOST though acked").waitFor();
    await fits(page);
    await accessible(page, `${name}, light`);
    await page.emulateMedia({ colorScheme: "dark" });
    await accessible(page, `${name}, dark`);
    await button(page, /^Why\? /).click();
    await page.getByRole("heading", { name: /^Why / }).waitFor();
    await fits(page);
    await accessible(page, `${name}, why, dark`);
    await page.emulateMedia({ colorScheme: "light" });
    await accessible(page, `${name}, why, light`);
  });
}

pageTest("every control is there when it is asked for, and accessible, and locked ones say so", { ...WIDE, path: "?embed&paused&theme=dark&controls=all&locked=send,timeline,open" }, async ({ page }) => {
  for (const name of ["Step back", "Play", "Step", "Kill the primary", "Heal everything", "Write, locked", "Read, locked"]) await button(page, name).waitFor();
  await page.getByRole("radiogroup", { name: "Replication mode" }).waitFor();
  await page.getByRole("link", { name: "Open in ReplicaScope, locked" }).waitFor();
  assert.ok(await page.getByRole("slider", { name: "Time, locked" }).isDisabled());
  await page.getByRole("group", { name: /^n3, / }).click();
  await page.getByRole("group", { name: /^n3, / }).getByRole("button", { name: "Freeze", exact: true }).waitFor();
  await accessible(page, "every control");
});

pageTest("by keyboard alone: play, step, seek, mode, why", { ...WIDE, path: "?embed&paused" }, async ({ page }) => {
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent);
  const names = [];
  for (let count = 0; count < 7; count += 1) {
    await page.keyboard.press("Tab");
    names.push(await focused());
  }
  assert.match(names.shift(), /^Why\? stale by /);
  assert.deepEqual(names, ["Step back", "Play", "Step", "Time", "Async", "Open in ReplicaScope"]);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("radio", { name: "Semi-sync", checked: true }).waitFor();
  await page.keyboard.press("Shift+Tab");
  const before = await shown(page);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((before) => document.querySelector(".emb-t").textContent !== before, before);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await button(page, "Pause").waitFor();
  // Where nothing has the focus, the keys of the whole page hold.
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("Space");
  await button(page, "Play").waitFor();
  await seek(page, 3_400);
  const why = button(page, /^Why\? /);
  await why.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: /^Why / }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: /^Why / }).waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement.textContent === "Why?");
});

pageTest("the whole page opens with the run as it stands, and nothing of the person's own is read or written", { ...WIDE, path: "?embed&paused", asks: FRAME }, async ({ page, context, server }) => {
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await page.getByRole("radio", { name: "Sync", exact: true }).click();
  await seek(page, 2_345);
  const [whole] = await Promise.all([context.waitForEvent("page"), page.getByRole("link", { name: "Open in ReplicaScope" }).click()]);
  await whole.getByText("replayed exactly").waitFor();
  assert.equal(await clock(whole), "2.345");
  await whole.getByRole("radio", { name: "Sync", exact: true, checked: true }).waitFor();
  // What the whole page keeps stays as it is while the embedded one is used.
  await whole.getByRole("button", { name: "Step", exact: true }).click();
  await whole.waitForFunction(() => localStorage.getItem("replicascope.run") !== null);
  const kept = await whole.evaluate(() => localStorage.getItem("replicascope.run"));
  await whole.close();
  await page.goto(`${server.url}?embed&paused`);
  await stage(page).waitFor();
  assert.equal(await shown(page), "0.90 s", "not the run that was kept");
  await button(page, "Step").click();
  await page.goto(`${server.url}?embed&paused&scenario=quiet`);
  await stage(page).waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem("replicascope.run")), kept);
});

/** A page with frames that keeps what it is told by each. */
async function host(page, server, frames) {
  const tags = frames.map(({ query, more = "" }, index) => `<iframe title="Frame ${index}" width="756" height="480" ${more} src="${server.url}?embed${query}"></iframe>`);
  await page.setContent(`<title>A course</title><h1>A course</h1>${tags.join("<p>Between.</p>")}`);
}

/** Before anything else of a page: what it is told, and how many animation frames it has asked for and not been called. */
const WATCH = () => {
  window.got = [];
  addEventListener("message", (event) => got.push(event.data));
  const [ask, cancel] = [window.requestAnimationFrame.bind(window), window.cancelAnimationFrame.bind(window)];
  window.open_ = new Set();
  window.called_ = 0;
  window.requestAnimationFrame = (callback) => {
    const handle = ask((at) => {
      open_.delete(handle);
      called_ += 1;
      callback(at);
    });
    open_.add(handle);
    return handle;
  };
  window.cancelAnimationFrame = (handle) => {
    open_.delete(handle);
    cancel(handle);
  };
};

pageTest("a sandbox without an origin of its own: it works, and forgets", { asks: FRAME, initScript: WATCH }, async ({ page, server }) => {
  await host(page, server, [{ query: "&paused&origins=*", more: 'sandbox="allow-scripts"' }]);
  await page.evaluate(() => addEventListener("message", (event) => got.push(event.data)));
  const frame = page.frameLocator("iframe");
  await frame.getByRole("button", { name: "Step", exact: true }).click();
  await frame.getByRole("radio", { name: "Sync", exact: true }).click();
  await frame.getByRole("radio", { name: "Sync", exact: true, checked: true }).waitFor();
  await page.evaluate(() => document.querySelector("iframe").contentWindow.postMessage({ replicascope: 1, type: "seek", at_ms: 3400, id: 1 }, "*"));
  await page.waitForFunction(() => got.some((message) => message.type === "done" && message.re === 1));
  await frame.getByRole("button", { name: /^Why\? / }).click();
  await frame.getByRole("heading", { name: /^Why / }).waitFor();
});

pageTest("the plain page works in a sandbox too, and forgets", { asks: FRAME }, async ({ page, server }) => {
  await page.setContent(`<title>A course</title><h1>A course</h1><iframe title="Page" width="1400" height="860" sandbox="allow-scripts" src="${server.url}"></iframe>`);
  const frame = page.frameLocator("iframe");
  await frame.getByRole("button", { name: "Pause", exact: true }).click();
  await frame.getByRole("button", { name: "Kill the primary" }).click();
  await frame.getByRole("button", { name: "Dark theme" }).click();
  await frame.getByRole("button", { name: "Light theme" }).waitFor();
  await frame.getByRole("button", { name: "Share", exact: true }).click();
  await frame.getByRole("dialog", { name: "Pass it on" }).waitFor();
});

pageTest("of ten frames on a page only those that are seen ask for animation frames, and none jumps on return", { asks: FRAME, initScript: WATCH, timeout: 240_000 }, async ({ page, server }) => {
  await host(page, server, Array.from({ length: 10 }, () => ({ query: "&scenario=lagging-replica" })));
  const frames = page.frames().slice(1);
  for (const frame of frames) await frame.locator("main.emb-stage").waitFor();
  const waiting = (frame) => frame.evaluate(() => open_.size);
  const moves = async (frame) => {
    const before = await frame.evaluate(() => called_);
    await frame.waitForFunction((before) => called_ > before + 3, before, { polling: 20 });
  };
  const stands = (frame) => frame.waitForFunction(() => open_.size === 0, undefined, { polling: 20 });
  await moves(frames[0]);
  for (const frame of frames.slice(4)) await stands(frame);
  const last = frames[9];
  const still = await last.locator(".emb-t").textContent();
  await page.locator("iframe").nth(9).scrollIntoViewIfNeeded();
  await moves(last);
  await stands(frames[0]);
  // Not by as long as it was out of sight: a twentieth of real time, from where it stood.
  const now = await last.locator(".emb-t").textContent();
  assert.ok(Number.parseFloat(now) - Number.parseFloat(still) < 0.5, `${still} to ${now}`);
  assert.equal(await waiting(frames[3]), 0);
});
