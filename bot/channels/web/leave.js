// Leaving a shared computer: the browser forgets the chat, and nothing of it stays on the page.

import * as own from "./own.js";
import { say } from "./words.js";

const dialog = document.querySelector("#leaving");
const trouble = document.querySelector("#not-left");
let leaving = false;

/** Forget all that is kept in this browser, and begin again as a stranger. */
export function forgetAll() {
  own.forgetAll();
  // Nothing is seen until the new page has come; what still arrives finds all in its place.
  document.body.hidden = true;
  location.replace(location.pathname);
}

// The server closes the other tabs; one that has no connection, or sleeps, finds out by itself.
for (const event of ["storage", "pageshow", "visibilitychange"]) {
  addEventListener(event, () => own.isLeft() && forgetAll());
}

document.querySelector("#leave").onclick = () => {
  say(trouble, "");
  dialog.showModal();
};
document.querySelector("#stay").onclick = () => dialog.close();
document.querySelector("#go").onclick = async () => {
  // On a slow line a second press must not leave what the first one has begun anew.
  if (leaving) return;
  leaving = true;
  say(trouble, "");
  try {
    const response = await fetch("/leave", { method: "POST" });
    if (!response.ok) throw new Error(response.statusText);
    forgetAll();
  } catch {
    // Only the server can take the cookie away.
    leaving = false;
    say(trouble, "notLeft");
  }
};
