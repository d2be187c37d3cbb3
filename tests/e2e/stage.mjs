// The built page on a server, a browser, and a watch over both. Knows nothing of a test runner.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

export const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/** The page is ready when this is visible. */
export const READY = "main";

/** Where Chromium is if CHROME, which `cargo xtask` sets, does not say. */
const USUAL_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The same as in webdriver.json: without a sandbox because root has none. */
const ARGUMENTS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium with a new, temporary profile. */
export function launchBrowser() {
  const executablePath = process.env.CHROME || USUAL_PLACES.find((place) => existsSync(place));
  assert.ok(executablePath, "there is no Chromium: `cargo xtask setup` installs it, or set CHROME");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** Serves dist/, which has to have been built. */
export function serveDist(options) {
  assert.ok(existsSync(DIST), "there is no dist/: build the page with `trunk build --release`");
  return serve(DIST, options);
}

/**
 * Loads the page in a new context of `browser` and waits until it is ready.
 *
 * `options`: `path`, what follows the address, such as "#seed=7"; `ready`, a selector other than READY; `initScript`, what runs before the page;
 * `asks`, what the page may ask the network for once it is ready, which is nothing unless a test says so; and whatever Playwright knows of a context (viewport, colorScheme, reducedMotion, ...).
 * No service worker is let in unless a test says `serviceWorkers: "allow"`: then what the worker itself asks for, and when, is that test's affair.
 * Returns the page, its context and `problems()`: what the watch has seen so far, as lines.
 */
export async function openPage(browser, server, options = {}) {
  const { path = "", ready = READY, initScript, asks, ...contextOptions } = options;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: "block", ...contextOptions });
  const page = await context.newPage();
  if (initScript) await page.addInitScript(initScript);
  const seen = [];
  const alreadyServed = server.requests.length;
  let loaded = false;

  page.on("console", (message) => {
    if (message.text() === "Service Worker registration blocked by Playwright") return;
    if (["error", "warning", "assert"].includes(message.type())) {
      seen.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => seen.push(`uncaught: ${error.stack ?? error}`));
  page.on("crash", () => seen.push("the page crashed"));
  page.on("requestfailed", (request) => {
    seen.push(`request failed: ${request.url()} (${request.failure()?.errorText})`);
  });
  const network = (what) => {
    if (loaded) seen.push(`network after load: ${what}`);
  };
  // On the context, so that the requests of other workers and of frames count too.
  context.on("request", (request) => {
    // Chromium asks for the icon again whenever the address changes, without a word from the page.
    const isIcon = /\/icon-\w+\.svg$/.test(request.url());
    // What the page itself has made is no network.
    const isOwn = request.url().startsWith("blob:");
    // Nor is a part of the program that a person has asked for just now.
    const isPart = request.url().startsWith(`${server.url}part-`);
    // The worker keeps the page for visits without a network; the page does not wait for it.
    const isWorker = request.serviceWorker() !== null;
    if (!isIcon && !isOwn && !isPart && !isWorker && !asks?.test(request.url())) network(`${request.method()} ${request.url()}`);
  });
  page.on("websocket", (socket) => network(`WebSocket ${socket.url()}`));

  await page.goto(server.url + path, { waitUntil: "load" });
  await page.locator(ready).first().waitFor({ state: "visible" }).catch((error) => {
    throw new Error([error.message, ...seen].join("\n"));
  });
  await page.waitForLoadState("networkidle");
  loaded = true;

  const problems = () => {
    const missing = server.requests.slice(alreadyServed).filter((request) => request.status !== 200);
    return [...seen, ...missing.map((request) => `missing file: ${request.path}`)];
  };
  return { page, context, problems };
}
