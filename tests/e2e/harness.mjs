// What every end-to-end test stands on: the built page, a browser, and a watch over both.
//
//   pageTest("what it shows", async ({ page }) => { ... });
//
// Such a test gets the page loaded and ready, in a browser context of its own, and fails if by its end
// anything stood in the console as an error or a warning, an exception went uncaught, a file was missing,
// or anything was asked of the network after the page was ready.
//
// Tests wait for a state (`locator.waitFor`, `page.waitForFunction`), never for a time.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { launchBrowser, openPage, serveDist } from "./stage.mjs";

let shared;

/** One server and one browser for all tests of a file. */
async function sharedStage() {
  shared ??= Promise.all([launchBrowser(), serveDist()]);
  const [browser, server] = await shared;
  return { browser, server };
}

after(async () => {
  if (!shared) return;
  const [browser, server] = await shared.catch(() => []);
  await browser?.close();
  await server?.close();
});

/** A test that gets `{ page, context, browser, server }` and at the end wants nothing to have gone wrong. */
export function pageTest(name, options, body = undefined) {
  const [{ timeout = 120_000, ...openOptions }, run] = body === undefined ? [{}, options] : [options, body];
  test(name, { timeout }, async () => {
    const { browser, server } = await sharedStage();
    const { page, context, problems } = await openPage(browser, server, openOptions);
    try {
      await run({ page, context, browser, server });
      assert.deepEqual(problems(), []);
    } finally {
      await context.close();
    }
  });
}
