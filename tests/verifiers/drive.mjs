// Asks the verify.mjs at argv[2] about each case of stdin, its headers in both forms; prints what it says.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { verify } = await import(pathToFileURL(process.argv[2]));

function refusalOf({ body, secret, now }, headers) {
  try {
    verify(headers, Buffer.from(body, "base64"), secret, ...now);
  } catch (refusal) {
    if (refusal.constructor !== Error) throw refusal;
    return refusal.message;
  }
  return "";
}

const cases = JSON.parse(readFileSync(0, "utf8"));
const said = cases.map((one) => [refusalOf(one, one.headers), refusalOf(one, new Headers(one.headers))]);
process.stdout.write(JSON.stringify(said));
