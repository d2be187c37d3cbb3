// For everybody: axe-core on every view in both themes, sizes of targets, the whole page by keyboard, reduced motion.

import assert from "node:assert/strict";
import { accessible, button, clockShows, events, goTo, ledger, pause, PHONE, TABLET } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";

const tab = (page, name) => page.getByRole("navigation", { name: "Views" }).getByRole("button", { name });
const node = (page, name) => page.getByRole("group", { name: new RegExp(`^${name}, `) });
const close = (page) => page.keyboard.press("Escape");

/** Opens the sheet of a phone; on a wide screen everything is there. */
async function sheet(page, phone, name) {
  if (phone) await tab(page, name).click();
}

async function unfold(page, name) {
  const summary = page.locator("details.network summary").filter({ hasText: name });
  if ((await summary.locator("xpath=..").getAttribute("open")) === null) await summary.click();
}

/** Every view: its name, and how to get there from the stage. Each is left by Escape and, on a phone, by the tab of the stage. */
const VIEWS = [
  ["the stage", async () => {}],
  ["a node with its actions", async (page) => node(page, "n3").click({ position: { x: 20, y: 12 } })],
  ["the stage as a table", async (page) => button(page, "Stage as a table").click()],
  ["the stage again", async (page) => button(page, "Stage as a table").click()],
  ["the ledger, broken", async (page, phone) => sheet(page, phone, /^Ledger/)],
  [
    "the ledger, all",
    async (page, phone) => {
      await sheet(page, phone, /^Ledger/);
      await ledger(page).getByRole("button", { name: "All", exact: true }).click();
    },
  ],
  [
    "the numbers",
    async (page, phone) => {
      await sheet(page, phone, /^Ledger/);
      await button(page, "Numbers").click();
      await page.getByRole("img", { name: /^Commit latency, .*p50 \d/ }).waitFor();
    },
  ],
  [
    "the events",
    async (page, phone) => {
      await sheet(page, phone, /^Ledger/);
      await button(page, "Events").click();
      await events(page).getByRole("listitem").first().waitFor();
    },
  ],
  [
    "why",
    async (page, phone) => {
      await sheet(page, phone, /^Ledger/);
      await ledger(page).getByRole("button", { name: "Broken", exact: true }).click();
      await ledger(page).getByRole("button", { name: /^Why\?/ }).first().click();
      await page.getByRole("heading", { name: /^Why / }).waitFor();
    },
  ],
  ["the timeline", async (page, phone) => sheet(page, phone, /^Timeline/)],
  [
    "the setup with the network",
    async (page, phone) => {
      await sheet(page, phone, /^Setup/);
      await unfold(page, "Network");
    },
  ],
  [
    "the messages with one taken",
    async (page, phone) => {
      await sheet(page, phone, /^Setup/);
      await unfold(page, "Messages");
      await page.getByRole("region", { name: "Messages", exact: true }).getByRole("listitem").first().getByRole("button").first().click();
      await button(page, "Overtake").waitFor();
    },
  ],
  ["the settings", async (page) => page.locator(".mode button").last().click()],
  [
    "passing it on",
    async (page) => {
      await button(page, "Share").click();
      await page.getByRole("dialog", { name: "Pass it on" }).waitFor();
    },
  ],
  [
    "the keys",
    async (page) => {
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
    },
  ],
];

/** Visits every view, and looks at each. */
async function visit(page, options, look) {
  await pause(page);
  await goTo(page, 4_000);
  const phone = options === PHONE;
  for (const [name, open] of VIEWS) {
    try {
      if (options === TABLET && /setup|messages/.test(name)) await button(page, "Setup").click();
      await open(page, phone);
      await look(name);
      await close(page);
      await close(page);
      if (phone) await tab(page, "Stage").click();
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    }
  }
}

for (const [where, options] of [["1440 px", {}], ["390 px", PHONE]]) {
  for (const colorScheme of ["light", "dark"]) {
    pageTest(`axe-core finds nothing on any view, ${where}, ${colorScheme}`, { ...options, colorScheme, timeout: 300_000 }, async ({ page }) => {
      await visit(page, options, (name) => accessible(page, name));
    });
  }
}

/** What can be pressed and is smaller than it should be, as lines. A box with a label is as large as both. */
const tooSmall = (page, least) =>
  page.evaluate((least) => {
    const all = "a[href], button, input, select, summary, textarea, [role=button], [role=group][tabindex]";
    const found = [];
    for (const element of document.querySelectorAll(all)) {
      const target = (element.matches("input") && element.closest("label")) || element;
      const { width, height } = target.getBoundingClientRect();
      if (!target.checkVisibility({ visibilityProperty: true }) || width === 0 || element.closest("[inert], .boot")) continue;
      if (Math.min(width, height) < least - 0.5) {
        const name = element.getAttribute("aria-label") ?? target.textContent.trim().slice(0, 40);
        found.push(`${element.localName}.${element.className} "${name}": ${width.toFixed(0)} × ${height.toFixed(0)}`);
      }
    }
    return [...new Set(found)];
  }, least);

for (const [where, options, least] of [["a mouse", {}, 24], ["touch on a phone", PHONE, 44], ["touch on a tablet", TABLET, 44]]) {
  pageTest(`targets are at least ${least} px for ${where}`, { ...options, timeout: 300_000 }, async ({ page }) => {
    const wrong = [];
    await visit(page, options, async (name) => {
      for (const line of await tooSmall(page, least)) wrong.push(`${name}: ${line}`);
    });
    assert.deepEqual(wrong, []);
  });
}

/** What has the focus: its name, and whether it can be seen to have it. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (element === document.body) return undefined;
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const ringed = element.closest("label") ?? element;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(ringed);
    const name =
      element.getAttribute("aria-label") ||
      (element.id && document.querySelector(`label[for="${element.id}"]`)?.textContent) ||
      (element.closest("label") ?? element).textContent;
    return {
      name: name.trim().replace(/\s+/g, " "),
      inSight: right > 0 && bottom > 0 && left < innerWidth && top < innerHeight,
      ring: (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none" || getComputedStyle(element).outlineStyle !== "none",
    };
  });

pageTest("by keyboard: everything is reached, in the order in which it is read, and can be seen to have the focus", async ({ page }) => {
  await pause(page);
  await goTo(page, 4_000);
  // From the top.
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
  const way = [];
  for (let step = 0; step < 200; step += 1) {
    await page.keyboard.press("Tab");
    const here = await focused(page);
    if (here === undefined) break;
    way.push(here);
  }
  assert.ok(way.length > 30 && way.length < 200, `${way.length} stops`);
  for (const { name, inSight, ring } of way) assert.ok(inSight && ring, `"${name}" is in sight: ${inSight}, ringed: ${ring}`);
  const names = way.map(({ name }) => name);
  let at = -1;
  for (const expected of [/^Scenario$/, /^(Async|Semi-sync|Sync)$/, /^Share$/, /^Write/, /^Network/, /^Stage as a table$/, /^n1, /, /^n5, /, /^Play$/, /^Timeline$/, /^Broken$/, /^Ledger rows$/, /^Events$/, /^Events$/]) {
    const next = names.findIndex((name, index) => index > at && expected.test(name));
    assert.notEqual(next, -1, `${expected} comes after ${names[at] ?? "the start"} in\n${names.join("\n")}`);
    at = next;
  }
  const last = names.at(-2);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  assert.equal((await focused(page)).name, last, "and back");
});

pageTest("by keyboard alone: the primary is killed, the run stepped, a verdict explained, and all of it undone", async ({ page }) => {
  await pause(page);
  await goTo(page, 700);
  const primary = node(page, "n1");
  await primary.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).name, "Kill", "the actions follow their node");
  await page.keyboard.press("Enter");
  await page.getByRole("group", { name: /^n1, old primary, down/ }).waitFor();
  await page.keyboard.press("Escape");
  const before = await page.locator(".clock b").textContent();
  for (let step = 0; step < 5; step += 1) await page.keyboard.press("ArrowRight");
  await page.waitForFunction((before) => document.querySelector(".clock b").textContent !== before, before);
  await goTo(page, 5_000);
  await page.keyboard.press("w");
  await page.getByRole("heading", { name: /^Why / }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+z");
  await page.getByRole("group", { name: /^n1, primary, up/ }).waitFor();
  await page.keyboard.press("Control+Shift+z");
  await page.getByText(/^Done again: Kill n1/).waitFor();
  await page.getByRole("group", { name: /^n1, .*down/ }).waitFor();
  await page.keyboard.press("Escape");
  // Off, single keys do nothing.
  await page.keyboard.press("?");
  await page.getByRole("checkbox", { name: "Single keys work" }).press("Space");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "detached" });
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("Home");
  await clockShows(page, "5.000");
});

pageTest("by keyboard: long lists are one stop, the arrow keys go from row to row", async ({ page }) => {
  await pause(page);
  await goTo(page, 4_000);
  const rows = page.getByRole("group", { name: "Ledger rows" });
  await rows.focus();
  const at = () => page.evaluate(() => Number(document.activeElement.closest("[aria-posinset]")?.ariaPosInSet));
  for (let row = 1; row <= 12; row += 1) {
    await page.keyboard.press("ArrowDown");
    await page.waitForFunction((row) => Number(document.activeElement.closest("[aria-posinset]")?.ariaPosInSet) === row, row);
  }
  await page.keyboard.press("ArrowUp");
  assert.equal(await at(), 11);
  assert.ok((await focused(page)).inSight);
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).name, "Events", "the next stop is beyond the list");
  await events(page).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const told = await focused(page);
  await clockShows(page, /^([\d.]+) s/.exec(told.name)[1]);
});

pageTest("by keyboard: keys that come faster than frames each go on a row", async ({ page }) => {
  await pause(page);
  await goTo(page, 6_000);
  await page.getByRole("group", { name: "Ledger rows" }).focus();
  const reached = await page.evaluate(async () => {
    const down = () => new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true });
    for (let row = 1; row <= 40; row += 1) {
      document.activeElement.dispatchEvent(down());
      // No frame comes between: only what is done at once is done.
      for (let turn = 0; turn < 50; turn += 1) await null;
    }
    return Number(document.activeElement.closest("[aria-posinset]")?.ariaPosInSet);
  });
  assert.equal(reached, 40);
});

pageTest("a dialog is closed by Escape and keeps the keys to itself", async ({ page }) => {
  await pause(page);
  await goTo(page, 700);
  for (const name of ["Share", "Keys"]) {
    await button(page, name).click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await page.keyboard.press("k");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.equal((await focused(page)).name, name, "the focus is back");
    await page.getByRole("group", { name: "n1, primary, up" }).waitFor();
  }
});

pageTest("reduced motion: messages are at one of three stops, and nothing glides", { reducedMotion: "reduce" }, async ({ page }) => {
  await pause(page);
  await goTo(page, 1_000);
  const field = await page.locator(".sg-field").boundingBox();
  const card = page.locator(".msg-card");
  search: for (let y = 0.15; y < 0.95; y += 0.02) {
    for (let x = 0.6; x < 0.8; x += 0.01) {
      await page.mouse.click(field.x + field.width * x, field.y + field.height * y);
      if (await card.isVisible()) break search;
    }
  }
  await card.waitFor();
  const places = [];
  for (let millis = 1_000; millis < 1_100; millis += 3) {
    await goTo(page, millis);
    if (!(await card.isVisible())) break;
    const place = await card.evaluate((card) => card.style.transform);
    if (places.at(-1) !== place) places.push(place);
  }
  assert.ok(places.length >= 1 && places.length <= 3, places.join(", "));
  const durations = await page.evaluate(() =>
    [...document.querySelectorAll("*")].flatMap((element) => {
      const { transitionDuration, animationName, animationDuration } = getComputedStyle(element);
      const long = (list) => list.split(", ").some((duration) => Number.parseFloat(duration) > 0);
      return long(transitionDuration) || (animationName !== "none" && long(animationDuration)) ? [element.className] : [];
    }),
  );
  assert.deepEqual(durations, []);
});

pageTest("what is said aloud is polite and not a flood; a lost write is said at once, and once", async ({ page }) => {
  await page.evaluate(() => {
    window.said = { polite: 0, alerts: [] };
    const look = (selector, note) => {
      const place = document.querySelector(selector);
      new MutationObserver(() => note(place.textContent.trim())).observe(place, { childList: true, characterData: true, subtree: true });
    };
    look(".narr [role=status]", () => {
      window.said.polite += 1;
    });
    look(".middle > p[role=alert]", (text) => text && window.said.alerts.push(text));
  });
  await page.getByRole("combobox", { name: "Speed" }).selectOption({ label: "real time" });
  const from = await page.evaluate(() => performance.now());
  await page.waitForFunction(() => window.said.alerts.length > 0 && Number(document.querySelector(".clock b").textContent) > 6);
  const { said, seconds } = await page.evaluate((from) => ({ said: window.said, seconds: (performance.now() - from) / 1_000 }), from);
  assert.deepEqual(said.alerts, ["Acked writes are lost. The ledger lists them."]);
  // Each update changes an instant and a sentence.
  assert.ok(said.polite <= 2 * (seconds + 2), `${said.polite} changes in ${seconds} s`);
});

pageTest("reduced motion: play goes on event by event, and stands still in between", { reducedMotion: "reduce" }, async ({ page }) => {
  await pause(page);
  await page.getByRole("combobox", { name: "Speed" }).selectOption({ label: "1/20 of real time" });
  await button(page, "Play").click();
  const { changes, millis } = await page.evaluate(
    () =>
      new Promise((done) => {
        const clock = document.querySelector(".clock b");
        const [seen, began] = [[], performance.now()];
        const look = () => {
          if (seen.at(-1) !== clock.textContent) seen.push(clock.textContent);
          if (seen.length === 6) done({ changes: seen.length - 1, millis: performance.now() - began });
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
  );
  // The first of them may come at once.
  assert.ok(millis >= (changes - 1) * 240, `${changes} changes in ${millis} ms`);
});
