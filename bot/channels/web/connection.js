// The way to the server and back. What was said is kept until the server says that it is taken,
// and is said again after every break: its id makes it count once.

import { fresh } from "./own.js";
import { spoken } from "./words.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;
/** The server answers all that is said; a line on which it does not is dead, if open. */
const SILENCE_MS = 20000;
/** Who looks at the page again after so long is not left to a line that may have died meanwhile. */
const ASLEEP_MS = 30000;
const NO_COOKIE = 4401;
const ELSEWHERE = 4409;
const LEFT = 4410;

const start = new URLSearchParams(location.search).get("start") ?? "";
if (start) history.replaceState(null, "", location.pathname);

/**
 * Keep the chat connected. `pending()` returns the frames not taken yet, `last()` the highest
 * reply seen, `heard(frame)` is given what comes, `changed(state)` is told `open`, `lost`,
 * `elsewhere`, `left` or `cookies`.
 */
export function connect({ pending, last, heard, changed }) {
  const hello = fresh();
  let socket;
  let wait = FIRST_WAIT;
  let timer;
  let silence;
  let heardAt = Date.now();

  function open() {
    clearTimeout(timer);
    if (socket) socket.onclose = null;
    socket?.close();
    socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/chat`);
    socket.onopen = () => {
      say({ type: "hello", id: hello, last: last(), language: spoken(), start: /^[\w-]{0,64}$/.test(start) ? start : "" });
      pending().forEach(say);
      changed("open");
    };
    socket.onmessage = (event) => {
      wait = FIRST_WAIT;
      heardAt = Date.now();
      clearTimeout(silence);
      silence = undefined;
      heard(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (event.code === NO_COOKIE) return changed("cookies");
      if (event.code === LEFT) return changed("left");
      if (event.code === ELSEWHERE) return changed("elsewhere");
      changed("lost");
      timer = setTimeout(open, wait * (0.7 + 0.6 * Math.random()));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  }

  function say(frame) {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify(frame));
    silence ??= setTimeout(died, SILENCE_MS);
  }

  function died() {
    silence = undefined;
    if (socket.readyState !== WebSocket.OPEN) return;
    changed("lost");
    open();
  }

  function wake() {
    if (socket.readyState === WebSocket.CLOSED || socket.readyState === WebSocket.CLOSING) open();
  }

  function lookAgain() {
    if (socket.readyState === WebSocket.OPEN && Date.now() - heardAt > ASLEEP_MS) open();
    else wake();
  }

  addEventListener("online", lookAgain);
  addEventListener("pageshow", lookAgain);
  document.addEventListener("visibilitychange", () => document.hidden || lookAgain());
  open();
  return { say, wake, isOpen: () => socket.readyState === WebSocket.OPEN };
}

/** Send a file; `progress(part)` is told how much has gone (0 to 1). Rejects with a word's name. */
export function upload(id, file, album, progress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/upload");
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("X-Message-Id", id);
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name.slice(-200)));
    request.setRequestHeader("X-Language", spoken());
    if (album) request.setRequestHeader("X-Album", album);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => failed("waiting");
    request.onload = () => {
      if (request.status === 200) done();
      else failed({ 408: "tooSlow", 413: "tooLarge" }[request.status] ?? "waiting");
    };
    request.send(file);
  });
}
