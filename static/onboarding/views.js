"use strict";
/* What is on the screen: which view, which notice, the steps, an error with its details. Every word is in the page. */

function pageViews(root) {
  const find = (selector, within = root) => within.querySelector(selector);
  const findAll = (selector, within = root) => [...within.querySelectorAll(selector)];
  let current = findAll("[data-view]").find((view) => !view.hidden).dataset.view;

  /** Shows one view and moves the focus to its heading, where it is another view than before. */
  function show(name) {
    if (name === current) return;
    for (const view of findAll("[data-view]")) view.hidden = view.dataset.view !== name;
    current = name;
    window.scrollTo(0, 0);
    find(`[data-view="${name}"] h1`).focus();
  }

  /** Shows one notice on the first view, or none. A page that has just loaded leaves the focus alone. */
  function notice(name, { movesFocus = true } = {}) {
    for (const one of findAll("[data-notice]")) one.hidden = one.dataset.notice !== name;
    const shown = name ? find(`[data-notice="${name}"]`) : null;
    find("[data-elsewhere]").hidden = !(shown && "offersElsewhere" in shown.dataset);
    if (name && movesFocus) find(`[data-notice="${name}"] h2`).focus();
  }

  function errorNotice(error, focus) {
    fillError(find('[data-notice="ERROR"]'), error);
    notice("ERROR", focus);
  }

  function fillError(within, error) {
    find('[data-fill="title"]', within).textContent = error.title;
    find('[data-fill="body"]', within).textContent = error.body;
    const details = { code: error.code, ...error.details };
    for (const row of findAll("[data-detail]", within)) {
      const value = details[row.dataset.detail];
      row.hidden = value === undefined || value === null || value === "";
      find("dd", row).textContent = row.hidden ? "" : String(value);
    }
  }

  function failed(error) {
    const view = find('[data-view="failed"]');
    fillError(view, error);
    const back = find("[data-back]", view);
    back.hidden = !error.backUrl;
    if (error.backUrl) back.href = error.backUrl;
    find("[data-retry]", view).hidden = !error.canRetry;
    find("[data-close]", view).hidden = Boolean(error.canRetry || error.backUrl);
    find("[data-details]", view).open = false;
    show("failed");
  }

  /** Says that the page leaves by itself, and counts the seconds in sight; `stop()` lets it stay. */
  function leaving(seconds, onEnd) {
    const box = find(`[data-view="${current}"] [data-countdown]`);
    box.hidden = false;
    const counting = countdown(find("[data-seconds]", box), seconds, onEnd);
    return {
      stop() {
        counting.stop();
        box.hidden = true;
      },
    };
  }

  /** Any list of [{step, status}], in its order; `titles` has the words of a step. */
  function steps(list, titles) {
    const written = list.map(({ step, status }) => {
      const row = find(`template[data-step="${status}"]`) || find('template[data-step="waiting"]');
      const item = row.content.cloneNode(true);
      find("[data-title]", item).textContent = titles[step] || step;
      return item;
    });
    find("[data-steps]").replaceChildren(...written);
    // With the list in sight its spinner is enough; the line goes on for those who listen.
    find("[data-now-line]").classList.toggle("unseen", list.length > 0);
    const now = list.find(({ status }) => status === "running") || list.find(({ status }) => status === "waiting");
    const line = find("[data-now]");
    const words = now && (titles[now.step] || now.step);
    // A live region speaks on every write, the same words included.
    if (words && line.textContent !== words) line.textContent = words;
  }

  function trouble(name, isThere) {
    find(`[data-trouble="${name}"]`).hidden = !isThere;
  }

  /** Says that it takes long, what is waited for where that is known, and the time of the next try where that is far. */
  function waiting(isLong, action, isFar) {
    const box = find('[data-trouble="waiting"]');
    box.hidden = !isLong;
    find("[data-message]", box).textContent = action ? action.message : "";
    const deadline = find("[data-deadline]", box);
    deadline.hidden = !isFar;
    if (isFar) find("time", deadline).textContent = localTime(action.deadline);
  }

  function success({ redirectUrl, nextAction }) {
    const view = find('[data-view="success"]');
    const onward = find("[data-onward]", view);
    onward.hidden = !redirectUrl;
    if (redirectUrl) onward.href = redirectUrl;
    find("[data-going]", view).hidden = !redirectUrl || Boolean(nextAction);
    find("[data-close]", view).hidden = Boolean(redirectUrl);
    leftOpen(view, nextAction);
    show("success");
  }

  /** What is still open on a link that is completed. */
  function leftOpen(within, action) {
    const box = find("[data-open]", within);
    box.hidden = !action;
    if (!action) return;
    const isTheirs = action.actor === "end_user";
    for (const one of findAll("[data-whose]", box)) one.hidden = (one.dataset.whose === "theirs") !== isTheirs;
    find("[data-message]", box).textContent = action.message;
    const deadline = find("[data-deadline]", box);
    deadline.hidden = !action.deadline;
    if (action.deadline) find("time", deadline).textContent = localTime(action.deadline);
    for (const more of findAll("[data-more]", box)) more.hidden = more.dataset.more !== action.code;
  }

  function sdk(state) {
    for (const line of findAll("[data-sdk]")) line.hidden = line.dataset.sdk !== state;
    for (const button of findAll('[data-action="login"]')) button.disabled = state !== "ready";
    if (state === "blocked") notice("SDK_BLOCKED");
    if (state === "ready" && !find('[data-notice="SDK_BLOCKED"]').hidden) notice(null);
  }

  const view = () => current;
  return { show, view, notice, errorNotice, failed, leaving, steps, trouble, waiting, success, leftOpen, sdk };
}

/** Counts a visible number down each second; `stop()` ends it, `onEnd` is called at 0. */
function countdown(element, seconds, onEnd) {
  let left = seconds;
  element.textContent = String(left);
  const timer = setInterval(() => {
    left -= 1;
    element.textContent = String(Math.max(left, 0));
    if (left > 0) return;
    clearInterval(timer);
    onEnd();
  }, 1000);
  return { stop: () => clearInterval(timer) };
}

/** Copies text; where the clipboard is closed to pages (http, old browsers), through a selection. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
