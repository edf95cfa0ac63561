"use strict";
/* Times as the reader's clock has them. */

/** A moment in the reader's own time zone, in the page's language as their country writes it. */
function localTime(moment) {
  const language = document.documentElement.lang;
  const own = navigator.languages.find((one) => one.split("-")[0] === language);
  const at = new Date(moment);
  const isToday = at.toDateString() === new Date().toDateString();
  const style = isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(own || language, style).format(at);
}

/** Times that the server could only write in UTC. */
function localizeTimes(root) {
  for (const time of root.querySelectorAll("time[data-local]")) time.textContent = localTime(time.dateTime);
}
