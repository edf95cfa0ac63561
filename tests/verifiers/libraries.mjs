// Asks npm's standardwebhooks and svix, by their default constructors, about each case of stdin.

import { readFileSync } from "node:fs";
import * as standardwebhooks from "standardwebhooks";
import * as svix from "svix";

function refusalOf({ Webhook, WebhookVerificationError }, { headers, body, secret, now }) {
  Date.now = () => now[0] * 1000; // they have no other clock
  const webhook = new Webhook(secret);
  try {
    webhook.verify(Buffer.from(body, "base64"), headers);
  } catch (refusal) {
    if (!(refusal instanceof WebhookVerificationError)) throw refusal;
    return refusal.message;
  }
  return "";
}

const cases = JSON.parse(readFileSync(0, "utf8"));
const said = cases.map((one) => [standardwebhooks, svix].map((library) => refusalOf(library, one)));
process.stdout.write(JSON.stringify(said));
