// What the person said, kept in this tab alone: it survives a reload and ends with the tab, so
// that nothing stays behind on a shared computer.

import { lasting, passing } from "./kept.js";

const KEPT = "said";
const DRAFT = "draft";
const MOST = 200;
/** Names the time in which one person uses this browser: from one leaving to the next. */
const STAY = "stay";

if (!lasting.getItem(STAY)) lasting.setItem(STAY, fresh());
// Also a tab that was closed before somebody left, and is opened again after.
if (isLeft()) {
  passing.clear();
  passing.setItem(STAY, lasting.getItem(STAY));
}
const own = JSON.parse(passing.getItem(KEPT) ?? "[]");

/** Tell whether somebody left this browser after this tab was opened. */
export function isLeft() {
  return passing.getItem(STAY) !== lasting.getItem(STAY);
}

/** Forget all that is kept in this browser; but what the next person keeps in it already. */
export function forgetAll() {
  if (!isLeft()) lasting.clear();
  passing.clear();
  own.length = 0;
}

function save() {
  // A file that has not gone cannot be sent after a reload, so it is not kept.
  const kept = own.filter((one) => one.kind !== "file" || one.state === "taken");
  passing.setItem(KEPT, JSON.stringify(kept.slice(-MOST)));
}

/** A fresh name for what is sent. Not randomUUID: that exists on secure origins only. */
export function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const all = () => own;
export const find = (id) => own.find((one) => one.id === id);
export const draft = {
  get: () => passing.getItem(DRAFT) ?? "",
  set: (text) => passing.setItem(DRAFT, text),
};

/** Keep one: {id, kind: text | press | edit | file, text, button?, message?, after, state}. */
export function keep(one) {
  own.push(one);
  save();
  return one;
}

/** Change what is kept of one. */
export function change(id, values) {
  const one = find(id);
  if (one) Object.assign(one, values);
  save();
  return one;
}

/** The frames that the server has not taken yet, in the order in which they were said. */
export function pending() {
  return own.filter((one) => one.kind !== "file" && one.state === "sending").map(frame);
}

/** The frame that says it to the server. */
export function frame({ kind, id, text, button, message }) {
  if (kind === "press") return { type: "press", id, button };
  if (kind === "edit") return { type: "edit", id, message, text };
  return { type: "text", id, text };
}
