"use strict";
/* After the sign-in: following the steps to their end, through questions, to success or failure. */

function signupProgress(config, calls, views, forms, prepareRetry) {
  const LONG_MS = 25000;
  const SOON_MS = 60000;
  const SUCCESS_SHOWN_MS = 1500;
  const GOING_BACK_SECONDS = 10;
  let watch = null;
  let followed = null;
  let since = 0;
  let hasSteps = false;
  let leaving = null;
  let open = null;
  const questions = signupQuestions(calls, forms, { follow, rest, onWork: () => views.show("progress") });

  /** Follows a signup that runs. */
  function follow(signupId) {
    if (followed !== signupId) {
      [followed, since] = [signupId, Date.now()];
      hasSteps = false;
    }
    questions.begin(signupId);
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
    if (status === "expired") return end(() => views.show("expired"));
    if (questions.ask(answer.body)) return noteOpen(answer.body);
    if (status === "completed" && !isAtWork(answer.body)) return end(() => succeed(answer.body));
    if (status === "pending" && error) return end(() => fail(error));
    return goOn(answer.body);
  }

  /** What a pending link lacks can be given without another sign-in, and stays on offer beside one. */
  function noteOpen(body) {
    if (body.status !== "pending") return;
    open = { signupId: followed, body };
    prepareRetry();
  }

  /** Asks (again) for what a pending link lacks, at once. */
  function askFor({ signupId, body }) {
    follow(signupId);
    questions.ask(body);
  }

  const hasOpen = () => open !== null;
  const askOpen = () => askFor(open);

  function end(show) {
    rest();
    show();
  }

  const isFar = (action) => Boolean(action) && Date.parse(action.deadline) - Date.now() > SOON_MS;

  /** A completed link whose last step was set going by an answer: its end is near enough to wait for. */
  const isAtWork = ({ steps, nextAction }) => questions.isWaitedFor(steps) && !isFar(nextAction);

  function goOn({ steps, nextAction }) {
    hasSteps = steps.length > 0;
    views.steps(steps, config.stepTitles);
    views.show("progress");
    views.waiting(isFar(nextAction) || Date.now() - since > LONG_MS, nextAction, isFar(nextAction));
  }

  function succeed({ redirectUrl, nextAction }) {
    // A link that was over before the page came says so already.
    if (views.view() === "already") return;
    views.success({ redirectUrl, nextAction });
    if (!redirectUrl) return;
    const onward = () => location.replace(redirectUrl);
    // What is left to read is not taken away at once.
    if (nextAction) leaving = views.leaving(GOING_BACK_SECONDS, onward);
    else setTimeout(onward, SUCCESS_SHOWN_MS);
  }

  function fail(error, signupId = followed || config.signupId) {
    rest();
    views.failed(error);
    stay();
    if (error.canRetry) prepareRetry();
    else waitForCure(signupId);
    if (!error.canRetry && error.backUrl) leaving = views.leaving(GOING_BACK_SECONDS, () => location.assign(error.backUrl));
  }

  /** Somebody else has to mend it: the page goes on by itself, as soon as the signup does. */
  function waitForCure(signupId) {
    rest();
    watch = watching(() => calls.status(signupId), ({ body }) => {
      if (body.status === "processing" || body.status === "completed") location.reload();
    });
  }

  function stay() {
    if (leaving) leaving.stop();
    leaving = null;
  }

  /** True from the first step on: the server has the token. */
  const isUnderWay = () => watch === null || hasSteps;

  return { follow, rest, isUnderWay, fail, waitForCure, questions, askFor, askOpen, hasOpen, stay };
}
