// Pictures in, texts of QR codes out: from the camera, frame by frame, or from a file.

const PAUSE_MS = 40;
const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

export class Scanner {
  #worker = new Worker("/verify/decoder.js");
  #waiting = new Map();
  #number = 0;
  #stream = null;

  /** True, or false where the decoder could not be loaded. */
  ready = new Promise((resolve) => {
    this.#worker.onerror = () => resolve(false);
    this.#worker.onmessage = ({ data }) => {
      if ("ready" in data) return resolve(data.ready);
      this.#waiting.get(data.id)(data.found);
      this.#waiting.delete(data.id);
    };
  });

  /**
   * Read a picture (whatever createImageBitmap takes); return the texts, none twice. One that will
   * not come again, as the next frame of a camera does, is looked at `closely`.
   */
  async read(picture, closely = false) {
    const bitmap = await createImageBitmap(picture);
    this.#number += 1;
    const id = this.#number;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ id, bitmap, closely }, [bitmap]);
    });
  }

  /**
   * Watch through a camera: call `see` with the texts of every frame, none of them if there is
   * nothing in it, and `lost` once if the camera goes away by itself. Throw what getUserMedia
   * throws.
   */
  async watch(video, camera, see, lost) {
    this.stop();
    const which = camera ? { deviceId: { exact: camera } } : { facingMode: { ideal: "environment" } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: { ...WANTED, ...which } });
    this.#stream = stream;
    video.srcObject = stream;
    await video.play();
    this.#look(stream, video, see).finally(() => {
      if (this.#stream !== stream) return;
      this.stop();
      lost();
    });
  }

  async #look(stream, video, see) {
    while (this.#stream === stream && stream.active) {
      if (video.videoWidth && !document.hidden) await see(await this.read(video));
      await new Promise((resolve) => setTimeout(resolve, document.hidden ? 10 * PAUSE_MS : PAUSE_MS));
    }
  }

  /** Let the camera go. */
  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
  }

  /** Return the cameras that there are, once one has been allowed. */
  async cameras() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
  }

  /** Tell whether a camera is being watched through. */
  get watching() {
    return Boolean(this.#stream?.active);
  }

  /** Give the name of the camera in use. */
  get camera() {
    return this.#track?.getSettings().deviceId ?? "";
  }

  get #track() {
    return this.#stream?.getVideoTracks()[0];
  }

  /** Tell whether the camera has a lamp. */
  get hasLamp() {
    return Boolean(this.#track?.getCapabilities?.().torch);
  }

  /** Switch the lamp, for dark surroundings. */
  async light(on) {
    await this.#track.applyConstraints({ advanced: [{ torch: on }] });
  }
}
