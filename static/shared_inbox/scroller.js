"use strict";
/* A part of a long list in sight: what is far from it is not on the page, and nothing jumps when that changes. */

/**
 * `draw(from, to)` puts items[from..to) on the page. `count()` is how many there are, `needOlder()` gets more
 * before the first. The part grows towards where somebody scrolls, and is cut at the other end.
 */
function scroller({ box, draw, count, needOlder, onEnd }) {
  const STEP = 40;
  const MOST = 140;
  const NEAR_PX = 700;
  const AT_END_PX = 60;
  let from = 0;
  let to = 0;
  let isAtEnd = true;
  let isMoving = false;

  const rest = () => box.scrollHeight - box.scrollTop - box.clientHeight;

  /** Draws anew and keeps what is in sight where it is; at the end it stays at the end. */
  function redraw({ stays = false } = {}) {
    from = Math.max(0, Math.min(from, count()));
    to = Math.max(from, Math.min(to, count()));
    const anchor = isAtEnd && !stays ? null : inSight();
    const top = anchor ? anchor.getBoundingClientRect().top : 0;
    isMoving = true;
    draw(from, to);
    if (!anchor) box.scrollTop = box.scrollHeight;
    else if (anchor.isConnected) box.scrollTop += anchor.getBoundingClientRect().top - top;
    isMoving = false;
  }

  function inSight() {
    const top = box.getBoundingClientRect().top;
    return [...box.querySelectorAll("[data-key]")].find((item) => item.getBoundingClientRect().bottom > top + 1) || null;
  }

  /** New ones came at the end. */
  function grown() {
    if (isAtEnd) showEnd();
    else redraw({ stays: true });
  }

  function showEnd() {
    to = count();
    from = Math.max(0, to - STEP * 2);
    isAtEnd = true;
    redraw();
    onEnd(true);
  }

  /** Older ones came before the first: all places move. */
  function shifted(added) {
    from += added;
    to += added;
    up();
  }

  function up() {
    from = Math.max(0, from - STEP);
    to = Math.min(to, from + MOST);
    redraw({ stays: true });
  }

  function down() {
    to = Math.min(count(), to + STEP);
    from = Math.max(from, to - MOST);
    redraw({ stays: true });
  }

  /** One of them, in the middle of the sight. */
  function show(at) {
    from = Math.max(0, at - STEP);
    to = Math.min(count(), at + STEP);
    isAtEnd = false;
    draw(from, to);
  }

  function look() {
    if (isMoving) return;
    const isEnd = rest() < AT_END_PX && to === count();
    if (isEnd !== isAtEnd) onEnd(isEnd);
    isAtEnd = isEnd;
    if (box.scrollTop < NEAR_PX && from > 0) up();
    else if (box.scrollTop < NEAR_PX) needOlder();
    else if (rest() < NEAR_PX && to < count()) down();
  }

  box.addEventListener("scroll", () => requestAnimationFrame(look), { passive: true });
  // A smaller window, a keyboard that comes up, a reply box that grows: the end stays in sight.
  new ResizeObserver(() => isAtEnd && (box.scrollTop = box.scrollHeight)).observe(box);

  return { redraw, grown, showEnd, shifted, show, look, isAtEnd: () => isAtEnd };
}
