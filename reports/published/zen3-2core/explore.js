// The page of all points: what is chosen, its table (DataTables) and, through explore-chart.js, its chart.
"use strict";
(function () {
  const mount = document.getElementById("explorer");
  if (!mount || !window.POINTS || !window.DataTable) return;
  const { columns, series, letters, varied, colours, shown } = window.POINTS;
  if (!columns.size) {
    mount.append("Nothing was measured.");
    return;
  }
  const number = columns.size.length;

  function read(column) {
    return Array.isArray(column) ? column : column.at.map((at) => column.words[at]);
  }

  const read_columns = Object.entries(columns).map(([name, column]) => [name, read(column)]);
  const several = new Set(series.map((s) => s.machine)).size > 1, none = Object.fromEntries(letters.map((l) => [l, null]));
  const points = Array.from({ length: number }, (_, j) => {
    const p = Object.fromEntries(read_columns.map(([name, values]) => [name, values[j]]));
    Object.assign(p, none, series[p.series]);
    for (const base of ["seconds", "ratio"])
      for (const end of ["_low", "_high"]) if (p[base + end] !== null) p[base + end] *= p[base] / 1000;
    p.place = [p.backend, p.device, p.dtype, ...(several ? [p.machine] : [])].join(", ");
    p.others = varied[p.family].filter((l) => p[l] !== null).map((l) => l + " = " + p[l]).join(", ") + (p.state ? ", state " + p.state : "");
    p.rate = p.seconds && p.flops ? p.flops / p.seconds : null;
    p.colour = colours[p.family][p.row] || "c7";
    return p;
  });

  const UNITS = {
    seconds: [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]],
    bytes: [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]],
    rate: [[1e12, "TFLOP/s"], [1e9, "GFLOP/s"], [1e6, "MFLOP/s"], [1, "FLOP/s"]],
    ratio: [[1, "×"]],
    error: null,
  };
  const OUTCOMES = {
    ok: "ran", skipped: "not tried", over_budget: "over budget", oom: "out of memory", timeout: "timed out",
    wrong: "wrong result", error: "error", retracted: "retracted",
  };
  const QUANTITIES = {
    seconds: ["Time of a call", "seconds"], ratio: ["Times the yardstick", "ratio"], error: ["Error", "error"],
    peak_bytes: ["Peak memory", "bytes"], rate: ["FLOPs a second", "rate"], compile_cold_s: ["Cold compilation", "seconds"],
    first_call_s: ["First call", "seconds"],
  };

  const round = (value) => (value === 0 ? "0" : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3))));

  function write(value, unit) {
    if (value === null || value === undefined) return "–";
    if (!UNITS[unit]) return value.toExponential(1);
    const [factor, word] = UNITS[unit].find(([f]) => value >= f * 0.9995) || UNITS[unit].at(-1);
    return round(value / factor) + " " + word;
  }

  function writeSpread(value, low, high, unit) {
    if (value === null || low === null) return write(value, unit);
    const [factor, word] = UNITS[unit].find(([f]) => value >= f * 0.9995) || UNITS[unit].at(-1);
    return `${round(value / factor)} [${round(low / factor)}, ${round(high / factor)}] ${word}`;
  }

  const distinct = (values) => [...new Set(values)].sort((a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b))));
  const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

  // The form.
  const form = document.createElement("form"), status = document.createElement("p");
  form.setAttribute("aria-label", "Choose points");
  status.className = "note";
  status.setAttribute("role", "status");
  const more = document.createElement("button");
  more.type = "button";
  more.className = "more";
  const plot = document.createElement("div"), table = document.createElement("table"), wrap = document.createElement("div");
  plot.id = "chart";
  wrap.className = "points";
  wrap.append(table);
  mount.append(form, status, more, plot, wrap);
  form.addEventListener("submit", (event) => event.preventDefault());

  function addField(name, text, field) {
    const label = document.createElement("label");
    field.name = name;
    label.append(text, field);
    form.append(label);
    return field;
  }

  function addSelect(name, text, options) {
    const select = addField(name, text, document.createElement("select"));
    fill(select, options);
    return select;
  }

  function fill(select, options) {
    const before = select.value;
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    if (before && options.some(([value]) => String(value) === before)) select.value = before;
  }

  const words = (name) => String(name).replaceAll("_", " ");
  addSelect("family", "Family", [...Object.keys(varied).map((f) => [f, words(f)]), ["", "all"]]);
  const rows = addField("rows", "Rows, by comma", document.createElement("input"));
  rows.placeholder = "all";
  rows.setAttribute("list", "explorer-rows");
  const list = document.createElement("datalist");
  list.id = "explorer-rows";
  mount.append(list);
  for (const [name, text] of [["place", "Place"], ["role", "Role"], ["computes", "Computes"], ...letters.map((l) => [l, l])]) addSelect(name, text, []);
  addSelect("outcome", "Outcome", [["ok", "ran"], ["no", "gave no time"], ["", "both"]]);
  addSelect("y", "Chart", Object.entries(QUANTITIES).map(([name, [text]]) => [name, text.toLowerCase()]));
  const CHOICES = ["place", "role", "computes", ...letters];

  function offer() {
    const here = points.filter((p) => !form.family.value || p.family === form.family.value);
    for (const name of CHOICES) {
      const values = distinct(here.map((p) => p[name]).filter((v) => v !== null && v !== ""));
      fill(form.elements[name], [["", "all"], ...values.map((v) => [v, words(v)])]);
      form.elements[name].parentElement.hidden = values.length < 2;
      if (values.length < 2) form.elements[name].value = "";
    }
    list.replaceChildren(...distinct(here.map((p) => p.row)).map((row) => new Option(row)));
  }

  // All of a family is more lines than anybody tells apart: the first look is at a few rows of one place and setting.
  const isWhole = () => !rows.value && CHOICES.every((name) => !form.elements[name].value);

  function showFirst() {
    const first = shown[form.family.value];
    if (!first) return;
    const known = { ...series[first.series], place: points.find((p) => p.series === first.series).place };
    rows.value = first.rows.join(", ");
    for (const name of ["place", ...letters]) {
      const select = form.elements[name];
      if (!select.parentElement.hidden) select.value = known[name] ?? "";
    }
  }

  function showAll() {
    rows.value = "";
    for (const name of CHOICES) form.elements[name].value = "";
  }

  function choose() {
    const { family, outcome } = form, named = rows.value.split(",").map((w) => w.trim()).filter(Boolean);
    const wanted = CHOICES.map((name) => [name, form.elements[name].value]).filter(([, value]) => value !== "");
    return (p) =>
      (!family.value || p.family === family.value) &&
      (!outcome.value || (p.outcome === "ok") === (outcome.value === "ok")) &&
      (!named.length || named.some((word) => p.row === word || (word.endsWith("*") && p.row.startsWith(word.slice(0, -1))))) &&
      wanted.every(([name, value]) => String(p[name]) === value);
  }

  // The table.
  const order = (way) => (a, b) => (a === null ? 1 : 0) - (b === null ? 1 : 0) || way * (a - b);
  DataTable.type("quantity", { order: { asc: order(1), desc: order(-1) }, className: "n" });
  const show = (display, sort) => (_, kind, p) => (kind === "display" ? display(p) : kind === "filter" ? "" : sort(p));
  const text = (name, more) => ({ data: name, render: (value, kind) => (kind === "display" ? escape(value) : value), ...more });
  const quantity = (title, display, sort) => ({ title, data: null, type: "quantity", render: show(display, sort) });
  const data = new DataTable(table, {
    data: points,
    autoWidth: false, deferRender: true, pageLength: 20, order: [],
    layout: { topStart: "search", topEnd: null, bottomStart: "info", bottomEnd: "paging" },
    language: { search: "Search in names and reasons ", info: "_START_ to _END_ of _TOTAL_", infoFiltered: "", infoEmpty: "", zeroRecords: "No point matches." },
    columns: [
      text("family", { title: "Family", render: (value, kind) => (kind === "display" ? escape(words(value)) : value) }),
      { title: "Row", data: "row", render: (value, kind) => (kind === "display" ? `<button type="button" data-row="${escape(value)}" title="this row alone">${escape(value)}</button>` : value) },
      text("place", { title: "Place" }),
      quantity("Size", (p) => `${p.axis} = ${p.size.toLocaleString("en")}`, (p) => p.size),
      text("others", { title: "At" }),
      quantity("Time [95 %]", (p) => (p.outcome === "ok" ? writeSpread(p.seconds, p.seconds_low, p.seconds_high, "seconds") + (p.near ? " †" : "") : OUTCOMES[p.outcome]), (p) => p.seconds),
      quantity("Times yardstick", (p) => writeSpread(p.ratio, p.ratio_low, p.ratio_high, "ratio"), (p) => p.ratio),
      quantity("Error", (p) => write(p.error, "error"), (p) => p.error),
      quantity("Peak memory", (p) => write(p.peak_bytes, "bytes"), (p) => p.peak_bytes),
      quantity("FLOPs a second", (p) => write(p.rate, "rate"), (p) => p.rate),
      text("reason", { title: "Why not" }),
    ],
  });

  // Wider than a phone: it scrolls by keyboard too.
  const scrolled = wrap.querySelector(".dt-layout-table");
  for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", "Chosen points"]]) scrolled.setAttribute(name, value);

  function apply() {
    data.search.fixed("choice", ((chosen) => (_, p) => chosen(p))(choose()));
    data.draw();
  }

  function change() {
    apply();
    remember();
  }

  function refresh() {
    const chosen = data.rows({ search: "applied" }).data().toArray(), y = form.y.value, [title, unit] = QUANTITIES[y];
    // What all of them share is said once, and leaves a phone's width to what differs.
    const [places, others] = ["place", "others"].map((name) => [...new Set(chosen.map((p) => p[name]))]);
    data.column(0).visible(!form.family.value, false);
    data.column(2).visible(places.length !== 1, false);
    data.column(4).visible(others.length !== 1, false);
    data.column(10).visible(form.outcome.value !== "ok", false);
    const lines = window.drawChart(plot, chosen, { y, title, write: (value) => write(value, unit) });
    const count = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
    const shared = [places, others].filter((values) => values.length === 1 && values[0]).join("; ");
    status.textContent = `${count(chosen.length, "point")} chosen, ${count(lines, "line")} drawn${shared && ": " + shared}.`;
    more.hidden = isWhole() && !shown[form.family.value];
    more.textContent = isWhole() ? "Show the main rows only" : "Show all rows, places and settings";
  }

  // The address remembers the choice, so that it can be sent to somebody.
  function remember() {
    const kept = [...new FormData(form)].filter(([, value]) => value !== "");
    history.replaceState(null, "", "#" + new URLSearchParams(kept));
  }

  function recall() {
    // A plain anchor is no choice.
    const kept = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
    // What is empty is not kept: an address without a family is that of all of them.
    const some = [...kept].length > 0;
    if (some) form.family.value = kept.get("family") || "";
    offer();
    for (const [name, value] of kept) if (form.elements[name]) form.elements[name].value = value;
    if (!some) showFirst();
    if (form.y.value === "") form.y.value = "seconds";
    if (some && !kept.has("outcome")) form.outcome.value = "";
  }

  form.family.addEventListener("change", () => { showAll(); offer(); showFirst(); });
  more.addEventListener("click", () => { (isWhole() ? showFirst : showAll)(); change(); });
  form.addEventListener("change", change);
  rows.addEventListener("input", change);
  table.addEventListener("click", (event) => {
    const row = event.target.closest("button[data-row]");
    if (row) { rows.value = row.dataset.row; change(); }
  });
  let before = "";
  data.on("draw", () => {
    // Another page of the table, or another order, is the same choice.
    const now = new URLSearchParams(new FormData(form)) + data.search() + data.page.info().recordsDisplay;
    if (now !== before) { before = now; refresh(); }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
  recall();
  apply();
  refresh();
})();
