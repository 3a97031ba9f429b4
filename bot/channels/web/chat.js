// The web chat: what the person does, and what comes back.

import { connect, upload } from "./connection.js";
import { lasting, passing } from "./kept.js";
import "./large.js";
import { forgetAll } from "./leave.js";
import * as log from "./log.js";
import * as own from "./own.js";
import "./taps.js";
import { say, speak, spoken } from "./words.js";

const FILE_BYTES = 10 * 1024 * 1024;
const PATIENCE_MS = 1200;
const UPLOAD_AGAIN_MS = 3000;
const UPLOAD_LONGEST_MS = 30_000;
const BACK_MS = 4000;
const CHOICE_MS = 1000;
const TALLEST = 160;
const FOLDED = "folded";
const NARROW = matchMedia("(max-width: 56rem)");

const $ = (selector) => document.querySelector(selector);
const words = $("#words");
const phone = $("#phone");
const banner = $("#connection");
const files = new Map();
let bannerTimer;
let choiceTimer;
let editing = "";
let tongue = "";

// What the person says.

function tell(kind, text, more = {}) {
  const one = own.keep({ id: own.fresh(), kind, text, after: log.lastNumber(), state: "sending", ...more });
  if (kind !== "edit") log.mine(one);
  if (kind !== "file") server.say(own.frame(one));
  // On a small screen the message has been read by now, and the conversation needs the room.
  if (NARROW.matches) fold(true);
  if (!server.isOpen()) log.mark(kind === "edit" ? one.message : one.id, "waiting");
  return one;
}

function press(id, label) {
  tell("press", label, { button: id });
}

$("#composer").onsubmit = (event) => {
  event.preventDefault();
  const text = words.value.trim();
  if (!text) return words.focus();
  if (editing) {
    own.change(editing, { text });
    log.reword(editing, text);
    log.mark(editing, "sending");
    tell("edit", text, { message: editing });
  } else {
    tell("text", text);
    own.draft.set("");
  }
  stopEditing();
  words.focus();
};

words.onkeydown = (event) => {
  // A Chinese input method uses Enter to choose a character: that is not yet sending. Safari says
  // so by the code 229 alone, as it ends the choice before it tells of the key.
  const chooses = event.isComposing || event.keyCode === 229;
  if (event.key === "Enter" && !event.shiftKey && !chooses) {
    event.preventDefault();
    $("#composer").requestSubmit();
  }
  if (event.key === "Escape" && editing) stopEditing();
};

words.oninput = () => {
  if (!editing) own.draft.set(words.value);
  words.style.height = "auto";
  if (words.value) words.style.height = `${Math.min(words.scrollHeight + 2, TALLEST)}px`;
};

function fill(text) {
  words.value = text;
  words.oninput();
}

function edit(id) {
  editing = id;
  $("#editing").hidden = false;
  fill(own.find(id)?.text ?? "");
  words.focus();
}

/** Go back to what was being written before. */
function stopEditing() {
  editing = "";
  $("#editing").hidden = true;
  fill(own.draft.get());
}
$("#unedit").onclick = () => {
  stopEditing();
  words.focus();
};

// Files.

function sendFiles(chosen) {
  // What is chosen together is one album.
  const album = chosen.length > 1 ? own.fresh() : "";
  for (const file of chosen) sendFile(file, album);
}

function sendFile(file, album) {
  const one = tell("file", file.name);
  files.set(one.id, { file, album });
  if (file.size > FILE_BYTES) log.mark(one.id, "tooLarge");
  else send(one.id);
}

async function send(id, wait = UPLOAD_AGAIN_MS) {
  const { file, album } = files.get(id);
  log.mark(id, "uploading");
  log.progress(id, 0);
  try {
    await upload(id, file, album, (part) => log.progress(id, part));
    taken(id);
  } catch (why) {
    if (!(await readable(file))) return log.mark(id, "unreadableFile");
    log.mark(id, why, why === "tooSlow" || why === "waiting" ? () => send(id) : undefined);
    // The rest may be connected well; where it is not, the file goes as soon as it is.
    setTimeout(() => server.isOpen() && waits(id) && send(id, Math.min(wait * 2, UPLOAD_LONGEST_MS)), wait);
  }
}

/** Tell whether a file can be read: not a folder, nor one that was changed or taken away since. */
const readable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

/** Whoever left has no file on its way any more: it would go to the next person's chat. */
const waits = (id) => $(`body:not([hidden]) #m-${id}`)?.dataset.state === "waiting";

// With the page a file that has not gone would be lost: a swipe too far is asked about first, but
// not who leaves.
addEventListener("beforeunload", (event) => {
  if ($('body:not([hidden]) [data-kind="file"]:is([data-state="uploading"], [data-state="waiting"])')) event.preventDefault();
});

$("#attach").onclick = () => $("#file").click();
$("#file").onchange = ({ target }) => {
  sendFiles([...target.files]);
  target.value = "";
};
addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  $("#drop").hidden = false;
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("#drop").hidden = true;
});
addEventListener("drop", (event) => {
  // Words that are drawn into the place to write belong there.
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  $("#drop").hidden = true;
  sendFiles([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => {
  // Of words that are copied some programs give a picture too.
  const { files: pasted, types } = event.clipboardData;
  if (!pasted.length || types.includes("text/plain")) return;
  event.preventDefault();
  sendFiles([...pasted]);
});

// What comes back.

function taken(id) {
  files.delete(id);
  const one = own.change(id, { state: "taken" });
  log.mark(one?.kind === "edit" ? one.message : id, "taken");
  log.offerEdit(edit);
}

function said({ id, text, button, message, file }) {
  if (own.find(id)) return;
  if (message) {
    own.change(message, { text });
    return log.reword(message, text);
  }
  const label = button && $(`[data-button="${CSS.escape(button)}"]`)?.textContent;
  const kind = button ? "press" : file ? "file" : "text";
  log.mine(own.keep({ id, kind, text: label || text, after: log.lastNumber(), state: "taken" }));
}

function refused({ id, why }) {
  const state = why === "too_long" ? "tooLong" : "unreadable";
  own.change(id, { state });
  log.mark(id, state);
}

function sms({ id, to, text }) {
  if (document.getElementById(`sms-${id}`)) return;
  phone.hidden = false;
  // One that was put away before a reload stays away.
  fold(passing.getItem(FOLDED) === id);
  $("#no-sms").hidden = true;
  const one = document.createElement("article");
  const head = document.createElement("p");
  const body = document.createElement("p");
  const label = say(document.createElement("span"), "smsTo");
  one.id = `sms-${id}`;
  head.append(label, ` ${to}`);
  body.textContent = text;
  one.append(head, body);
  $("#sms").prepend(one);
}

function fold(on) {
  phone.classList.toggle("folded", on);
  $("#fold").setAttribute("aria-expanded", !on);
  say($("#fold"), on ? "show" : "hide");
  if (on) passing.setItem(FOLDED, $("#sms article")?.id.slice(4) ?? "");
  else passing.removeItem(FOLDED);
}

/** Let the page speak as the chat does: when the chat's language changes, not after every word. */
function follow() {
  if (!tongue || tongue === lasting.getItem("heard")) return;
  lasting.setItem("heard", tongue);
  speak(tongue, true);
}

function heard(frame) {
  if (frame.type === "taken") taken(frame.id);
  else if (frame.type === "refused") refused(frame);
  else if (frame.type === "said") said(frame);
  else if (frame.type === "sms") sms(frame);
  else if (frame.type === "typing") log.write(true);
  else if (frame.type === "ready") {
    if (frame.sms_pane) phone.hidden = false;
    log.settle();
    follow();
    log.offerEdit(edit);
  } else if (frame.type === "reply") {
    log.reply(frame, press);
    for (const id of frame.forget) {
      own.change(id, { text: "", kind: "gone" });
      log.forget(id);
    }
    if (frame.notice) return;
    document.body.classList.toggle("file-wanted", frame.file_wanted);
    say($("#attach span"), frame.file_wanted ? "choose" : "attach");
    tongue = frame.language || tongue;
    if ($("#log").getAttribute("aria-busy") === "false") follow();
  }
}

function changed(state) {
  if (state === "left") return forgetAll();
  if (state === "open") {
    clearTimeout(bannerTimer);
    bannerTimer = undefined;
    if (banner.dataset.word === "lost") tellBack();
    else if (banner.dataset.word !== "back") say(banner, "");
    for (const one of own.all()) if (one.state === "sending" && one.kind !== "file") log.mark(one.message ?? one.id, "sending");
    for (const id of files.keys()) if (waits(id)) send(id);
    log.fetchAgain();
    return;
  }
  for (const { id } of own.pending()) log.mark(id, "waiting");
  // A short break is nobody's worry.
  if (state === "lost") bannerTimer ??= setTimeout(() => say(banner, state), PATIENCE_MS);
  else say(banner, state);
}

/** Say that the line is back: who cannot see that a banner has gone is told too. */
function tellBack() {
  say(banner, "back");
  setTimeout(() => banner.dataset.word === "back" && say(banner, ""), BACK_MS);
}

// Settings, and the beginning.

$("#fold").onclick = () => fold(!phone.classList.contains("folded"));
$("#language").onchange = ({ target }) => {
  speak(target.value, true);
  // The chat speaks it too, as if its name had been written there; but none that is only passed by
  // with the arrow keys.
  clearTimeout(choiceTimer);
  choiceTimer = setTimeout(() => {
    if (target.value !== tongue) tell("text", target.selectedOptions[0].text);
  }, CHOICE_MS);
};

$("#late").remove();
speak(spoken());
for (const one of own.all()) if (one.kind !== "edit") log.mine(one);
for (const one of own.all()) if (one.kind === "gone") log.forget(one.id);
fill(own.draft.get());
const server = connect({ pending: own.pending, last: log.lastNumber, heard, changed });
addEventListener("pointerdown", server.wake);
addEventListener("keydown", server.wake);
bannerTimer = setTimeout(() => {
  bannerTimer = undefined;
  if (!server.isOpen()) say(banner, "connecting");
}, PATIENCE_MS);
