// What is left when the program has broken: it needs nothing of it. The scenario stands in a field of the page, kept up to date
// by the program while it lived.
const byId = (id) => document.getElementById(id);

function show() {
  byId("boot").hidden = true;
  byId("broken").hidden = false;
  document.querySelector(".emb, .app")?.setAttribute("inert", "");
  // What writes the scenario down comes with the first touch.
  const early = byId("broken-scenario").value === "";
  byId("broken-copy").hidden = early;
  byId("broken-kept").hidden = early;
  byId("broken-early").hidden = !early;
  byId("broken-title").focus();
}

/** Only the program itself counts: an extension of the browser may throw what it likes. */
function isOurs(error) {
  return error instanceof WebAssembly.RuntimeError || /\.wasm\b/.test(error?.stack ?? "");
}

addEventListener("error", (event) => isOurs(event.error) && show());
addEventListener("unhandledrejection", (event) => isOurs(event.reason) && show());

byId("broken-copy").addEventListener("click", async () => {
  const field = byId("broken-scenario");
  try {
    await navigator.clipboard.writeText(field.value);
    byId("broken-said").textContent = "The scenario is copied.";
  } catch {
    field.hidden = false;
    field.select();
    byId("broken-said").textContent = "The browser did not let it be copied. It is selected below: copy it by key.";
  }
});

byId("broken-again").addEventListener("click", () => {
  // A frame keeps what its host asked for.
  if (!document.querySelector(".emb")) location.replace(`${location.pathname}#new`);
  location.reload();
});
