// The cluster dialog, and a failover under Patroni: what a person looks for, changes and sees.

import assert from "node:assert/strict";
import { accessible, button, events, pause } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";

const QUIET = "Quiet cluster: try it yourself";
const dialog = (page) => page.getByRole("dialog", { name: "Cluster" });
const promises = (page) => dialog(page).getByRole("region", { name: "What this setting promises" });
const parameters = (page) => dialog(page).getByRole("region", { name: "Parameters" });

async function open(page) {
  await button(page, "Change cluster").click();
  await dialog(page).getByRole("heading", { name: "Cluster", exact: true }).waitFor();
}

async function close(page) {
  await dialog(page).getByRole("button", { name: "Close", exact: true }).click();
  await dialog(page).waitFor({ state: "hidden" });
}

/** The quiet cluster, paused at its start, with a preset, and the dialog open. */
async function start(page, preset) {
  await page.getByRole("combobox", { name: "Scenario" }).selectOption({ label: QUIET });
  await pause(page);
  await button(page, "Rewind").click();
  await open(page);
  if (preset) await dialog(page).getByLabel("Start from").selectOption({ label: preset });
}

async function find(page, name) {
  await dialog(page).getByRole("searchbox", { name: "Find a parameter" }).fill(name);
}

/** Types into a parameter's field as a person does. */
async function type(page, name, value) {
  const field = parameters(page).getByLabel(name, { exact: true });
  await field.fill(value);
  await field.press("Enter");
  await field.blur();
}

pageTest("a parameter is found by its real name, changed, marked and reset", async ({ page }) => {
  await start(page, "PostgreSQL 17 defaults, async");
  await promises(page).getByText("A failover loses the acked writes").waitFor();
  await find(page, "synchronous_standby_names");
  await type(page, "synchronous_standby_names", "FIRST 1 (*)");
  await promises(page).getByText("the first listed standby has it on disk").waitFor();
  await parameters(page).getByText("changed", { exact: true }).waitFor();
  await find(page, "synchronous_commit");
  await parameters(page).getByLabel("synchronous_commit", { exact: true }).selectOption("remote_apply");
  await promises(page).getByText("has replayed it").waitFor();
  await find(page, "");
  await parameters(page).getByLabel("Changed only").check();
  for (const name of ["synchronous_commit", "synchronous_standby_names"]) {
    await parameters(page).getByLabel(name, { exact: true }).waitFor();
  }
  assert.equal(await parameters(page).getByLabel("wal_keep_size", { exact: true }).count(), 0);
  await parameters(page).getByRole("button", { name: "Reset synchronous_standby_names" }).click();
  await promises(page).getByText("A failover loses the acked writes").waitFor();
  // Of other systems it shows what they are.
  await parameters(page).getByLabel("Changed only").uncheck();
  await find(page, "rpl_semi_sync_source_timeout");
  await parameters(page).getByText("Default 10000 ms").waitFor();
  await parameters(page).getByText("R-MY-5").waitFor();
  await find(page, "max_replication_lag");
  await parameters(page).getByText("ProxySQL", { exact: true }).waitFor();
});

pageTest("what the engine refuses says why at the field, and nothing is changed", async ({ page }) => {
  await start(page, "PostgreSQL + Patroni 4 defaults");
  await find(page, "ttl");
  await type(page, "ttl", "10");
  await parameters(page).getByRole("alert").getByText("10 is not in 20 to 3600 s. Nothing was changed.").waitFor();
  await promises(page).getByText("after at most 30 s").waitFor();
  await find(page, "loop_wait");
  await type(page, "loop_wait", "15");
  await parameters(page)
    .getByRole("alert")
    .getByText("loop_wait 15 s + 2 × retry_timeout 10 s must not be more than ttl 30 s")
    .waitFor();
  await type(page, "loop_wait", "5");
  await parameters(page).getByText("changed", { exact: true }).waitFor();
  // Once the run goes on a change is an action in it.
  await close(page);
  await page.getByRole("slider", { name: "Timeline", exact: true }).fill("500");
  await open(page);
  await find(page, "loop_wait");
  await type(page, "loop_wait", "6");
  await close(page);
  await events(page).getByText("Patroni: loop_wait from 5 s to 6 s.").waitFor();
});

pageTest("replicas come and go, places have their delays, and undo brings the run before back", async ({ page }) => {
  await start(page);
  await dialog(page).getByRole("button", { name: "Add n6" }).click();
  await dialog(page).getByRole("button", { name: "Add n7" }).click();
  await dialog(page).getByText("6 replicas", { exact: true }).waitFor();
  await dialog(page).getByText("The run starts anew").waitFor();
  await dialog(page).getByRole("button", { name: "Remove n7" }).click();
  await dialog(page).getByLabel("Regions").selectOption({ label: "US coasts and Europe: 70 to 100 ms" });
  await dialog(page).getByLabel("Place of n3").waitFor();
  await dialog(page).getByLabel("Place of n2", { exact: true }).selectOption({ label: "Europe" });
  await dialog(page).getByRole("button", { name: "Add n7" }).click();
  await dialog(page).getByLabel("Place of n7", { exact: true }).waitFor();
  await close(page);
  await page.getByRole("group", { name: /^n7, replica/ }).waitFor();
  assert.equal(await page.getByRole("group", { name: /^n\d+, / }).count(), 7);
  await page.locator("details.network summary", { hasText: "50 ms" }).waitFor();
  await button(page, "Undo").click();
  await page.getByRole("group", { name: /^n7, / }).waitFor({ state: "detached" });
  assert.equal(await page.getByRole("group", { name: /^n\d+, / }).count(), 6);
  for (let back = 0; back < 4; back += 1) await button(page, "Undo").click();
  await page.getByRole("group", { name: /^n6, / }).waitFor();
  assert.equal(await page.getByRole("group", { name: /^n\d+, / }).count(), 6);
});

pageTest("under Patroni the primary dies and a standby takes over when its lease has run out", async ({ page }) => {
  await start(page, "PostgreSQL + Patroni 4 defaults");
  await close(page);
  await page.getByRole("group", { name: /^n1, primary/ }).waitFor();
  await page.getByRole("group", { name: /^n2, standby/ }).waitFor();
  await page.getByRole("group", { name: "s1, store member, leader" }).waitFor();
  await page.getByText("key: n1").waitFor();
  const primary = page.getByRole("group", { name: /^n1, primary/ });
  await primary.click();
  await primary.getByRole("button", { name: "Status" }).click();
  const status = page.getByRole("region", { name: "Status of n1" });
  await status.getByRole("columnheader", { name: "sync_state" }).waitFor();
  await status.getByRole("button", { name: "Close status" }).click();
  await page.getByRole("combobox", { name: "Speed" }).selectOption({ label: "20× real time" });
  await page.getByRole("group", { name: /^n1, primary/ }).getByRole("button", { name: "Kill", exact: true }).click();
  await events(page).getByText("n1 was killed.").waitFor();
  await button(page, "Play").click();
  await events(page).getByText(/n\d took over/).waitFor({ timeout: 90_000 });
  await pause(page);
  await page.getByText(/key: n[2-5]/).waitFor();
});

pageTest("agents and members of the store are killed, frozen and cut off by key and by pointer", async ({ page }) => {
  await start(page, "PostgreSQL + Patroni 4 defaults");
  await close(page);
  const member = page.getByRole("group", { name: /^s2, store member/ });
  await member.getByRole("button", { name: /^s2 .*faults$/ }).focus();
  await page.keyboard.press("Enter");
  await member.getByRole("button", { name: "Cut off" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("group", { name: "s2, store member, cut off" }).waitFor();
  await member.getByRole("button", { name: /^s2 .*faults$/ }).click();
  await member.getByRole("button", { name: "Reconnect" }).click();
  await page.getByRole("group", { name: "s2, store member, up" }).waitFor();
  const primary = page.getByRole("group", { name: /^n1, primary/ });
  await primary.click();
  await primary.getByRole("button", { name: "Freeze agent" }).click();
  await page.getByRole("group", { name: "n1, primary, up, agent frozen" }).waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  pageTest(`the dialog and the stage of a Patroni cluster are accessible (${colorScheme})`, { colorScheme }, async ({ page }) => {
    await start(page, "Patroni, synchronous and strict");
    await find(page, "ttl");
    await type(page, "ttl", "10");
    await accessible(page);
    await find(page, "");
    await accessible(page);
    await close(page);
    const primary = page.getByRole("group", { name: /^n1, primary/ });
    await primary.click();
    await primary.getByRole("button", { name: "Status" }).click();
    await accessible(page);
  });
}
