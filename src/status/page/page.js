// Fetches the page again every few seconds and puts its content in place. Without it the page is the same, only still.
(() => {
  "use strict";
  const PERIOD = 15000;
  const note = document.getElementById("refresh");
  const button = document.createElement("button");
  const words = document.createElement("span");
  words.setAttribute("role", "status");
  button.type = "button";
  let paused = false;

  const say = (text) => { if (words.textContent !== text) words.textContent = text; };
  const label = () => {
    button.textContent = paused ? "Resume refresh" : "Pause refresh";
    say(paused ? "Paused. " : "");
  };

  const selecting = () => {
    const selection = document.getSelection();
    return selection !== null && !selection.isCollapsed;
  };

  const refresh = async () => {
    // A selected command must not vanish while it is being copied, nor a form while it is being filled in.
    if (paused || document.hidden || selecting() || document.activeElement?.closest?.("form")) return;
    try {
      const answer = await fetch(location.pathname + location.search, { cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = fresh.getElementById("content");
      const now = document.getElementById("content");
      if (next === null || now === null) throw new Error("no content");
      const open = [...now.querySelectorAll("details[open]")].map((it) => it.id);
      const focused = document.activeElement?.getAttribute?.("aria-label");
      now.replaceWith(document.adoptNode(next));
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      if (focused) {
        const again = [...next.querySelectorAll("[aria-label]")].find((it) => it.getAttribute("aria-label") === focused);
        again?.focus({ preventScroll: true });
      }
      document.title = fresh.title;
      say("");
    } catch {
      say("palisade does not answer; these numbers are old. ");
    }
  };

  button.addEventListener("click", () => { paused = !paused; label(); refresh(); });
  document.addEventListener("visibilitychange", refresh);
  note.replaceChildren(words, button);
  label();
  setInterval(refresh, PERIOD);
})();
