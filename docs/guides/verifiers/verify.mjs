// Verifies a webhook by its three webhook-* headers. Node 18 or newer, no other package.

import { createHmac, timingSafeEqual } from "node:crypto";

const TOLERANCE = 5 * 60; // seconds that the sender's clock may differ from ours

// Throws unless these bytes were signed with `secret` just now. `headers`: req.headers, or a Headers;
// `rawBody`: a Buffer, a Uint8Array, or the text as it came; `now`: unix seconds.
export function verify(headers, rawBody, secret, now = Date.now() / 1000) {
  if (!secret) throw new Error("the secret is empty");
  const pairs = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  const given = new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  for (const name of names) {
    if (!given.get(name)) throw new Error(`no ${name} header`);
  }
  const [id, timestamp, entries] = names.map((name) => given.get(name));
  if (!/^[0-9]{1,12}$/.test(timestamp)) throw new Error("webhook-timestamp is not a number of seconds");
  if (!(Math.abs(now - Number(timestamp)) <= TOLERANCE)) {
    throw new Error("webhook-timestamp is more than 5 minutes from now");
  }
  const digest = createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(rawBody).digest("base64");
  const expected = Buffer.from(`v1,${digest}`);
  const isExpected = (entry) => entry.length === expected.length && timingSafeEqual(entry, expected);
  if (!entries.split(" ").some((entry) => isExpected(Buffer.from(entry)))) {
    throw new Error("no signature matches");
  }
}
