// When the program breaks, the page says so, keeps the scenario, and begins again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, button, clock, goTo, pause } from "./deeds.mjs";
import { launchBrowser, openPage, serveDist } from "./stage.mjs";

test("after a trap the page says so, gives the scenario and starts again", { timeout: 120_000 }, async () => {
  const [browser, server] = await Promise.all([launchBrowser(), serveDist()]);
  try {
    const { page, context } = await openPage(browser, server, { permissions: ["clipboard-read", "clipboard-write"] });
    await pause(page);
    await goTo(page, 700);
    const node = page.getByRole("group", { name: /^n3, / });
    await node.click();
    await node.getByRole("button", { name: "Slow", exact: true }).click();
    await page.getByRole("group", { name: /^n3, .*slow/ }).waitFor();
    // What drawing calls fails from now on: the program meets something that it never should.
    await page.evaluate(() => {
      CanvasRenderingContext2D.prototype.clearRect = () => {
        throw new WebAssembly.RuntimeError("unreachable");
      };
    });
    await page.keyboard.press("ArrowRight");
    const dialog = page.getByRole("alertdialog", { name: /^ReplicaScope has stopped/ });
    await dialog.waitFor();
    await accessible(page);
    await dialog.getByRole("button", { name: "Copy the scenario" }).click();
    await dialog.getByText("The scenario is copied.").waitFor();
    const scenario = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
    assert.deepEqual(scenario.actions.at(-1), { at_us: 700_000, action: { slow: { node: "n3", factor: 100 } } });
    await dialog.getByRole("button", { name: "Start again" }).click();
    await button(page, "Pause").waitFor();
    await page.getByRole("group", { name: "n3, replica, up" }).waitFor();
    assert.notEqual(await clock(page), "0.700");
    await context.close();
  } finally {
    await browser.close();
    await server.close();
  }
});

test("after a trap before anything was done the page says that nothing was written down", async () => {
  const [browser, server] = await Promise.all([launchBrowser(), serveDist()]);
  try {
    const { page, context } = await openPage(browser, server);
    await page.evaluate(() => {
      CanvasRenderingContext2D.prototype.clearRect = () => {
        throw new WebAssembly.RuntimeError("unreachable");
      };
    });
    const dialog = page.getByRole("alertdialog", { name: /^ReplicaScope has stopped/ });
    await dialog.getByText("It broke before the scenario was written down").waitFor();
    assert.equal(await dialog.getByText("The scenario is kept").isVisible(), false);
    assert.equal(await dialog.getByRole("button", { name: "Copy the scenario" }).count(), 0);
    await dialog.getByRole("button", { name: "Start again" }).click();
    await button(page, "Pause").waitFor();
    await context.close();
  } finally {
    await browser.close();
    await server.close();
  }
});

test("the page states a policy without inline scripts or styles, and keeps to it", async () => {
  const [browser, server] = await Promise.all([launchBrowser(), serveDist()]);
  try {
    const { page, context, problems } = await openPage(browser, server);
    const policy = await page.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content");
    assert.equal(policy, "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:; worker-src 'self'");
    assert.equal(await page.locator("script:not([src]), style").count(), 0);
    const html = await page.evaluate(async () => (await fetch(location.href)).text());
    assert.doesNotMatch(html, /<[^>]+\sstyle=/);
    await button(page, "Keys").click();
    assert.deepEqual(problems().filter((line) => !line.startsWith("network after load")), []);
    await context.close();
  } finally {
    await browser.close();
    await server.close();
  }
});
