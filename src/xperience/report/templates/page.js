"use strict";
// Shows what a bar of the timeline says, under the pointer or under the bar that has the focus; arrow keys go along a row.
(() => {
  const tip = document.getElementById("tip");
  const fill = (target) => {
    tip.replaceChildren();
    const add = (text, name) => {
      const line = document.createElement("div");
      line.textContent = text;
      if (name) line.className = name;
      tip.append(line);
    };
    add(target.dataset.tip, "tip-label");
    if (target.dataset.truth) add("labelled: " + target.dataset.truth);
    add(target.dataset.when, "tip-when");
    tip.hidden = false;
  };
  const place = (x, y) => {
    const room = document.documentElement.clientWidth - tip.offsetWidth - 12;
    tip.style.left = Math.max(8, Math.min(x + 14, room)) + "px";
    const below = y + 18 + tip.offsetHeight < window.innerHeight;
    tip.style.top = (below ? y + 18 : y - tip.offsetHeight - 12) + "px";
  };
  const hide = () => { tip.hidden = true; };
  const find = (event) => event.target instanceof Element ? event.target.closest("[data-tip]") : null;
  document.addEventListener("pointermove", (event) => {
    const target = find(event);
    if (!target) { if (!document.activeElement || !document.activeElement.dataset.tip) hide(); return; }
    fill(target);
    place(event.clientX, event.clientY);
  });
  document.addEventListener("focusin", (event) => {
    const target = find(event);
    if (!target) { hide(); return; }
    fill(target);
    const box = target.getBoundingClientRect();
    place(box.left, box.bottom - 8);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const step = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[event.key];
    const bar = step && event.target instanceof Element && event.target.matches(".bar") && event.target[step];
    if (!bar) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    bar.tabIndex = 0;
    bar.focus();
  });
  document.addEventListener("scroll", hide, { passive: true });
})();
