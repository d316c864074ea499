// The form: which method at a size that may not have been measured. Without it a table of the rules stands there.
"use strict";
(function () {
  const form = document.querySelector(".ask"), out = document.querySelector(".answer");
  const families = JSON.parse(document.querySelector(".form-data").textContent);
  // A regret above OPEN decides nothing; an interval wider than a factor TOO_WIDE is no knowledge.
  const OPEN = 0.25, TOO_WIDE = 10;
  const HOW = { m: "measured", i: "interpolated", e: "extrapolated" };
  const MODELS_NOT = new Set("step value products fixed_point inverse inverse_rk4 curl curl_difference curl_moments".split(" "));

  // Words.
  const write = (value) => (typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 4 }) : String(value));
  const UNITS = { s: [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]], B: [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]] };

  function scale(value, units) {
    return UNITS[units].find(([factor]) => value >= factor * 0.9995) || UNITS[units].at(-1);
  }

  // Digits as far as the interval justifies them, as everywhere in the report.
  function writeSeconds({ seconds, low, high }) {
    const [factor, unit] = scale(seconds, "s"), values = [seconds, low, high].map((v) => v / factor);
    const width = values[2] - values[1];
    if (!(width > 0)) return `${Number(values[0].toPrecision(3))} ${unit}`;
    const order = Math.floor(Math.log10(values[0]));
    const digits = Math.min(Math.max(order - Math.floor(Math.log10(width)) + 2, 2), 6);
    const places = digits - 1 - order, step = 10 ** -places;
    const [value, ...ends] = values.map((v) => (places < 0 ? String(Math.round(v / step) * step) : v.toFixed(places)));
    return `${value} [${ends.join(", ")}] ${unit}`;
  }

  function writeBytes(value) {
    const [factor, unit] = scale(value, "B");
    return `${Number((value / factor).toPrecision(3))} ${unit}`;
  }

  // A bound is rounded up.
  function writeShare(regret) {
    const percent = 100 * regret;
    return percent < 1 ? `${Math.ceil(10 * percent - 1e-9) / 10} %` : `${Math.ceil(percent - 1e-9).toLocaleString("en-US")} %`;
  }

  function add(parent, tag, text = "", name = "") {
    const element = document.createElement(tag);
    element.className = name;
    // `code` as in the report's own texts.
    text.split("`").forEach((part, j) => {
      if (j % 2) element.append(Object.assign(document.createElement("code"), { textContent: part }));
      else element.append(part);
    });
    return parent.appendChild(element);
  }

  // Arithmetic: straight lines in log-log between knots; NaN outside them and beside a knot without a number.
  function interpolate(knots, size, column) {
    const at = knots.find((k) => k[0] === size);
    if (at) return at[column] ?? NaN;
    const j = knots.findIndex((k) => k[0] > size);
    if (j < 1) return NaN;
    const [a, b] = [knots[j - 1], knots[j]], share = Math.log(size / a[0]) / Math.log(b[0] / a[0]);
    if (a[column] === null || b[column] === null) return NaN;
    return a[column] ** (1 - share) * b[column] ** share;
  }

  function predict([row, computes, exact, knots, errors, bytes, refused, ends], size, axis) {
    const found = { row, computes, exact, reason: "", bytes: interpolate(bytes, size, 1) };
    const near = [errors.findLast((e) => e[0] <= size), errors.find((e) => e[0] >= size)].filter(Boolean);
    found.error = near.length ? Math.max(...near.map((e) => e[1])) : NaN;
    const measured = knots.filter((k) => k[4] === "m").map((k) => k[0]);
    const hole = refused.find((r) => r[0] === size) || (ends && size >= ends[0] && ends);
    if (hole) found.reason = hole[1];
    else if (!measured.length) found.reason = "never ran";
    else {
      [found.seconds, found.low, found.high] = [1, 2, 3].map((column) => interpolate(knots, size, column));
      if (!(found.seconds > 0)) found.reason = `measured from ${write(measured[0])} to ${write(measured.at(-1))}: too far to tell`;
      else if (found.high > TOO_WIDE * found.low) found.reason = `known no better than within a factor ${TOO_WIDE}`;
    }
    const knot = knots.find((k) => k[0] >= size) || knots.at(-1);
    found.how = !knot ? "" : measured.includes(size) ? HOW.m : knot[4] === "e" || size > measured.at(-1) ? HOW.e : HOW.i;
    if (found.how === HOW.i) {
      const [below, above] = [measured.findLast((m) => m < size), measured.find((m) => m > size)];
      found.how += ` between ${axis} = ${write(below)} and ${write(above)}`;
    }
    if (found.how === HOW.e) found.how += ` from ${axis} = ${write(size > measured.at(-1) ? measured.at(-1) : measured[0])}`;
    return found;
  }

  // Between two measured sizes the log of a ratio is convex where times are straight lines: the ends bound it.
  function findRegrets(series, question, size, names) {
    const known = series.answers[question] || {}, sizes = Object.keys(known).map(Number).sort((a, b) => a - b);
    const at = sizes.includes(size) ? [size] : [sizes.findLast((s) => s < size), sizes.find((s) => s > size)];
    if (at.some((s) => s === undefined)) return { regrets: new Map(), at: [] };
    const cells = at.map((s) => known[s]), regrets = new Map();
    for (const j of Object.keys(cells[0][0])) {
      const both = cells.map(([found]) => found[j]);
      if (both.every((r) => r !== undefined && r !== null)) regrets.set(names[j], Math.max(...both));
    }
    return { regrets, at, minutes: cells[0][1] };
  }

  // The series nearest to what is wanted: words first, then numbers by their ratio, the batch last, then most sizes.
  function measureDistance(series, wanted) {
    let sum = -1e-6 * series.sizes.length;
    for (const [letter, value] of Object.entries(wanted)) {
      const known = series.fixed[letter];
      if (typeof known === "string") sum += known === value ? 0 : 1e6;
      else if (known > 0 && value > 0) sum += (letter === "B" ? 1 : 1e3) * Math.abs(Math.log(known / value));
    }
    return sum;
  }

  function readWanted(family) {
    const wanted = { B: Number(form.batch.value) };
    for (const select of form.querySelectorAll(".settings select")) {
      const values = family.series.map((s) => s.fixed[select.name]);
      wanted[select.name] = values.find((v) => String(v) === select.value);
    }
    return wanted;
  }

  function answerPlace(family, series, size, wanted, given) {
    const part = add(out, "div"), [key, , computes] = family.questions.find(([k]) => k === form.question.value);
    const asked = series.rows.filter((r) => (computes.length ? computes.includes(r[1]) : !MODELS_NOT.has(r[1])));
    const all = asked.map((r) => predict(r, size, family.axis)), exact = all.some((p) => p.exact);
    const limit = given ?? (exact ? null : family.accuracy);
    const allowed = all.filter((p) => !p.reason && (limit === null ? p.exact : p.error <= limit));
    const others = Object.entries(wanted).filter(([letter, value]) => series.fixed[letter] !== undefined && value && series.fixed[letter] !== value);
    const where = [series.place, ...others.map(([letter, value]) => `${letter} = ${write(series.fixed[letter])}, since ${letter} = ${write(value)} was not measured`)].join("; ");
    const head = add(part, "p", "", "use");
    if (allowed.length) {
      const { regrets, at, minutes } = findRegrets(series, key, size, series.rows.map((r) => r[0]));
      // Bounds hold among the candidates they were found with: an approximate method was none of them.
      const bounded = allowed.every((p) => regrets.has(p.row));
      const rank = (p) => [bounded ? regrets.get(p.row) : 0, p.seconds];
      allowed.sort((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1]);
      const best = allowed[0], regret = bounded ? regrets.get(best.row) : NaN;
      head.append("Use ");
      add(head, "code", best.row);
      head.append(` (${where})`);
      const facts = add(part, "ul", "", "figures");
      const ends = at.length > 1 ? `, at ${family.axis} = ${at.map(write).join(" and ")}` : "";
      if (allowed.length === 1) add(facts, "li", "nothing else answers this");
      else if (!bounded) add(facts, "li", "what it may lose is not known: the fastest by predicted times");
      else add(facts, "li", `at most ${writeShare(regret)} slower than the best${ends}`, regret > OPEN ? "open" : "");
      if (regret > OPEN) add(facts, "li", `undetermined${minutes ? `: about ${write(Math.ceil(minutes))} minutes of measuring would settle it` : ""}`, "open");
      add(facts, "li", `${writeSeconds(best)} a call, ${best.how}`);
      if (best.bytes > 0) add(facts, "li", `peak memory ${writeBytes(best.bytes)}`);
      if (!Number.isNaN(best.error)) add(facts, "li", `error ${best.error.toExponential(1)}`);
      const next = allowed.slice(1, 4).map((p) => `\`${p.row}\` ${writeSeconds(p)}`);
      if (next.length) add(part, "p", `Next: ${next.join("; ")}.`, "note");
    } else head.append(`Nothing can be recommended (${where}).`);
    const reasons = new Map();
    for (const p of all.filter((p) => !allowed.includes(p))) {
      const reason = p.reason || (limit === null ? "not exact" : `error above ${limit}`);
      reasons.set(reason, [...(reasons.get(reason) || []), `\`${p.row}\``]);
    }
    const gone = [...reasons].map(([reason, rows]) => `${rows.join(", ")} (${reason})`);
    if (gone.length) add(add(part, "details"), "summary", `${all.length - allowed.length} left out`).after(Object.assign(add(part, "p", gone.join("; ") + ".", "note")));
  }

  function answer() {
    const family = families[form.family.value], size = Number(form.size.value);
    const accuracy = form.accuracy.value.trim(), given = accuracy === "" ? null : Number(accuracy);
    out.replaceChildren();
    if (!(size > 0)) return add(out, "p", `The size ${family.axis} must be a positive number.`);
    if (given !== null && !(given > 0)) return add(out, "p", "The error must be a positive number such as 1e-4, or empty for exact methods.");
    const wanted = readWanted(family);
    for (const place of new Set(family.series.map((s) => s.place))) {
      if (form.place.value && form.place.value !== place) continue;
      const here = family.series.filter((s) => s.place === place);
      answerPlace(family, here.reduce((best, s) => (measureDistance(s, wanted) < measureDistance(best, wanted) ? s : best)), size, wanted, given);
    }
  }

  function fill(select, options) {
    const before = select.value;
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    if (options.some(([value]) => value === before)) select.value = before;
  }

  // Fields of a family, filled with what its longest series was measured at.
  function setUp() {
    const family = families[form.family.value], values = (letter) => [...new Set(family.series.map((s) => s.fixed[letter]))];
    const longest = family.series.reduce((best, s) => (s.sizes.length > best.sizes.length ? s : best));
    form.querySelector(".axis").textContent = family.axis;
    form.accuracy.placeholder = longest.rows.some((r) => r[2]) ? "exact" : family.accuracy;
    fill(form.question, family.questions.map(([key, words]) => [key, words]));
    fill(form.place, [["", "all"], ...[...new Set(family.series.map((s) => s.place))].map((p) => [p, p])]);
    form.batch.value = longest.fixed.B ?? "";
    const size = Number(form.size.value), sizes = longest.sizes;
    if (!(size >= sizes[0] && size <= sizes.at(-1))) form.size.value = sizes[sizes.length >> 1];
    const settings = form.querySelector(".settings");
    settings.replaceChildren();
    for (const letter of family.letters.filter((l) => l !== "B")) {
      const select = add(add(settings, "label", letter), "select");
      select.name = letter;
      fill(select, values(letter).map((v) => [v, v]));
      select.value = longest.fixed[letter];
    }
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    if (event.target === form.family) setUp();
    answer();
  });
  document.documentElement.classList.add("js");
  form.hidden = false;
  setUp();
  answer();
})();
