// Where the page lies: under a path, in a plain folder, in a sandboxed frame, on the disk, and in the browser alone once it has been visited.

import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { button } from "./deeds.mjs";
import { buildOf, nextRelease } from "./releases.mjs";
import { DIST, launchBrowser, openPage, READY, serveDist } from "./stage.mjs";

const LESSON = { id: "one-kitchen", title: "One chef, one kitchen" };
const WIDE = { viewport: { width: 1440, height: 900 } };
let browser;
/** What stands beside the page's server during a test. */
const hosts = [];
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

/**
 * A test with a server of its own, whose options these are. Chromium may take a minute to look for a newer service worker, even when it is asked to; so
 * there is time for that.
 */
function placeTest(name, options, body) {
  test(name, { timeout: 300_000 }, async () => {
    const server = await serveDist(options);
    try {
      await body(server);
    } finally {
      for (const { close } of [server, ...hosts.splice(0)]) await close();
      for (const context of browser.contexts()) await context.close();
    }
  });
}

/** A page of somebody else's, on a server of its own, with `html` in it. */
async function elsewhere(html) {
  const server = createServer((request, response) => {
    const found = request.url === "/";
    response.writeHead(found ? 200 : 204, { "content-type": "text/html; charset=utf-8" });
    response.end(found ? `<!doctype html><title>Elsewhere</title><link rel="icon" href="data:," />${html}` : "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  hosts.push({
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

/** Opens a part of the program, and closes it again. */
async function openPart(page) {
  await button(page, "Change cluster").click();
  const dialog = page.getByRole("dialog", { name: "Cluster" });
  await dialog.getByRole("combobox", { name: "Database" }).waitFor();
  await dialog.getByRole("button", { name: "Close", exact: true }).click();
}

/** Opens a lesson from the list, and leaves it. */
async function openLesson(page) {
  await button(page, "Lessons").click();
  await page.getByRole("button", { name: new RegExp(LESSON.title) }).click();
  await page.getByRole("heading", { name: LESSON.title }).waitFor();
  await page.goBack();
}

/** The page's colour comes from a stylesheet, and so on: nothing that it asked for was missing. */
const nothingMissing = (server) => assert.deepEqual(server.requests.filter(({ status }) => status !== 200), []);

for (const [where, options] of [["a plain folder", {}], ["a path", { under: "/courses/databases/scope/" }]]) {
  placeTest(`from ${where}, with its parts, lessons and pictures`, options, async (server) => {
    const { page, context, problems } = await openPage(browser, server, { asks: /\/lessons\// });
    await openPart(page);
    await openLesson(page);
    // In a style sheet, so relative to that.
    assert.ok(server.requests.some(({ path }) => path.endsWith("img/chevron.svg")));
    assert.deepEqual(problems(), []);
    nothingMissing(server);
  });
}

placeTest("under its file's own name too", { under: "/x/" }, async (server) => {
  const { page, context, problems } = await openPage(browser, server, { path: "index.html" });
  await openPart(page);
  assert.deepEqual(problems(), []);
});

placeTest("from the disk it says that it cannot", {}, async () => {
  const page = await browser.newPage();
  await page.goto(`file://${DIST}/index.html`);
  await page.getByText("ReplicaScope cannot run from a file").waitFor();
});

const FRAME = (server, sandbox) => `<iframe title="scope" width="1400" height="850" sandbox="${sandbox}" src="${server.url}"></iframe>`;

placeTest("in a sandboxed frame, with a part and a lesson", { under: "/x/" }, async (server) => {
  const host = await elsewhere(FRAME(server, "allow-scripts"));
  const page = await browser.newPage(WIDE);
  const seen = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && seen.push(message.text()));
  page.on("pageerror", (error) => seen.push(String(error)));
  await page.goto(host);
  const frame = page.frameLocator("iframe");
  await frame.locator(READY).waitFor();
  await frame.getByRole("button", { name: "Change cluster" }).click();
  const dialog = frame.getByRole("dialog", { name: "Cluster" });
  await dialog.getByRole("combobox", { name: "Database" }).waitFor();
  await dialog.getByRole("button", { name: "Close", exact: true }).click();
  await frame.getByRole("button", { name: "Lessons" }).click();
  await frame.getByRole("button", { name: new RegExp(LESSON.title) }).click();
  await frame.getByRole("heading", { name: LESSON.title }).waitFor();
  assert.deepEqual(seen, []);
  nothingMissing(server);
  assert.ok(!server.requests.some(({ path }) => path.endsWith("offline.js")), "a frame asks for nothing to be kept");
});

placeTest("in a sandboxed frame of a server that says nothing, it says what is missing", { headers: {} }, async (server) => {
  const host = await elsewhere(FRAME(server, "allow-scripts"));
  const page = await browser.newPage();
  await page.goto(host);
  await page.frameLocator("iframe").getByText("the server has to send Access-Control-Allow-Origin: *").waitFor();
});

placeTest("what cannot be fetched is named", {}, async (server) => {
  const context = await browser.newContext({ ...WIDE, serviceWorkers: "block" });
  const page = await context.newPage();
  await context.route("**/replicascope-web-*.js", (route) => route.fulfill({ status: 503, body: "" }));
  await page.goto(server.url);
  await page.getByText(/ReplicaScope could not be loaded: \/start-\w+\.js, or what it asks for, did not come\. Reload to try again\./).waitFor();
  await context.unroute("**/replicascope-web-*.js");
  await context.route("**/*_bg.wasm", (route) => route.abort());
  await page.reload();
  await page.getByText("ReplicaScope could not be started: Uncaught TypeError: Failed to fetch. Reload to try again.").waitFor();
});

/** A first visit, until everything is kept. */
async function visit(server, context) {
  const page = await context.newPage();
  await page.goto(server.url);
  await page.locator(READY).waitFor();
  await kept(page);
  return page;
}

/** The worker is in control of this page, so its cache is complete. */
const kept = (page) => page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");

/** The worker of a newer build than the page's has come to a state, among them that it has failed and is gone. */
const newerIs = (page, state) =>
  page.evaluate(async (state) => {
    const registration = await navigator.serviceWorker.getRegistration();
    const newer = registration.installing ?? registration.waiting ?? (await new Promise((found) => {
      registration.addEventListener("updatefound", () => found(registration.installing), { once: true });
    }));
    while (newer.state !== state) await new Promise((changed) => newer.addEventListener("statechange", changed, { once: true }));
  }, state);
const lookForNewer = (page) => page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration()).update()));
const caches = (page) => page.evaluate(() => self.caches.keys());

placeTest("after the first visit it opens without a network, with every part and every lesson", { under: "/x/" }, async (server) => {
  const context = await browser.newContext(WIDE);
  const asked = [];
  context.on("request", (request) => asked.push({ path: new URL(request.url()).pathname, worker: request.serviceWorker() !== null }));
  const page = await visit(server, context);
  assert.deepEqual(await caches(page), [`replicascope ${server.url} ${await buildOf(DIST)}`]);
  // The worker asked, not the page.
  const parts = asked.filter(({ path }) => path.includes("/part-") || path.includes("/lessons/"));
  assert.ok(parts.length > 30, `${parts.length}`);
  assert.deepEqual(parts.filter(({ worker }) => !worker), []);
  // And it asked when the page had come.
  const first = asked.findIndex(({ worker }) => worker);
  assert.deepEqual(asked.slice(first).filter(({ worker }) => !worker), []);

  await server.close();
  await context.setOffline(true);
  // The page of the first visit has its parts, although it was opened without the worker.
  await openPart(page);
  await page.reload();
  await page.locator(READY).waitFor();
  await openPart(page);
  await openLesson(page);
  // Under any of its addresses, and all files in their places.
  for (const path of ["index.html", "index.html?embed&scenario=quiet", `#lesson=${LESSON.id}`]) {
    await page.goto("about:blank");
    await page.goto(server.url + path);
    await page.locator(READY).waitFor();
  }
  const missing = await page.evaluate(async (names) => {
    const answers = await Promise.all(names.map(async (name) => (await fetch(name).then((answer) => answer.ok, () => false)) || name));
    return answers.filter((answer) => answer !== true);
  }, [...new Set(server.requests.map(({ path }) => path))].filter((path) => !path.endsWith("offline.js")));
  assert.deepEqual(missing, []);
});

placeTest("a new release comes with the next load, whole, while a page of the old one keeps what it was opened with", {}, async (server) => {
  const next = await nextRelease("Next");
  const context = await browser.newContext(WIDE);
  const old = await visit(server, context);
  const [oldBuild, nextBuild] = [await buildOf(DIST), await buildOf(next.folder)];
  assert.notEqual(oldBuild, nextBuild);
  server.put(next.folder);
  const already = server.requests.length;

  // The browser looks for a newer worker in its own time, up to a minute after a load; here it is told to. The worker has everything and
  // waits for the old page to be closed.
  const installed = newerIs(old, "installed");
  await lookForNewer(old);
  await installed;
  const page = await context.newPage();
  await page.goto(server.url);
  await page.locator(READY).waitFor();
  assert.equal(await page.title(), "Next ReplicaScope");
  assert.deepEqual((await caches(page)).map((name) => name.slice(-16)), [oldBuild, nextBuild]);
  // The server has the old files no longer; and no page gets the lessons of the other.
  await server.close();
  for (const [shown, build] of [[old, oldBuild], [page, nextBuild]]) {
    await openPart(shown);
    await openLesson(shown);
    const asked = await shown.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    const lessons = asked.filter((name) => name.includes("/lessons/"));
    assert.ok(lessons.length > 0 && lessons.every((name) => name.endsWith(`?${build}`)), lessons.join(" "));
  }
  // Without a network the newest that is complete.
  await page.reload();
  await page.locator(READY).waitFor();
  assert.equal(await page.title(), "Next ReplicaScope");
  const missing = server.requests.slice(already).filter(({ status }) => status !== 200);
  assert.deepEqual(missing, []);

  // Nobody is left who needs the old one.
  await old.close();
  await page.goto("about:blank");
  await context.serviceWorkers().at(-1).evaluate(async () => {
    const { serviceWorker } = self;
    while (serviceWorker.state !== "activated") await new Promise((changed) => serviceWorker.addEventListener("statechange", changed, { once: true }));
  });
  await page.goto(server.url);
  await page.locator(READY).waitFor();
  assert.equal(await page.title(), "Next ReplicaScope");
  assert.deepEqual((await caches(page)).map((name) => name.slice(-16)), [nextBuild]);
  await openPart(page);
  await next.remove();
});

placeTest("a release that is not whole is not kept, and the one before it stays", {}, async (server) => {
  const next = await nextRelease("Next");
  const context = await browser.newContext(WIDE);
  const page = await visit(server, context);
  // As in the middle of copying its files.
  await rm(join(next.folder, (await readdir(next.folder)).find((name) => name.startsWith("part-lessons"))));
  server.put(next.folder);
  const gone = newerIs(page, "redundant");
  await lookForNewer(page);
  await gone;
  assert.deepEqual((await caches(page)).map((name) => name.slice(-16)), [await buildOf(DIST)]);
  await server.close();
  await page.reload();
  await page.locator(READY).waitFor();
  assert.equal(await page.title(), "ReplicaScope");
  await openPart(page);
  await next.remove();
});
