// Where the page lies. Opened from the disk it cannot run, and says so. What cannot be fetched is named. Once the page is up, what it
// consists of is kept for visits without a network (offline.js), where the browser has a place for that.
"use strict";
{
  const boot = document.getElementById("boot");

  let said = false;

  /** In place of "is loading", as long as that is what is there; the first cause counts. */
  function say(text) {
    if (said || document.querySelector(".app")) return;
    boot.textContent = text;
    said = true;
  }

  if (location.protocol === "file:") {
    say(
      "ReplicaScope cannot run from a file: browsers load neither modules nor WebAssembly from the disk. Serve this folder with any web " +
        "server (python3 -m http.server, for instance) and open the address that it names.",
    );
  } else {
    const sandboxed = self.origin === "null";
    const remedy = sandboxed ? "In a sandboxed frame the server has to send Access-Control-Allow-Origin: * with every file." : "Reload to try again.";
    const failed = ({ target, message }) => {
      if (target === window) say(`ReplicaScope could not be started: ${message}. ${remedy}`);
      if (target instanceof HTMLScriptElement) {
        say(`ReplicaScope could not be loaded: ${new URL(target.src).pathname}, or what it asks for, did not come. ${remedy}`);
      }
    };
    // The scripts' own errors do not rise to the window.
    addEventListener("error", failed, true);
  }

  /** A frame in somebody else's page asks for nothing to be kept; a build that is not shipped has no number and is not. */
  function canBeKept() {
    const shipped = document.querySelector("meta[name=build]");
    // In a sandbox the mere question for `serviceWorker` is an error.
    return shipped && window === top && self.origin !== "null" && isSecureContext && "serviceWorker" in navigator;
  }

  addEventListener("TrunkApplicationStarted", () => {
    if (!canBeKept()) return;
    const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 1_000));
    idle(() => {
      // It may refuse, by its settings for instance. Then there are no visits without a network, and nothing else is missing.
      navigator.serviceWorker.register("offline.js").catch((error) => console.info(`Not kept for visits without a network: ${error}`));
    });
  });
}
