// Of two taps in haste the second does nothing, whatever lies under the finger by then: hands
// tremble, and many people press everything twice.

const HASTE_MS = 500;
const FINGER = 24;

// Whether it is a finger that presses, and where and when it last did.
let finger = false;
let pressed = { x: 0, y: 0, at: -HASTE_MS };

function inHaste({ detail, clientX: x, clientY: y }) {
  // A key, or a program that clicks, presses at no place.
  if (!detail) return false;
  const before = pressed;
  pressed = { x, y, at: performance.now() };
  const near = Math.hypot(x - before.x, y - before.y) < FINGER;
  return detail > 1 || (finger && near && pressed.at - before.at < HASTE_MS);
}

addEventListener("pointerdown", ({ pointerType }) => (finger = pointerType === "touch"), { capture: true, passive: true });
addEventListener(
  "click",
  (event) => {
    if (!event.target.closest("button") || !inHaste(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);
