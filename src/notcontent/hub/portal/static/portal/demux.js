// @ts-check
/**
 * A video file to packets for the decoder. The only module that touches mediabunny, which reads MP4, MOV, WebM and
 * Matroska piece by piece; sound and subtitles are not looked at.
 */

import { BlobSource, EncodedPacketSink, Input, MATROSKA, MP4, QTFF, WEBM } from "./mediabunny/index.js";
import { Refusal } from "./refusal.js";

/** Bytes of the file that may be held at once. */
const MAX_HELD = 8 * 1024 * 1024;
/** So much a file may have: more than half an hour of a phone's best quality. */
const MAX_BYTES = 16_000_000_000;

/**
 * `turn` are the degrees with the clock that bring its frames upright; `config` is null when its codec is unknown.
 * @typedef {{ type: "key" | "delta", chunk: EncodedVideoChunk }} Packet
 * @typedef {{ width: number, height: number, turn: number, durationS: number, config: VideoDecoderConfig | null,
 *   packets(): AsyncGenerator<Packet, void> }} Film
 */

/**
 * @param {Blob} file
 * @returns {Promise<Film>}
 * @throws {Refusal} when it is too large, of another kind, damaged, or without a track of pictures
 */
export async function openFilm(file) {
  if (file.size > MAX_BYTES) throw new Refusal("video_too_large");
  const input = new Input({ source: new BlobSource(file, { maxCacheSize: MAX_HELD }), formats: [MP4, QTFF, WEBM, MATROSKA] });
  if (!(await input.canRead())) throw new Refusal("video_format");
  const track = await input.getPrimaryVideoTrack();
  // Nothing at all in it: cut off before the part that lists what there is.
  if (!track) throw new Refusal((await input.getTracks()).length ? "video_empty" : "video_unreadable");
  const sink = new EncodedPacketSink(track);
  return {
    width: await track.getCodedWidth(),
    height: await track.getCodedHeight(),
    turn: await track.getRotation(),
    durationS: await track.computeDuration(),
    config: await track.getDecoderConfig(),
    async *packets() {
      for await (const packet of sink.packets()) yield { type: packet.type, chunk: packet.toEncodedVideoChunk() };
    },
  };
}
