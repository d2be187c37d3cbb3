// Lessons: each is finished by keyboard alone inside a frame of a phone's size, one in the page itself; progress lasts, nothing of one's own is lost.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { accessible, button, clock, clockShows, goTo, pause, PHONE } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";
import { openPage } from "./stage.mjs";
import { allLessons, entry, Learner, take } from "./lessons.mjs";

/** What a lesson asks the server for, and nothing else. */
const FILES = /^http:\/\/127\.0\.0\.1:\d+\/lessons\/[a-z0-9-]+\.json\?[0-9a-f]{16}$/;
const SMALL = { viewport: { width: 390, height: 844 } };
const LESSONS = await allLessons();
const FIRST = LESSONS[0];
const heading = (page, name) => page.getByRole("heading", { level: 2, name, exact: true });
const panel = (page, title = FIRST.lesson.title) => page.getByRole("region", { name: title, exact: true });

/** Each place of a lesson is looked at once, and over the lessons each in both themes at both widths. */
const LOOKS = ["beginning", "feedback", "end"];
const WIDE = { width: 1440, height: 900 };
const looks = (page, lesson) => async (where) => {
  const turn = LESSONS.findIndex((each) => each.lesson === lesson) + LOOKS.indexOf(where);
  const [colorScheme, size] = [["light", "dark"][turn % 2], [SMALL.viewport, WIDE][(turn >> 1) % 2]];
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize(size);
  await accessible(page, `${lesson.id}, ${where}, ${colorScheme}, ${size.width} px:`);
  await page.setViewportSize(SMALL.viewport);
};

/** The page that a lesson is embedded in has nothing else on it, and the frame all the room. */
async function framed(page, address) {
  const icon = await page.locator("link[rel=icon]").evaluate((link) => link.href);
  await page.setContent(`<!doctype html><html lang="en"><title>A course</title><link rel="icon" href="${icon}" /><iframe title="Lesson" src="${address}"></iframe>`);
  // The policy of the page that was there before still holds: no style in what is written.
  await page.locator("iframe").evaluate((frame) => {
    document.body.style.margin = "0";
    Object.assign(frame.style, { display: "block", border: "0", width: "100vw", height: "100vh" });
  });
  return (await page.locator("iframe").elementHandle()).contentFrame();
}

for (const each of LESSONS) {
  pageTest(`${each.lesson.id} is finished by keyboard alone inside a frame, 390×844, and axe-core finds nothing on the way`, { ...SMALL, asks: /^http:\/\/127\.0\.0\.1:\d+\//, timeout: 400_000 }, async ({ page, server }) => {
    const frame = await framed(page, `${server.url}?embed&height=844&lesson=${each.lesson.id}`);
    await panel(frame, each.lesson.title).waitFor();
    await take(new Learner(page, frame), each, looks(page, each.lesson));
  });
}

pageTest("a lesson is found in the list and finished by keyboard alone, 390×844", { ...SMALL, asks: FILES, timeout: 400_000 }, async ({ page }) => {
  await pause(page);
  const learner = new Learner(page);
  await learner.push("Lessons");
  await page.getByRole("dialog", { name: "Lessons" }).waitFor();
  await learner.push(entry(FIRST.lesson));
  await take(learner, FIRST, looks(page, FIRST.lesson));
});

pageTest("the run of before comes back on leaving, as it stood, and undo goes on in it", { asks: FILES }, async ({ page }) => {
  await pause(page);
  await goTo(page, 700);
  const node = page.getByRole("group", { name: /^n3, / });
  await node.click();
  await node.getByRole("button", { name: "Slow", exact: true }).click();
  await goTo(page, 1_234);
  await button(page, "Lessons").click();
  await button(page, entry(FIRST.lesson)).click();
  await panel(page).waitFor();
  assert.match(page.url(), new RegExp(`#lesson=${FIRST.lesson.id}$`));
  await clockShows(page, "0.000");
  await button(page, "Leave").click();
  await clockShows(page, "1.234");
  await page.getByRole("group", { name: /^n3, .*slow/ }).waitFor();
  assert.ok(!page.url().includes("#"));
  await button(page, "Undo").click();
  await page.getByText("Undone: Slow n3 at 0.700 s.").waitFor();
  // The browser's own way back and forth does the same.
  await page.goBack();
  await page.goForward();
  // Into the playground with the lesson's run, and by undo back to one's own.
  await button(page, "Lessons").click();
  await button(page, entry(FIRST.lesson)).click();
  await panel(page).waitFor();
  await goTo(page, 500);
  await button(page, "Open in playground").click();
  await clockShows(page, "0.500");
  await panel(page).waitFor({ state: "detached" });
  await button(page, "Undo").click();
  await clockShows(page, "1.234");
});

pageTest("back leads to the exact state, and progress lasts beyond a reload", { asks: FILES, path: `#lesson=${FIRST.lesson.id}` }, async ({ page, context, browser, server }) => {
  const [one, two] = FIRST.lesson.steps;
  await panel(page).waitFor();
  await goTo(page, FIRST.solution.steps[0].until_us / 1_000);
  await page.getByText("Step done.").waitFor({ state: "attached" });
  const there = await clock(page);
  await button(page, "Next").click();
  await heading(page, two.title).waitFor();
  await goTo(page, 200);
  await button(page, "Back").click();
  await heading(page, one.title).waitFor();
  await clockShows(page, "0.000");
  await button(page, "Next").click();
  await heading(page, two.title).waitFor();
  await clockShows(page, there);
  const options = { storageState: await context.storageState(), asks: FILES, path: `#lesson=${FIRST.lesson.id}` };
  const again = await openPage(browser, server, options);
  await heading(again.page, two.title).waitFor();
  await clockShows(again.page, there);
  await again.page.getByRole("img", { name: `Step 2 of ${FIRST.lesson.steps.length}` }).waitFor();
  assert.deepEqual(again.problems(), []);
  await again.context.close();
});

pageTest("progress goes out as a file and comes in elsewhere", { asks: FILES, path: `#lesson=${FIRST.lesson.id}` }, async ({ page }) => {
  await panel(page).waitFor();
  await goTo(page, FIRST.solution.steps[0].until_us / 1_000);
  await page.getByText("Step done.").waitFor({ state: "attached" });
  await button(page, "Lessons").click();
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Save progress").click()]);
  const text = await readFile(await download.path(), "utf8");
  assert.equal(JSON.parse(text).lessons[0].steps[0].state, "done");
  await page.evaluate(() => localStorage.clear());
  const file = (name, text) => page.locator(".course input[type=file]").setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
  await file("wrong.json", '{"version":9}');
  await page.getByText("wrong.json: version: version 9 is not 1 or 2, those that are read").waitFor();
  await file("mine.json", text);
  await page.getByText("mine.json: its progress is here now.").waitFor();
  await button(page, /1 step done/).waitFor();
});

pageTest("a step that was skipped is told as skipped, in the lesson, the list and the file, until it is done", { asks: FILES, path: `#lesson=${FIRST.lesson.id}` }, async ({ page, context, browser, server }) => {
  const { steps, title } = FIRST.lesson;
  const score = () => panel(page).getByText(/^\d+ of \d+ steps? done/);
  await panel(page).waitFor();
  await button(page, "Skip step").click();
  await page.getByText("Step skipped.").waitFor({ state: "attached" });
  await page.getByRole("img", { name: `Step 2 of ${steps.length}, 1 skipped` }).waitFor();
  for (let left = 1; left < steps.length; left += 1) await button(page, "Skip step").click();
  await heading(page, "What to take away").waitFor();
  await score().filter({ hasText: `0 of ${steps.length} steps done, ${steps.length} skipped` }).waitFor();
  await accessible(page, "all skipped");
  await button(page, "Lessons").click();
  await button(page, new RegExp(`${title}.*gone through, ${steps.length} steps skipped`)).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Save progress").click()]);
  const [lesson] = JSON.parse(await readFile(await download.path(), "utf8")).lessons;
  assert.deepEqual([lesson.state, lesson.steps.map((step) => step.state)], ["gone_through", steps.map(() => "skipped")]);
  await page.keyboard.press("Escape");
  // Coming back lets one do it.
  const again = await openPage(browser, server, { storageState: await context.storageState(), asks: FILES, path: `#lesson=${FIRST.lesson.id}` });
  await heading(again.page, steps[0].title).waitFor();
  await again.page.getByText("You skipped this step. It is still to do.").waitFor();
  await goTo(again.page, FIRST.solution.steps[0].until_us / 1_000);
  await again.page.getByText("Step done.").waitFor({ state: "attached" });
  await again.page.getByRole("img", { name: `Step 1 of ${steps.length}, ${steps.length - 1} skipped` }).waitFor();
  assert.deepEqual(again.problems(), []);
  await again.context.close();
});

pageTest("on a phone a lesson's run can be compared and taken into the playground", { ...PHONE, asks: FILES, path: `#lesson=${FIRST.lesson.id}` }, async ({ page }) => {
  await panel(page).waitFor();
  for (const name of ["Compare", "Open in playground"]) {
    const { width, height } = await button(page, name).boundingBox();
    assert.ok(width >= 44 && height >= 44, `${name}: ${width}×${height}`);
  }
  await goTo(page, 300);
  await button(page, "Compare").click();
  await page.getByRole("region", { name: "Sync", exact: true }).waitFor();
  await accessible(page, "compared");
  await button(page, "Back to one run").click();
  await panel(page).waitFor();
  await button(page, "Open in playground").click();
  await panel(page).waitFor({ state: "detached" });
  await clockShows(page, "0.300");
});

const REFUSED = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('refused', 'SecurityError'); } });";
pageTest("without storage a lesson works and says that nothing is kept", { asks: FILES, initScript: REFUSED, path: `#lesson=${FIRST.lesson.id}` }, async ({ page }) => {
  await panel(page).waitFor();
  await goTo(page, FIRST.solution.steps[0].until_us / 1_000);
  await page.getByText("Step done.").waitFor({ state: "attached" });
  await button(page, "Lessons").click();
  await page.getByText("This browser keeps nothing between visits.").waitFor();
});

pageTest("a file that does not come is told, and asked for again", { asks: FILES }, async ({ browser, server }) => {
  // In a page of its own: the browser says in the console what the server refuses.
  const { page, context } = await openPage(browser, server, { asks: FILES });
  const broken = (file, answer) => context.route(`**/lessons/${file}.json?*`, (route) => route.fulfill(answer));
  await broken("index", { status: 503, body: "" });
  await pause(page);
  await button(page, "Lessons").click();
  await page.getByText("The server did not give it out (status 503).").waitFor();
  await context.unroute("**/lessons/index.json?*");
  await broken(FIRST.lesson.id, { body: '{"version":1}' });
  await button(page, "Try again").click();
  await button(page, entry(FIRST.lesson)).click();
  await page.getByText("this version of the page cannot read it").waitFor();
  await context.unroute(`**/lessons/${FIRST.lesson.id}.json?*`);
  await button(page, "Try again").click();
  await panel(page).waitFor();
  await context.close();
});

for (const [where, options] of [["1440 px", {}], ["390 px", PHONE]]) {
  for (const colorScheme of ["light", "dark"]) {
    pageTest(`a lesson is accessible, ${where}, ${colorScheme}`, { ...options, colorScheme, asks: FILES, path: `#lesson=${FIRST.lesson.id}` }, async ({ page }) => {
      await panel(page).waitFor();
      await accessible(page, "doing");
      await goTo(page, FIRST.solution.steps[0].until_us / 1_000);
      await page.getByText("Step done.").waitFor({ state: "attached" });
      await accessible(page, "done");
      const question = FIRST.lesson.steps.findIndex((step) => step.predict);
      for (let step = 0; step < question; step += 1) await button(page, /^(Next|Skip step)$/).click();
      await panel(page).getByRole("radio").first().check();
      await accessible(page, "asking");
      await button(page, "Lock in and run").click();
      await button(page, "Skip to the end").click();
      await page.getByText("Step done.").waitFor({ state: "attached" });
      await accessible(page, "answered");
      await button(page, "Lessons").click();
      await page.getByRole("dialog", { name: "Lessons" }).waitFor();
      await accessible(page, "the list");
    });
  }
}
