// The answer for the ear and for the hand: a tune of its own for each advice.

import { lasting } from "/static/kept.js";

// Notes: [Hz, beginning, seconds]. Up: go on. Low and thrice: stop. Twice the same: ask.
const GO = { type: "sine", notes: [[660, 0, 0.14], [990, 0.15, 0.28]], shake: [120] };
const TUNES = {
  let: GO,
  let_if: GO,
  refuse: { type: "sawtooth", notes: [[175, 0, 0.22], [155, 0.28, 0.22], [130, 0.56, 0.4]], shake: [300, 100, 300, 100, 300] },
  ask: { type: "triangle", notes: [[440, 0, 0.18], [440, 0.3, 0.18]], shake: [150, 120, 150] },
};
const LOUDNESS = { sine: 0.5, triangle: 0.6, sawtooth: 0.3 };
const FADE = 0.02;
const MUTED = "muted";

let context = null;

export const muted = () => lasting.getItem(MUTED) === "true";

export function mute(on) {
  lasting.setItem(MUTED, on);
}

/** Make ready to be heard: a browser allows it only in answer to a touch or a key. */
export function wake() {
  context ??= new AudioContext();
}

/** Play the tune of an advice, and shake the device if it can. */
export function play(advice) {
  if (muted()) return;
  const { type, notes, shake } = TUNES[advice];
  navigator.vibrate?.(shake);
  if (!context) return;
  // It sleeps when nobody has heard it for a while; what is played now sounds when it wakes.
  context.resume();
  for (const [pitch, begins, lasts] of notes) {
    const [tone, loud] = [context.createOscillator(), context.createGain()];
    const [start, end] = [context.currentTime + begins, context.currentTime + begins + lasts];
    tone.type = type;
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0, start);
    loud.gain.linearRampToValueAtTime(LOUDNESS[type], start + FADE);
    loud.gain.setValueAtTime(LOUDNESS[type], end - FADE);
    loud.gain.linearRampToValueAtTime(0, end);
    tone.connect(loud).connect(context.destination);
    tone.start(start);
    tone.stop(end);
  }
}

/**
 * Find a voice of the device itself: others send what they say to their makers. `language` is one
 * of the page's.
 */
function voiceFor(language) {
  const tag = { "zh-Hant-HK": /^(zh-hk|yue)/i, "zh-Hans": /^(zh-cn|cmn|zh$)/i, en: /^en/i }[language];
  const voices = globalThis.speechSynthesis?.getVoices() ?? [];
  return voices.find((one) => one.localService && tag.test(one.lang.replace("_", "-")));
}

export const hasVoice = (language) => Boolean(voiceFor(language));

/** Say a few words aloud. */
export function pronounce(words, language) {
  const voice = voiceFor(language);
  if (muted() || !voice) return;
  const speech = new SpeechSynthesisUtterance(words);
  speech.voice = voice;
  speech.lang = voice.lang;
  speechSynthesis.cancel();
  speechSynthesis.speak(speech);
}
