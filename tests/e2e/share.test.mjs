// Keep and pass on: reload, undo, links and files.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { accessible, button, clock, clockShows, events, goTo, pause } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";
import { openPage } from "./stage.mjs";

/** Slows n3 by its own button. */
async function slow(page) {
  const node = page.getByRole("group", { name: /^n3, / });
  await node.click();
  await node.getByRole("button", { name: "Slow", exact: true }).click();
  await page.getByRole("group", { name: /^n3, .*slow/ }).waitFor();
}

/** The link in the dialog, as a fragment. */
async function link(page) {
  await button(page, "Share").click();
  const field = page.getByRole("textbox", { name: "A link to this instant" });
  await page.waitForFunction(() => /#run=1\./.test(document.querySelector(".share textarea").value));
  const href = await field.inputValue();
  await page.getByRole("dialog", { name: "Pass it on" }).getByRole("button", { name: "Close" }).click();
  return new URL(href).hash;
}

pageTest("a run survives a reload, at the same instant", async ({ page, context, browser, server }) => {
  await pause(page);
  await goTo(page, 700);
  await slow(page);
  await goTo(page, 900);
  const before = await clock(page);
  await page.evaluate(() => dispatchEvent(new Event("pagehide")));
  const again = await openPage(browser, server, { storageState: await context.storageState() });
  await again.page.getByRole("group", { name: /^n3, .*slow/ }).waitFor();
  assert.equal(await clock(again.page), before);
  assert.deepEqual(again.problems(), []);
  await again.context.close();
});

/** Opens the list of branches. */
const branches = (page) => button(page, "Name and compare branches").click();

pageTest("branches survive a reload with their names, and what is damaged of them is told", async ({ page, context, browser, server }) => {
  await pause(page);
  await goTo(page, 700);
  await slow(page);
  await goTo(page, 900);
  await branches(page);
  await button(page, "Branch here").click();
  const name = page.getByRole("textbox", { name: "Name of Branch at 0.900 s" });
  await name.fill("What if");
  await name.press("Tab");
  await page.getByRole("button", { name: "Delete What if" }).waitFor();
  await page.evaluate(() => dispatchEvent(new Event("pagehide")));
  const storageState = await context.storageState();

  const again = await openPage(browser, server, { storageState });
  await again.page.getByRole("group", { name: /^n3, .*slow/ }).waitFor();
  await branches(again.page);
  await again.page.getByRole("button", { name: "Here: What if" }).waitFor();
  await again.page.getByText("left Slow n3 at 0.700 s at 0.900 s, played to 0.900 s").waitFor();
  await again.page.getByRole("button", { name: "Go to: Run" }).click();
  await again.page.getByRole("button", { name: "Here: Run" }).waitFor();
  assert.deepEqual(again.problems(), []);
  await again.context.close();

  const [stored] = storageState.origins[0].localStorage.filter(({ name }) => name === "replicascope.run");
  const lines = stored.value.split("\n");
  assert.equal(lines.length, 4, stored.value);
  lines[2] = `${lines[2].slice(0, 60)} Slow n3`;
  stored.value = lines.join("\n");
  const damaged = await openPage(browser, server, { storageState });
  await damaged.page.getByText(/^1 of the 3 branches of your last visit could not be opened\. This link was cut off/).waitFor();
  await damaged.page.getByRole("group", { name: /^n3, .*slow/ }).waitFor();
  await branches(damaged.page);
  await damaged.page.getByText("left Run at 0.700 s, played to 0.900 s").waitFor();
  assert.deepEqual(damaged.problems(), []);
  await damaged.context.close();
});

pageTest("undo takes back the last action and nothing else", async ({ page }) => {
  await pause(page);
  await goTo(page, 700);
  await slow(page);
  await goTo(page, 900);
  await button(page, "Undo").click();
  await page.getByText(/^Undone: Slow n3 at 0\.700 s\.$/).waitFor();
  await page.getByRole("group", { name: "n3, replica, up" }).waitFor();
  assert.equal(await clock(page), "0.900");
});

pageTest("a link opens elsewhere at the same instant and says so", async ({ page, browser, server }) => {
  await pause(page);
  await goTo(page, 700);
  await slow(page);
  await goTo(page, 1_234);
  const hash = await link(page);
  assert.ok(hash.length < 2_000, `${hash.length} characters`);
  const other = await openPage(browser, server, { path: hash });
  await other.page.getByText("Opened from a link at 1.234 s: replayed exactly, event for event.").waitFor();
  assert.equal(await clock(other.page), "1.234");
  await other.page.getByRole("group", { name: /^n3, .*slow/ }).waitFor();
  assert.equal(new URL(other.page.url()).hash, "", "what is done from here on is no longer what the link says");
  assert.deepEqual(other.problems(), []);
  await other.context.close();
});

pageTest("a link that was cut or altered is refused and leaves the run alone", async ({ page }) => {
  await pause(page);
  await goTo(page, 1_000);
  const hash = await link(page);
  const put = (hash) => page.evaluate((hash) => { location.hash = hash; }, hash);
  await put(hash.slice(0, -40));
  await page.getByText(/This link was cut off: \d+ of its \d+ characters are there\./).waitFor();
  assert.equal(await clock(page), "1.000");
  const at = hash.length - 60;
  await put(hash.slice(0, at) + (hash[at] === "A" ? "B" : "A") + hash.slice(at + 1));
  await page.getByText(/This link was altered on its way/).waitFor();
  assert.equal(await clock(page), "1.000");
  await put(hash);
  await page.getByText(/replayed exactly, event for event/).waitFor();
});

pageTest("a scenario file goes out and comes in; a bad one says which field", async ({ page }) => {
  await pause(page);
  await goTo(page, 700);
  await slow(page);
  await button(page, "Share").click();
  await accessible(page);
  const saved = page.waitForEvent("download");
  await button(page, "Save file").click();
  const text = await readFile(await (await saved).path(), "utf8");
  const scenario = JSON.parse(text);
  assert.deepEqual(scenario.actions.at(-1), { at_us: 700_000, action: { slow: { node: "n3", factor: 100 } } });
  const open = (text) =>
    page.locator("input[type=file]").setInputFiles({
      name: "mine.json",
      mimeType: "application/json",
      buffer: Buffer.from(text),
    });
  await open(JSON.stringify({ ...scenario, actions: [{ at_us: 1, action: { kill: { node: "n9" } } }] }));
  await page.getByText(/mine\.json: actions\[0\]\.action\.kill\.node: n9 is not in the cluster/).waitFor();
  await open(text);
  await page.getByText("mine.json is open, at its start.").waitFor();
  await clockShows(page, "0.000");
  await goTo(page, 800);
  await events(page).getByText(/n3 was slowed 100 times/).waitFor();
});

pageTest("redo does again what undo took back, also several things, and a new deed ends it", async ({ page }) => {
  await pause(page);
  await goTo(page, 700);
  await slow(page);
  await goTo(page, 900);
  await page.getByRole("radio", { name: "Sync", exact: true }).click();
  const hash = (await link(page)).split(".").at(-1);
  await button(page, "Undo").click();
  await button(page, "Undo").click();
  await page.getByText(/^Undone: Slow n3 at 0\.700 s\.$/).waitFor();
  await button(page, "Do again").click();
  await page.getByRole("group", { name: /^n3, .*slow/ }).waitFor();
  await button(page, "Do again").click();
  await page.getByRole("radio", { name: "Sync", exact: true, checked: true }).waitFor();
  await button(page, "Do again").waitFor({ state: "detached" });
  assert.equal((await link(page)).split(".").at(-1), hash, "the same run to the bit");
  await button(page, "Undo").click();
  await page.getByRole("radio", { name: "Semi-sync", exact: true }).click();
  await button(page, "Do again").waitFor({ state: "detached" });
});

pageTest("one change of the network is undone as one", async ({ page }) => {
  await pause(page);
  await goTo(page, 400);
  const network = page.locator("details.network").filter({ hasText: "Network" });
  if ((await network.getAttribute("open")) === null) await network.locator("summary").click();
  const delay = page.getByRole("spinbutton", { name: "Delay, one way", exact: true });
  const before = await delay.inputValue();
  await delay.fill("222");
  await delay.press("Enter");
  await page.waitForFunction(() => document.querySelector("details.network summary span").textContent.includes("222 ms"));
  await button(page, "Undo").click();
  await page.waitForFunction(() => !document.querySelector("details.network summary span").textContent.includes("222 ms"));
  assert.equal(await delay.inputValue(), before);
  assert.equal(await button(page, "Undo").isEnabled(), false, "nothing is left of it");
});

const REFUSED = () => {
  Object.defineProperty(window, "localStorage", {
    get() {
      throw new DOMException("denied", "SecurityError");
    },
  });
};
const FULL = () => {
  Storage.prototype.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
};

for (const [what, initScript] of [["refused", REFUSED], ["full", FULL]]) {
  pageTest(`storage is ${what}: the page works, and says that nothing is kept`, { initScript }, async ({ page }) => {
    await pause(page);
    await goTo(page, 700);
    await slow(page);
    await button(page, "Dark theme").click();
    await page.locator("html[data-theme=dark]").waitFor();
    await button(page, "Share").click();
    await page.getByText(/^This browser keeps nothing between visits/).waitFor();
  });
}

pageTest("what was kept and cannot be read is said, and the page opens all the same", async ({ page, context, browser, server }) => {
  const origin = new URL(server.url).origin;
  for (const value of ["own run=1.10.00000000.AAAA", "x", "0 run=9.1.2.x", ""]) {
    const storageState = { cookies: [], origins: [{ origin, localStorage: [{ name: "replicascope.run", value }] }] };
    const again = await openPage(browser, server, { storageState });
    await button(again.page, "Pause").waitFor();
    await again.page.getByText(/^The run of your last visit could not be opened\. This link /).or(again.page.getByText(/opened\. This is not a link/)).waitFor();
    assert.deepEqual(again.problems(), []);
    await again.context.close();
  }
  assert.ok(page && context);
});

pageTest("files that are none are refused by name, and the run stays", async ({ page }) => {
  await pause(page);
  await goTo(page, 1_000);
  await button(page, "Share").click();
  const open = (name, buffer) => page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/json", buffer });
  const said = page.locator(".share-said");
  await open("picture.json", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 255]));
  await said.getByText(/^picture\.json: /).waitFor();
  await open("half.json", Buffer.from('{"version":2,"seed":'));
  await said.getByText(/^half\.json: .*line 1/).waitFor();
  await open("future.json", Buffer.from('{"version":99}'));
  await said.getByText(/^future\.json: .*99/).waitFor();
  await open("typo.json", Buffer.from('{"version":2,"sed":1}'));
  await said.getByText(/^typo\.json: .*sed/).waitFor();
  await open("huge.json", Buffer.alloc(5 << 20, 0x20));
  await said.getByText("huge.json: it is larger than 4 MB, which no experiment needs").waitFor();
  await open("empty.json", Buffer.alloc(0));
  await said.getByText(/^empty\.json: /).waitFor();
  assert.equal(await clock(page), "1.000");
});
