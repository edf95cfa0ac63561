"use strict";
/* After the sign-in: following the steps to their end, asking for a PIN, success, failure. */

function signupProgress(config, calls, views, prepareRetry) {
  const LONG_MS = 25000;
  const SOON_MS = 60000;
  const SUCCESS_SHOWN_MS = 1500;
  const GOING_BACK_SECONDS = 10;
  let watch = null;
  let followed = null;
  let since = 0;
  let hasSteps = false;
  let isPinSent = false;
  let isPinPutOff = false;
  let attemptsLeft = null;
  let leaving = null;

  /** Follows a signup that runs. */
  function follow(signupId) {
    if (followed !== signupId) {
      [followed, since] = [signupId, Date.now()];
      hasSteps = isPinSent = isPinPutOff = false;
    }
    rest();
    watch = watching(() => calls.status(signupId), onStatus);
  }

  function rest() {
    if (watch) watch.stop();
    watch = null;
  }

  function onStatus(answer) {
    views.trouble("offline", answer.status === 0);
    if (answer.status === 404) return end(() => views.show("expired"));
    if (answer.status !== 200) return undefined;
    const { status, error } = answer.body;
    if (status === "completed") return end(() => succeed(answer.body));
    if (status === "expired") return end(() => views.show("expired"));
    if (status === "pending" && error) return end(() => fail(error));
    return goOn(answer.body);
  }

  function end(show) {
    rest();
    show();
  }

  function goOn({ steps, nextAction }) {
    hasSteps = steps.length > 0;
    views.steps(steps, config.stepTitles);
    // A PIN that was just given has set the step going again, before the action is worded anew.
    const isWaitedFor = steps.some((step) => step.status === "needs_customer") && !isPinPutOff;
    if (isWaitedFor && nextAction && nextAction.code === "ENTER_PIN") {
      attemptsLeft = nextAction.attemptsLeft;
      // Asked again while the form is there, its own problem stays said.
      if (views.view() !== "pin") views.pin({ attemptsLeft, problem: isPinSent ? "wrong" : null });
      return;
    }
    views.show("progress");
    const isFar = nextAction && Date.parse(nextAction.deadline) - Date.now() > SOON_MS;
    views.waiting(isFar || Date.now() - since > LONG_MS, nextAction, isFar);
  }

  /** Sends what the end-user did about the PIN; meanwhile nothing older may bring the form back. */
  async function answerPin(name, body) {
    rest();
    views.show("progress");
    const answer = await calls.post(name, { signupId: followed, ...body });
    if (answer.status === 0 || answer.status === 429 || answer.status >= 500) {
      views.pin({ attemptsLeft, problem: "unsent" });
    } else if (name === "pin") {
      isPinSent = true;
    } else {
      isPinPutOff = true;
    }
    follow(followed);
  }

  function sendPin(typed) {
    const pin = asciiDigits(typed);
    if (!/^\d{6}$/.test(pin)) return views.pinIsShort();
    return answerPin("pin", { pin });
  }

  const skipPin = () => answerPin("skip", {});

  function succeed({ redirectUrl, nextAction }) {
    views.success({ redirectUrl, nextAction });
    if (redirectUrl) setTimeout(() => location.replace(redirectUrl), SUCCESS_SHOWN_MS);
  }

  function fail(error) {
    rest();
    views.failed(error);
    stay();
    if (error.canRetry) prepareRetry();
    else if (error.backUrl) leaving = views.leaving(GOING_BACK_SECONDS, () => location.assign(error.backUrl));
  }

  function stay() {
    if (leaving) leaving.stop();
    leaving = null;
  }

  /** True from the first step on: the server has the token. */
  const isUnderWay = () => watch === null || hasSteps;

  return { follow, rest, isUnderWay, fail, succeed, sendPin, skipPin, stay };
}

/** Digits of any script as 0 to 9, without spaces and hyphens: an Arabic keyboard types ١٢٣٤٥٦. */
function asciiDigits(text) {
  const ZEROS = [0x0660, 0x06f0];
  const digit = (character) => {
    const zero = ZEROS.find((first) => character.codePointAt(0) >= first && character.codePointAt(0) <= first + 9);
    return zero === undefined ? character : String(character.codePointAt(0) - zero);
  };
  return [...text].map(digit).join("").replace(/[\s-]/g, "");
}
