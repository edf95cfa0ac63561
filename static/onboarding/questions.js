"use strict";
/* What the page may have to ask after the sign-in: a PIN, a number, the proof of a number. */

const QUESTIONS = { ENTER_PIN: "pin", ADD_NUMBER: "number", VERIFY_NUMBER: "verify" };

/** The view that asks for what a status answer waits for, or null. */
function questionOf({ status, steps, nextAction }) {
  const name = nextAction ? QUESTIONS[nextAction.code] : undefined;
  if (!name) return null;
  // The signup of a pending link has ended: it goes on with a number, and no step of it asks.
  if (status === "pending") return name === "pin" ? null : name;
  return steps.some((step) => step.status === "needs_customer") ? name : null;
}

/**
 * Asks, and sends what was answered. `follow` asks the server anew where the signup stands, `rest` stops that,
 * `onWork` shows the steps.
 */
function signupQuestions(calls, forms, { follow, rest, onWork }) {
  const SEND_AGAIN_MS = 30000;
  let signupId = null;
  let isBusy = false;
  let isPutOff = false;
  let isAnswered = false;
  let isPinSent = false;
  let hasLooked = false;
  let wantsOtherNumber = false;
  let typedNumber = "";
  let sentAt = null;

  function begin(id) {
    if (signupId === id) return;
    signupId = id;
    isBusy = isPutOff = isAnswered = isPinSent = hasLooked = wantsOtherNumber = false;
    sentAt = null;
  }

  /** Shows the question that a status answer holds. False when it holds none. */
  function ask(body) {
    const name = isPutOff ? null : questionOf(body);
    if (!name) return false;
    // While an answer is on its way, the form stays as it is.
    if (isBusy) return true;
    if (name === "pin") askPin(body.nextAction);
    else if (name === "number" || wantsOtherNumber) askNumber();
    else askProof(body);
    return true;
  }

  function askPin({ attemptsLeft }) {
    forms.pin({ attemptsLeft, problem: isPinSent ? "wrong" : null });
    isPinSent = false;
  }

  function askNumber() {
    forms.number({ problem: hasLooked ? "none" : null });
    hasLooked = false;
  }

  function askProof({ status, nextAction }) {
    const isNew = nextAction.codeSentAt !== sentAt;
    sentAt = nextAction.codeSentAt;
    const age = sentAt ? Math.max(0, Date.now() - Date.parse(sentAt)) : SEND_AGAIN_MS;
    const readyAt = isNew ? Date.now() + SEND_AGAIN_MS - Math.min(age, SEND_AGAIN_MS) : null;
    forms.verify({ isSent: Boolean(sentAt), readyAt, number: typedNumber, isPending: status === "pending" });
  }

  /** One answer of the end-user's on its way; null while another is. */
  async function send(view, name, body) {
    if (isBusy) return null;
    isBusy = true;
    rest();
    forms.problem(view, null);
    forms.busy(view, true);
    const answer = await calls.post(name, { signupId, ...body }, { isForm: true });
    forms.busy(view, false);
    isBusy = false;
    return answer;
  }

  /** Sends, and goes on; a refusal is said at its field. `onTaken` runs where the server took it. */
  async function give(view, name, body, onTaken) {
    const answer = await send(view, name, body);
    if (!answer) return;
    if (answer.status < 300) onTaken();
    // What is asked has changed meanwhile: the next status tells.
    else if (answer.status !== 404 && answer.status !== 409) forms.refused(view, answer);
    follow(signupId);
  }

  function onAnswered() {
    isAnswered = true;
    onWork();
  }

  function sendPin(typed) {
    const pin = asciiDigits(typed);
    if (!/^\d{6}$/.test(pin)) return forms.problem("pin", "pin");
    return give("pin", "pin", { pin }, () => {
      isPinSent = true;
      onAnswered();
    });
  }

  function sendNumber({ phoneNumber, displayName, method }) {
    const number = plainNumber(phoneNumber);
    if (!/^\+\d{7,15}$/.test(number)) return forms.problem("number", number.startsWith("+") ? "phoneNumber" : "country");
    if (!displayName.trim()) return forms.problem("number", "displayName");
    return give("number", "number", { phoneNumber: number, displayName: displayName.trim(), method }, () => {
      wantsOtherNumber = false;
      typedNumber = phoneNumber.trim();
      sentAt = null;
    });
  }

  function sendCode(typed) {
    const code = asciiDigits(typed);
    if (!/^\d{4,10}$/.test(code)) return forms.problem("verify", "code");
    return give("verify", "verifyCode", { code }, onAnswered);
  }

  const requestCode = (method) => give("verify", "requestCode", { method }, () => forms.codeIsOnItsWay());

  const look = () =>
    give("number", "check", {}, () => {
      hasLooked = true;
      onWork();
    });

  function putOff(view) {
    return give(view, "skip", {}, () => {
      isPutOff = true;
      onWork();
    });
  }

  function otherNumber() {
    wantsOtherNumber = true;
    askNumber();
  }

  /** What was answered has set a step going that has not ended yet. */
  const isWaitedFor = (steps) => isAnswered && steps.some(({ status }) => status === "running" || status === "waiting");

  return { begin, ask, sendPin, sendNumber, sendCode, requestCode, look, putOff, otherNumber, isWaitedFor };
}

// What is copied along with a number out of a chat, and cannot be seen.
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** Digits of any script as 0 to 9, without spaces and hyphens: an Arabic keyboard types ١٢٣٤٥٦. */
function asciiDigits(text) {
  const ZEROS = [0x0660, 0x06f0];
  const digit = (character) => {
    const zero = ZEROS.find((first) => character.codePointAt(0) >= first && character.codePointAt(0) <= first + 9);
    return zero === undefined ? character : String(character.codePointAt(0) - zero);
  };
  return [...text.replace(INVISIBLE, "")].map(digit).join("").replace(/[\s-]/g, "");
}

/** A phone number without what people write between its digits, and 00 as +. */
function plainNumber(text) {
  return asciiDigits(text).replace(/[().\u2010-\u2015/]/g, "").replace(/^00/, "+");
}
