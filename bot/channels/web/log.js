// The conversation as it is seen and heard.

import { say, spoken, word } from "./words.js";

const log = document.querySelector("#log");
const typing = document.querySelector("#typing");
const newer = document.querySelector("#newer");
const gate = document.querySelector("#gate");
const phone = document.querySelector("#phone");
const NEAR = 120;
const GAP = 8;
const TYPING_MS = 8000;

// The ways out of a question have names that begin so; they stand apart from the answers.
const WAY_OUT = /(^|\.)_/;

let last = 0;
let typingTimer;
// What the person should see the beginning of; null while he looks elsewhere.
let pinned = null;
// What scrolled when it was last looked for.
let scrolled = log;

export const lastNumber = () => last;

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

function button(name, act) {
  const element = say(make("button", name), name);
  element.type = "button";
  element.onclick = act;
  return element;
}

/** A line of a message; what is listed, and what is set apart, is easier to read with some air. */
function line(text) {
  return make("span", !text ? "gap" : text.startsWith("• ") ? "point" : "", text);
}

/** Put an element at its place: replies by number, own words after the reply they followed. */
function place(element, order) {
  const before = [...log.children].find((other) => other === typing || other.order > order);
  element.order = order;
  log.insertBefore(element, before);
}

/** What scrolls: the conversation, or the whole page where the window is small. */
const scroller = () => (getComputedStyle(log).overflowY === "visible" ? document.documentElement : log);

function below() {
  const { scrollHeight, scrollTop, clientHeight } = scroller();
  return scrollHeight - scrollTop - clientHeight;
}

/** Show the newest, but never scroll past the beginning of what was not read yet. */
function follow() {
  const scrolls = scroller();
  // Where something else scrolls from now on, as above a phone's keyboard, no place is kept.
  if (scrolls !== scrolled) pinned ??= typing.previousElementSibling;
  scrolled = scrolls;
  const stays = getComputedStyle(phone).position === "sticky" ? phone.offsetHeight : 0;
  const top = scrolls === log ? log.getBoundingClientRect().top : stays;
  if (pinned) scrolls.scrollTop += pinned.getBoundingClientRect().top - top - GAP;
  newer.hidden = below() < NEAR;
}

newer.onclick = () => {
  pinned = null;
  log.scrollTop = log.scrollHeight;
  log.focus();
};
log.onscroll = () => {
  newer.hidden = below() < NEAR;
};
for (const moved of ["wheel", "touchmove", "keydown", "pointerdown"]) {
  log.addEventListener(moved, () => (pinned = null), { passive: true });
}
// The place for the log changes with the keyboard, the banner, the phone and the composer.
new ResizeObserver(follow).observe(log);

/** Say that the replies so far are all there: what is added now is read aloud. */
export function settle() {
  if (log.getAttribute("aria-busy") === "false") return;
  log.setAttribute("aria-busy", "false");
  pinned = typing.previousElementSibling;
  follow();
}

/** Show that an answer is being written, or that it is not. */
export function write(on) {
  clearTimeout(typingTimer);
  // The answer may have been quicker than the word that it is coming.
  if (on && !typing.previousElementSibling?.classList.contains("mine")) return;
  typing.hidden = !on;
  if (on) typingTimer = setTimeout(() => write(false), TYPING_MS);
  follow();
}

/** Show a reply once; `press(id, label)` is called for its buttons. */
export function reply(frame, press) {
  if (frame.number <= last) return;
  last = frame.number;
  const text = make("p", "text", ...frame.text.split("\n").map(line));
  const element = make("article", frame.notice ? "notice" : "reply", say(make("span", "quiet"), "service"));
  if (frame.picture) element.append(picture(frame));
  if (frame.sound) element.append(sound(frame));
  const said = [text];
  if (frame.buttons.length) {
    document.querySelector(".newest")?.classList.remove("newest");
    // The ways out of a question lead nowhere once it is answered. Focus is never taken away.
    for (const old of log.querySelectorAll(".ways:not(:focus-within)")) old.remove();
    element.classList.add("newest");
    const out = ({ id }) => WAY_OUT.test(id);
    const rows = frame.buttons.map((row) => row.filter((one) => !out(one)));
    const made = rows.filter((row) => row.length).map((row) => buttons(row, "row", press));
    const ways = frame.buttons.flat().filter(out);
    if (ways.length) made.push(buttons(ways, "ways", press));
    said.push(make("div", "buttons", ...made));
  }
  // The page's own words beside them may be in another language.
  for (const one of said) one.lang = frame.language || spoken();
  element.append(...said);
  const following = pinned || below() < NEAR;
  place(element, frame.number);
  if (log.getAttribute("aria-busy") === "true") return;
  // After one's own words the first answer is the one to begin with, however many follow.
  if (following && (!pinned || pinned.classList.contains("mine"))) pinned = element;
  write(false);
}

function buttons(row, className, press) {
  const made = row.map(({ id, label }) => {
    const one = make("button", "", label);
    one.type = "button";
    one.dataset.button = id;
    one.onclick = () => press(id, label);
    return one;
  });
  return make("div", className, ...made);
}

function picture(frame) {
  const image = make("img", "");
  image.src = frame.picture;
  // All that it shows is in the text below: nobody is to hear that twice.
  image.alt = word("code");
  image.dataset.label = "code";
  // The size of the card, so that nothing jumps when it has come.
  image.width = 820;
  image.height = 1160;
  return make("figure", "", image, button("open", () => enlarge(frame)));
}

/** Fetch the pictures that did not come because the line broke. */
export function fetchAgain() {
  for (const image of log.querySelectorAll("img")) {
    if (image.complete && !image.naturalWidth) image.src = image.getAttribute("src");
  }
}

/** The text read aloud. It begins when it is asked for: nobody is startled in a quiet room. */
function sound(frame) {
  const player = make("audio", "");
  player.src = frame.sound;
  player.controls = true;
  player.preload = "none";
  player.dataset.label = "aloud";
  player.setAttribute("aria-label", word("aloud"));
  return player;
}

/** Show a code over the whole screen, on white, and keep the screen awake while it is shown. */
async function enlarge({ picture: src, text: alt }) {
  Object.assign(gate.querySelector("img"), { src, alt });
  gate.showModal();
  try {
    const lock = await navigator.wakeLock?.request("screen");
    gate.addEventListener("close", () => lock?.release(), { once: true });
  } catch {
    // The phone saves its battery; the code is shown all the same.
  }
}
// Not the picture: a thumb rests on it while the officer scans.
gate.querySelector("button").onclick = () => gate.close();

/** Show something of the person's own at the right. */
export function mine({ id, text, after, state, kind }) {
  const state_ = make("span", "state");
  const element = make("article", "mine", say(make("span", "quiet"), "you"), make("p", "text", text), make("p", "foot", state_));
  element.id = `m-${id}`;
  element.dataset.kind = kind;
  place(element, after + 0.5);
  mark(id, state);
  pinned = element;
  follow();
}

const bubble = (id) => document.getElementById(`m-${id}`);
/** What a person has to know of at once, or waits for: it is read aloud. The rest is in its place. */
const isNews = (state, kind) => /^(too|unreadable)/.test(state) || (state === "taken" && kind === "file");

/** Take a button away; where it has the focus, its message gets that. */
function takeAway(button) {
  if (button && button === document.activeElement) {
    const element = button.closest("article");
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
  }
  button?.remove();
}

/** Show how far one's own message has come: a word of the page, and what can be done about it. */
export function mark(id, state, act) {
  const element = bubble(id);
  if (!element) return;
  element.dataset.state = state;
  const told = say(make("span", "state"), state);
  told.setAttribute("aria-live", isNews(state, element.dataset.kind) ? "polite" : "off");
  // Another one, not other words in it: of those a screen reader says nothing here.
  element.querySelector(".state").replaceWith(told);
  takeAway(element.querySelector(".again"));
  if (act) element.querySelector(".foot").append(button("again", act));
  if (state !== "uploading") element.querySelector("progress")?.remove();
}

/** Show how much of a file has gone, 0 to 1. */
export function progress(id, part) {
  const element = bubble(id);
  if (!element) return;
  let bar = element.querySelector("progress");
  if (!bar) {
    bar = make("progress", "");
    bar.dataset.label = "uploading";
    bar.setAttribute("aria-label", word("uploading"));
    element.querySelector(".text").after(bar);
  }
  bar.value = part;
}

/** Give an own message other words. */
export function reword(id, text) {
  const element = bubble(id);
  if (element) element.querySelector(".text").textContent = text;
}

/** Take an own message's words away, for good. */
export function forget(id) {
  const element = bubble(id);
  if (!element) return;
  say(element.querySelector(".text"), "removed");
  element.dataset.state = "removed";
  element.querySelector(".foot").hidden = true;
}

/** Offer to change the newest own text, and no other. */
export function offerEdit(act) {
  const texts = [...log.querySelectorAll('.mine[data-kind="text"][data-state="taken"]')];
  const newest = texts.at(-1);
  if (newest?.querySelector(".edit")) return;
  takeAway(log.querySelector(".edit"));
  newest?.querySelector(".foot").append(button("edit", () => act(newest.id.slice(2))));
}
