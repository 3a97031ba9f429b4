// The officer's page: what is seen, what is said about it, and what the officer does.

import "/static/large.js";
import "/static/taps.js";
import { advise, onward } from "./advice.js";
import { age, listAge, write } from "./answer.js";
import { check, PREFIXES } from "./credential.js";
import { KINDS, NotADocument, read as readDocument } from "./document.js";
import { Live } from "./live.js";
import { looksLike } from "./mrz.js";
import { Scanner } from "./scanner.js";
import * as sounds from "./sounds.js";
import { Trust } from "./trust.js";
import { say, speak, spoken, word } from "./words.js";
import { codeIn } from "./written.js";

const KEPT_MS = 30_000;
const NOTHING_MS = 10_000;
/** A code that was out of view for so long is read again. */
const AGAIN_MS = 5_000;
/** After two codes were seen at once, one of them alone has to be there for so long. */
const CROWD_MS = 2_000;
/** Between two lines that a reader of documents types. */
const LINE_MS = 400;
const REFRESH_MS = 5 * 60_000;
const TICK_MS = 1_000;

const READY = { look: "ready", advice: "ready", why: "readyWhat" };
const NO_KEYS = { ...READY, why: "no_keys" };
const NOTHING = { look: "nothing", advice: "nothing", why: "nothingWhat", how: "nothingHow" };
const TROUBLES = { NotAllowedError: "notAllowed", NotFoundError: "noCamera", OverconstrainedError: "noCamera" };
const DISTRUST = ["algorithm", "unknown_key", "withdrawn_key", "forged", "malformed", "content"];

const $ = (selector) => document.querySelector(selector);
const seconds = () => Date.now() / 1000;
const trust = new Trust();
const live = new Live();
const scanner = new Scanner();

let answer = READY;
/** The text that was judged last, null from the moment that the page is cleared. */
let text = null;
/** What was written, and the document that it names, as check() takes it; then whether it was
 * compared with the code on show. */
let inHand = { written: "", document: null, compared: false };
let asking = false;
let last = { print: "", seen: -Infinity };
let crowd = { prints: [], until: -Infinity };
let waiting = Infinity;
let clearing = 0;
let sending = 0;
let updated = false;

// What is seen.

async function print(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return String.fromCharCode(...new Uint8Array(digest));
}

/** Take in what one look through the camera found. */
async function see(texts) {
  const now = performance.now();
  if (!texts.length) {
    if (answer === READY && now - waiting >= NOTHING_MS) show(NOTHING);
    return;
  }
  waiting = now;
  const ours = texts.filter((text) => text.slice(0, 4) in PREFIXES);
  const found = ours.length ? ours : texts;
  const prints = await Promise.all(found.map(print));
  if (found.length > 1) {
    const known = now < crowd.until;
    crowd = { prints, until: now + CROWD_MS };
    last = { print: "", seen: -Infinity };
    if (!known) answered("refuse", "red", "several");
    return;
  }
  if (now < crowd.until && crowd.prints.includes(prints[0])) return;
  const again = prints[0] === last.print && now - last.seen < AGAIN_MS;
  last = { print: prints[0], seen: now };
  if (!again) await meet(found[0]);
}

/** Judge a code that has come to the desk. */
async function meet(found) {
  // A document stays with its holder: the next code is another person's, unless it is the live
  // answer that this one was waited for.
  if (inHand.compared && answer.why !== "other_challenge") forgetDocument();
  text = found;
  await judge();
}

async function judge() {
  const now = seconds();
  const { keys } = trust;
  if (!keys) return answered("ask", "ask", "no_keys");
  const compare = { document: inHand.document };
  let verdict = await check(text, keys, now, compare);
  if (asking && verdict.claims) {
    const challenge = live.expected(verdict.claims.challenge, now);
    verdict = await check(text, keys, now, { ...compare, challenge });
  }
  inHand.compared = inHand.document !== null;
  say($("#hand-note"), "");
  const { advice, look, why } = advise(verdict, trust.list?.age ?? null);
  answered(advice, look, why, verdict);
}

// What is said.

function answered(advice, look, why, verdict = null) {
  if (!verdict) text = null;
  const { list } = trust;
  const listed = verdict && list?.stale ? "stale" : verdict && !list ? "noList" : null;
  const how = onward(why) ?? listed;
  show({ look, advice, why, how, verdict, list, now: seconds() });
  $("#answer").scrollIntoView({ block: "nearest" });
  // Where there is no room for all of it, what to do comes first.
  $("#advice").scrollIntoView({ block: "nearest" });
  sounds.play(advice);
  if ($("#aloud").getAttribute("aria-pressed") === "true") sounds.pronounce(word(advice), spoken());
  keep();
}

function show(what) {
  answer = what;
  write(what);
  $("main").dataset.answered = Boolean(what.now);
}

/** Keep what is on the page for a while from now. */
function keep() {
  clearTimeout(clearing);
  if (answer.now || $("#number").value) clearing = setTimeout(clear, KEPT_MS);
}

function clear() {
  clearTimeout(clearing);
  handOver($("#next"), $("#result"));
  text = null;
  forgetDocument();
  $("#number").value = "";
  $("#text").value = "";
  waiting = scanner.watching ? performance.now() : Infinity;
  show(READY);
  if (updated) location.reload();
}

function forgetDocument() {
  // What is being written for the next person stays.
  if ($("#number").value.trim() === inHand.written) $("#number").value = "";
  inHand = { written: "", document: null, compared: false };
  say($("#hand-note"), "");
}

function tell() {
  const { list, problem } = trust;
  const old = list ? word("list").replace("{age}", listAge(list)) : trust.keys ? word("noList") : "";
  $("#list").textContent = list?.stale ? `${old} ${word("stale")}` : old;
  $("#list").classList.toggle("warning", Boolean(list?.stale) || (trust.keys && !list));
  const distrusted = DISTRUST.includes(problem);
  const words = distrusted ? "distrust" : problem === "from_future" ? "future" : (problem ?? "");
  if ($("#problem").dataset.word !== words) say($("#problem"), words);
  $("#anew").hidden = !distrusted;
  if (!trust.keys && problem && answer === READY) show(NO_KEYS);
  if (trust.keys && answer === NO_KEYS) show(READY);
  if (asking) {
    $("#four").textContent = live.digits(seconds());
    $("#left").textContent = word("liveLeft").replace("{age}", age(live.left(seconds())));
  }
}

// What the officer does.

async function start() {
  say($("#trouble"), "");
  say($("#start"), "starting");
  try {
    await scanner.watch($("video"), $("#cameras select").value, see, lost);
    handOver($("#start"), $("#view"));
    $("#view").dataset.watching = "true";
    waiting = performance.now();
    await offerOptics();
    await navigator.wakeLock?.request("screen").catch(() => {});
  } catch (error) {
    say($("#trouble"), TROUBLES[error.name] ?? "busy");
  }
  say($("#start"), "start");
}

/** Say that the camera has gone: it must not look as if somebody were watching. */
function lost() {
  delete $("#view").dataset.watching;
  waiting = Infinity;
  say($("#trouble"), "lost");
}

async function offerOptics() {
  const cameras = await scanner.cameras();
  const options = cameras.map(({ deviceId, label }, place) => new Option(label || place + 1, deviceId));
  const chosen = $("#cameras select").value || scanner.camera;
  $("#cameras select").replaceChildren(...options);
  $("#cameras select").value = chosen;
  $("#cameras").hidden = cameras.length < 2;
  $("#lamp").hidden = !scanner.hasLamp;
}

$("#start").onclick = start;
$("#cameras select").onchange = start;
$("#lamp").onclick = async () => {
  const on = toggled($("#lamp"));
  await scanner.light(on);
};

/** Let a button that is about to go hand its focus over, where it has it. */
function handOver(button, to) {
  if (button === document.activeElement) to.focus({ preventScroll: true });
}

function toggled(button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", on);
  return on;
}

$("#next").onclick = clear;

$("#hand form").onsubmit = async (event) => {
  event.preventDefault();
  const written = $("#number").value.trim();
  if (!written) return $("#number").focus();
  let document;
  try {
    document = readDocument($("#kind").value, written);
  } catch (error) {
    if (!(error instanceof NotADocument)) throw error;
    if (!inHand.compared) inHand.document = null;
    return say($("#hand-note"), `bad_${error.reason}`);
  }
  // Whose document has been found is done with: another one is the next person's.
  if (answer.verdict?.binding && `${document}` !== `${inHand.document}`) clear();
  inHand = { written, document, compared: false };
  $("#number").value = written;
  if (text === null) return say($("#hand-note"), "noted");
  await judge();
};
/** Tell whether Enter sends: with Shift it is a new line, and in an input method its own affair. */
const sends = ({ key, shiftKey, isComposing, keyCode }) =>
  key === "Enter" && !shiftKey && !isComposing && keyCode !== 229;
$("#kind").onchange = () => {
  // What was noted for the next code was of the other kind.
  if (inHand.document && !inHand.compared) $("#hand form").requestSubmit();
};
$("#number").onkeydown = (event) => {
  if (!sends(event)) return;
  const send = () => $("#hand form").requestSubmit();
  // A reader of machine-readable lines ends each with Enter: more may come in a moment.
  if (looksLike(event.target.value)) {
    sending = setTimeout(send, LINE_MS);
  } else {
    event.preventDefault();
    send();
  }
};
$("#number").oninput = ({ target, inputType }) => {
  if (inputType !== "insertLineBreak") clearTimeout(sending);
  if (!inHand.compared) inHand.document = null;
  say($("#hand-note"), "");
  target.rows = Math.min(3, target.value.split("\n").length);
};

$("#ask").onclick = async () => {
  asking = toggled($("#ask"));
  $("#digits").hidden = !asking;
  tell();
  if (text !== null) await judge();
};

$("#choose").onclick = () => $("#file").click();
$("#file").onchange = async ({ target }) => {
  await lookAt(target.files[0]);
  target.value = "";
};
addEventListener("paste", async (event) => {
  const [file] = event.clipboardData.files;
  if (!file || $("#choose").disabled) return;
  event.preventDefault();
  await lookAt(file);
});

/** Judge the code in a picture that was chosen or pasted. */
async function lookAt(file) {
  let texts = null;
  try {
    texts = await scanner.read(file, true);
  } catch {
    return answered("refuse", "red", "no_picture");
  }
  const ours = texts.filter((text) => text.slice(0, 4) in PREFIXES);
  const found = ours.length ? ours : texts;
  if (found.length > 1) answered("refuse", "red", "several");
  else if (found.length) await meet(found[0]);
  else answered("refuse", "red", "no_code");
}

$("#other form").onsubmit = async (event) => {
  event.preventDefault();
  const written = codeIn($("#text").value);
  $("#text").value = "";
  if (!written) return $("#text").focus();
  await meet(written);
};
$("#text").onkeydown = (event) => {
  if (!sends(event)) return;
  event.preventDefault();
  $("#other form").requestSubmit();
};

$("#sound").onclick = () => sounds.mute(!toggled($("#sound")));
$("#aloud").onclick = () => toggled($("#aloud"));
$("#anew").onclick = async () => {
  if (confirm(word("anewSure"))) {
    await trust.anew();
    tell();
  }
};
$("#language").onchange = ({ target }) => {
  speak(target.value, true);
  translate();
};
addEventListener("keydown", (event) => event.key === "Escape" && clear());
for (const event of ["pointerdown", "keydown", "input"]) {
  addEventListener(event, () => {
    sounds.wake();
    keep();
  });
}

function translate() {
  const { value } = $("#kind");
  $("#kind").replaceChildren(...Object.keys(KINDS).map((kind) => new Option(word(kind), kind)));
  if (value) $("#kind").value = value;
  write(answer);
  $("#aloud").hidden = !sounds.hasVoice(spoken());
  tell();
}

// The beginning.

async function refresh() {
  await trust.refresh();
  tell();
  await (await navigator.serviceWorker?.getRegistration("/verify"))?.update().catch(() => {});
}

/** Let the browser keep the page, and change to a new version when nobody is in the middle. */
function keepOffline() {
  const { serviceWorker } = navigator;
  let controlled = Boolean(serviceWorker?.controller);
  serviceWorker?.register("/verify/sw.js", { scope: "/verify" });
  serviceWorker?.addEventListener("controllerchange", () => {
    updated = controlled;
    controlled = true;
    if (updated && !answer.now && !$("#number").value) location.reload();
  });
}

async function begin() {
  $("#late").remove();
  speak(spoken());
  $("#sound").setAttribute("aria-pressed", !sounds.muted());
  translate();
  if (!isSecureContext) {
    $("#view").dataset.watching = "never";
    return say($("#trouble"), "insecure");
  }
  keepOffline();
  globalThis.speechSynthesis?.addEventListener("voiceschanged", translate);
  await trust.begin();
  tell();
  setInterval(tell, TICK_MS);
  setInterval(refresh, REFRESH_MS);
  addEventListener("online", refresh);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  const fresh = refresh();
  if (!(await scanner.ready)) {
    $("#view").dataset.watching = "never";
    $("#choose").disabled = true;
    return say($("#trouble"), "noDecoder");
  }
  const allowed = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (allowed?.state === "granted") await start();
  await fresh;
}

await begin();
