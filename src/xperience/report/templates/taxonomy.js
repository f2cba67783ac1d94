"use strict";
// Narrows the list of episodes: by words, part, missing stream, and by what is clicked above. Text is only ever set as text.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const keys = Object.keys(data.facets);
  const own = {}; // number of a value on the page -> number in the list
  for (const key of keys) own[key] = new Map(data.index[key].map((value, k) => [value, k]));
  const chosen = new Map(); // facet -> set of numbers in the list
  const several = data.groups.length > 1;
  const STEP = 60;
  let limit = STEP;

  const make = (name, text, cls) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (cls) element.className = cls;
    return element;
  };
  const option = (select, value, text) => { const o = make("option", text); o.value = value; select.append(o); };
  option($("group"), "", "any");
  data.groups.forEach((name, k) => option($("group"), k, name));
  $("group").parentElement.hidden = !several;
  option($("stream"), "", "anything or nothing");
  data.streams.forEach((name, k) => { if (data.patterns.some((p) => p[k] === "m")) option($("stream"), k, name); });
  $("stream").parentElement.hidden = $("stream").length < 2;
  $("tools").hidden = false;

  const label = (key, k) => data.labels[key][k];
  const facet = (row, key) => row[6][keys.indexOf(key)];
  const name = (row) => { const s = facet(row, "session"); return row[7] || !s.length ? row[0] : label("session", s[0]) + "/" + row[0]; };
  const missing = (row) => [...data.patterns[row[4]]].flatMap((state, k) => state === "m" ? [data.streams[k]] : []);
  const words = data.rows.map((row) => [name(row), row[5] === null ? "" : data.tasks[row[5]], row[8] ?? "",
    ...keys.flatMap((key) => facet(row, key).map((k) => label(key, k)))].join(" ").toLowerCase());
  const columns = [
    ["Episode", (row) => { const cell = make("td"); if (several) cell.append(make("i", "", "dot " + data.styles[row[3]])); cell.append(make("code", name(row))); return cell; }],
    ["Task", (row) => make("td", row[5] === null ? "" : data.tasks[row[5]]), (row) => row[5] !== null],
    ["Activity", (row) => make("td", facet(row, "activity").map((k) => label("activity", k)).join(", ")), (row) => facet(row, "activity").length],
    ["Place", (row) => make("td", facet(row, "place").map((k) => label("place", k)).join(", ")), (row) => facet(row, "place").length],
    ["Length", (row) => make("td", row[2] === null ? "" : (row[2] / 10).toFixed(0) + " s", "num"), (row) => row[2] !== null],
    ["Size", (row) => make("td", row[1] === null ? "" : row[1] >= 1e9 ? (row[1] / 1e9).toFixed(2) + " GB" : (row[1] / 1e6).toFixed(1) + " MB", "num"), (row) => row[1] !== null],
    ["Missing", (row) => make("td", missing(row).join(", "), "lost"), (row) => data.patterns[row[4]].includes("m")],
    ["Verdict", (row) => make("td", facet(row, "verdict").map((k) => label("verdict", k)).join(", ")), (row) => facet(row, "verdict").length],
    ["Set aside", (row) => make("td", row[8] ?? "", "lost"), (row) => row[8] !== null],
  ].filter(([, , known]) => !known || data.rows.some(known));
  const head = make("tr");
  for (const [title] of columns) head.append(make("th", title, title === "Length" || title === "Size" ? "num" : ""));
  $("head").append(head);

  const show = () => {
    const asked = $("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    const group = $("group").value, stream = $("stream").value, order = Number($("order").value);
    const found = [];
    data.rows.forEach((row, k) => {
      if (group !== "" && row[3] !== Number(group)) return;
      if (stream !== "" && data.patterns[row[4]][Number(stream)] !== "m") return;
      for (const [key, values] of chosen) {
        const has = key === "pattern" ? [row[4]] : facet(row, key);
        if (!has.some((v) => values.has(v))) return;
      }
      if (asked.some((word) => !words[k].includes(word))) return;
      found.push(row);
    });
    if (order) found.sort((a, b) => (b[order] ?? -1) - (a[order] ?? -1));
    const seconds = found.reduce((sum, row) => sum + (row[2] ?? 0), 0) / 10;
    $("found").textContent = found.length.toLocaleString("en") + (found.length === 1 ? " episode" : " episodes") +
      (seconds ? ", " + (seconds >= 7200 ? (seconds / 3600).toFixed(seconds >= 36000 ? 0 : 1) + " h" : (seconds / 60).toFixed(1) + " min") : "");
    $("list").replaceChildren(...found.slice(0, limit).map((row) => {
      const line = make("tr");
      for (const [, cell] of columns) line.append(cell(row));
      return line;
    }));
    $("more").hidden = found.length <= limit;
    $("more").textContent = "Show more of the other " + (found.length - limit).toLocaleString("en");
  };
  const again = () => { limit = STEP; show(); };

  const chips = () => {
    $("chips").replaceChildren();
    for (const [key, values] of chosen) for (const v of values) {
      const text = key === "pattern" ? "streams as clicked" : data.facets[key] + ": " + (label(key, v) ?? "not in this list");
      const button = make("button", text + " \u00d7");
      button.type = "button";
      button.addEventListener("click", () => { toggle(key, v, false); });
      $("chips").append(button);
    }
    document.querySelectorAll("[data-f]").forEach((mark) => {
      const on = (key, v) => chosen.get(key)?.has(translate(key, Number(v))) ?? false;
      mark.classList.toggle("on", on(mark.dataset.f, mark.dataset.v) && (!mark.dataset.g || on(mark.dataset.g, mark.dataset.w)));
    });
  };
  const translate = (key, value) => key === "pattern" ? value : own[key].get(value) ?? -1;
  const toggle = (key, v, only) => {
    const values = chosen.get(key) ?? new Set();
    if (values.has(v) && !only) values.delete(v);
    else { if (only) values.clear(); values.add(v); }
    if (values.size) chosen.set(key, values); else chosen.delete(key);
    chips();
    again();
  };
  document.addEventListener("click", (event) => {
    const mark = event.target instanceof Element && event.target.closest("[data-f]");
    if (!mark) return;
    if (mark.dataset.g) {
      chosen.clear();
      toggle(mark.dataset.f, translate(mark.dataset.f, Number(mark.dataset.v)), true);
      toggle(mark.dataset.g, translate(mark.dataset.g, Number(mark.dataset.w)), true);
    } else toggle(mark.dataset.f, translate(mark.dataset.f, Number(mark.dataset.v)), false);
    if (chosen.size) $("episodes").scrollIntoView();
  });
  const tip = $("tip");
  document.addEventListener("pointermove", (event) => {
    const mark = event.target instanceof Element && event.target.closest("[data-tip]");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.tip;
    tip.style.left = Math.max(8, Math.min(event.clientX + 14, document.documentElement.clientWidth - tip.offsetWidth - 12)) + "px";
    tip.style.top = (event.clientY + 18) + "px";
  });
  $("find").addEventListener("input", again);
  for (const id of ["group", "stream", "order"]) $(id).addEventListener("change", again);
  $("more").addEventListener("click", () => { limit += 4 * STEP; show(); });
  show();
})();
