"use strict";
/* Small menus beside what opened them, by pointer and by keyboard; dialogs over the page. */

function pageMenus() {
  const GAP_PX = 6;
  let opener = null;

  const menuOf = (name) => document.querySelector(`[data-menu="${name}"]`);
  const itemsOf = (menu) => [...menu.querySelectorAll("button:not([hidden])")];

  function open(name, button) {
    const menu = menuOf(name);
    opener = button;
    menu.showPopover();
    place(menu, button);
    button.setAttribute("aria-expanded", "true");
    itemsOf(menu)[0].focus();
  }

  /** Above or below, where there is room, and whole on the screen. */
  function place(menu, button) {
    const at = button.getBoundingClientRect();
    const size = menu.getBoundingClientRect();
    const isRtl = document.documentElement.dir === "rtl";
    const left = isRtl ? at.right - size.width : at.left;
    const isAbove = at.bottom + GAP_PX + size.height > innerHeight;
    menu.style.left = `${Math.max(8, Math.min(left, innerWidth - size.width - 8))}px`;
    menu.style.top = `${Math.max(8, isAbove ? at.top - GAP_PX - size.height : at.bottom + GAP_PX)}px`;
  }

  function onKey(event) {
    const items = itemsOf(event.currentTarget);
    const at = items.indexOf(document.activeElement);
    const isRtl = document.documentElement.dir === "rtl";
    const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 }[event.key];
    if (event.key === "Tab") event.currentTarget.hidePopover();
    else if (step) items[(at + step + items.length) % items.length].focus();
    else if (event.key === "Home") items[0].focus();
    else if (event.key === "End") items.at(-1).focus();
    else return;
    event.preventDefault();
  }

  function onToggle(event) {
    if (event.newState !== "closed" || !opener) return;
    opener.setAttribute("aria-expanded", "false");
    // To where it came from, unless somebody went elsewhere.
    if (event.target.contains(document.activeElement) || document.activeElement === document.body) opener.focus();
  }

  for (const menu of document.querySelectorAll("[data-menu]")) {
    menu.addEventListener("keydown", onKey);
    menu.addEventListener("toggle", onToggle);
    menu.addEventListener("click", (event) => event.target.closest("button") && menu.hidePopover());
  }
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    });
  }

  return { open };
}

function dialogOf(name) {
  return document.querySelector(`[data-dialog="${name}"]`);
}
