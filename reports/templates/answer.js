// The form: which method at a size that may not have been measured. Without it a table of the rules stands there.
"use strict";
(function () {
  const form = document.querySelector(".ask"), out = document.querySelector(".answer");
  // A regret above `open` decides nothing; an interval wider than a factor `tooWide` is no knowledge.
  const { families, open, too_wide: tooWide } = JSON.parse(document.querySelector(".form-data").textContent);

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

  // Arithmetic: straight lines in log-log between points [size, value]; NaN outside them and beside one without a value.
  function interpolate(points, size) {
    const at = points.find((p) => p[0] === size);
    if (at) return at[1] ?? NaN;
    const j = points.findIndex((p) => p[0] > size);
    if (j < 1 || points[j - 1][1] === null || points[j][1] === null) return NaN;
    const [a, b] = [points[j - 1], points[j]], share = Math.log(size / a[0]) / Math.log(b[0] / a[0]);
    return a[1] ** (1 - share) * b[1] ** share;
  }

  // Points [size, value] at the sizes of a series where there is a value.
  const pair = (sizes, values) => sizes.map((size, j) => [size, values[j]]).filter((p) => p[1] !== null);

  // Knots [size, seconds, low, high]: a measured size has its own interval, and just beside it that of a prediction.
  function unpack(sizes, times, curve) {
    const knot = (size, value, arm) => [size, value * 1e-6, arm ? value / arm * 1e-6 : null, arm ? value * arm * 1e-6 : null];
    const around = (size, [value, low, high, below, above]) => [
      knot(size * (1 - 1e-6), value, below),
      [size, value * 1e-6, low && low * 1e-6, high && high * 1e-6],
      knot(size * (1 + 1e-6), value, above),
    ];
    return [...sizes.flatMap((size, j) => (times[j] ? around(size, times[j]) : [])), ...curve.map((c) => knot(...c))].sort((a, b) => a[0] - b[0]);
  }

  // What is known of a row at a size, or the reason why nothing is.
  function predict(family, sizes, [row, times, curve, errors, bytes, holes, end], size) {
    const [name, computes, exact] = family.rows[row], knots = unpack(sizes, times, curve);
    const measured = sizes.filter((_, j) => times[j]), below = measured.findLast((m) => m < size), above = measured.find((m) => m > size);
    const [seconds, low, high] = [1, 2, 3].map((column) => interpolate(knots.map((k) => [k[0], k[column]]), size));
    const known = pair(sizes, errors), near = [known.findLast((e) => e[0] <= size), known.find((e) => e[0] >= size)];
    const found = { row, name, computes, exact, seconds, low, high, reason: "", bytes: interpolate(pair(sizes, bytes), size) };
    found.error = Math.max(...near.map((e) => (e ? e[1] : -1)));
    found.how = measured.includes(size) ? "measured"
      : below && above ? `interpolated between ${family.axis} = ${write(below)} and ${write(above)}`
      : `extrapolated from ${family.axis} = ${write(below ?? above)}`;
    const hole = holes[sizes.indexOf(size)] ?? (end && size >= end[0] ? end[1] : null);
    if (hole !== null) found.reason = family.reasons[hole];
    else if (!measured.length) found.reason = "never ran";
    else if (!(seconds > 0)) found.reason = `measured from ${write(measured[0])} to ${write(measured.at(-1))}: too far to tell`;
    else if (high > tooWide * low) found.reason = `known no better than within a factor ${tooWide}`;
    else if (!(low > 0) && found.how !== "measured") found.how += "; how far off is not known";
    return found;
  }

  // Cells by the error that they allow, "" for the family's own: of others those of the largest error that is allowed.
  function chooseCells(known, limit, own) {
    if (limit === own) return known[""];
    const allowed = Object.keys(known).filter((error) => error && Number(error) <= limit * (1 + 1e-9));
    return known[allowed.reduce((most, error) => (Number(error) > Number(most) ? error : most), "0")];
  }

  // Between two measured sizes the log of a ratio is straight where times are: its ends bound what a row may lose.
  function findRegrets(cells, size) {
    const known = (cells || []).sort((a, b) => a[0] - b[0]), at = known.find((c) => c[0] === size);
    const near = at ? [at] : [known.findLast((c) => c[0] < size), known.find((c) => c[0] > size)];
    if (!near.every(Boolean)) return { regrets: new Map(), sizes: [], minutes: 0 };
    const all = near.map((c) => new Map(c[1].filter((r) => r[1] !== null)));
    const shared = [...all[0].keys()].filter((row) => all.every((a) => a.has(row)));
    return {
      regrets: new Map(shared.map((row) => [row, Math.max(...all.map((a) => a.get(row)))])),
      sizes: near.map((c) => c[0]),
      minutes: Math.max(...near.map((c) => c[2] ?? 0)),
    };
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

  const readQuestion = (family) => family.questions.find(([key]) => key === form.question.value);

  function answerPlace(family, series, size, wanted, limit) {
    const [key, , computes, accuracy] = readQuestion(family);
    const all = series.rows.map((row) => predict(family, series.sizes, row, size)).filter((p) => computes.includes(p.computes));
    const own = all.some((p) => p.exact) ? null : accuracy;
    limit ??= own;
    const fits = (p) => (limit === null ? p.exact : p.error >= 0 && p.error <= limit);
    const { regrets, sizes, minutes } = findRegrets(chooseCells(series.answers[key] || {}, limit, own), size);
    const allowed = all.filter((p) => !p.reason && fits(p));
    // Bounds hold among the candidates they were found with: a row that was none of them breaks them.
    const bounded = allowed.every((p) => regrets.has(p.row));
    const rank = (p) => (bounded ? regrets.get(p.row) : 0);
    allowed.sort((a, b) => rank(a) - rank(b) || a.seconds - b.seconds);
    const best = allowed[0], part = add(out, "div", "", best ? "" : "none"), head = add(part, "p", "", "use");
    if (best) add(head, "span", `Use \`${best.name}\``);
    else add(head, "span", all.length ? "Nothing can be recommended" : "No method here answers this");
    add(head, "small", series.place);
    for (const [letter, value] of Object.entries(wanted))
      if (series.fixed[letter] !== undefined && value && series.fixed[letter] !== value)
        add(head, "small", `for ${letter} = ${write(series.fixed[letter])}: ${letter} = ${write(value)} was not measured`, "open");
    if (best) {
      const facts = add(part, "ul", "", "figures"), regret = bounded ? regrets.get(best.row) : NaN;
      const where = sizes.length > 1 ? `, as at ${family.axis} = ${sizes.map(write).join(" and ")}` : "";
      if (allowed.length === 1) add(facts, "li", "nothing else answers this");
      else if (!bounded) add(facts, "li", "the fastest by time; what it may lose is not known");
      else if (regret === 0) add(facts, "li", `nothing is faster${where}`);
      else add(facts, "li", `at most ${writeShare(regret)} slower than the best${where}`, regret > open ? "open" : "");
      add(facts, "li", `${writeSeconds(best)} a call, ${best.how}`);
      if (best.bytes > 0) add(facts, "li", `${writeBytes(best.bytes)} of memory at its peak`);
      if (best.error >= 0) add(facts, "li", `error ${best.error.toExponential(1)}`);
      if (regret > open) {
        const whole = Math.ceil(minutes), told = minutes ? ` About ${write(whole)} minute${whole === 1 ? "" : "s"} would settle it:` : "";
        add(part, "p", `Undetermined.${told} \`python -m benchmarks settle --minutes ${Math.max(10, Math.ceil(minutes))}\``, "note");
      }
      // Whose processes the bound is from, where it is not this machine's.
      if (series.lent !== undefined && bounded && allowed.length > 1) add(part, "p", family.lent[series.lent], "note");
      const next = allowed.slice(1, 4).map((p) => `\`${p.name}\` ${writeSeconds(p)}`);
      if (next.length) add(part, "p", `Next: ${next.join("; ")}.`, "note");
    }
    const reasons = new Map(), gone = all.filter((p) => !allowed.includes(p));
    for (const p of gone) {
      const reason = p.reason || (limit === null ? "not exact" : `error above ${limit}`);
      reasons.set(reason, [...(reasons.get(reason) || []), `\`${p.name}\``]);
    }
    if (!gone.length) return;
    const details = add(part, "details", "", "note");
    add(details, "summary", `${gone.length} left out`);
    add(details, "p", [...reasons].map(([reason, names]) => `${names.join(", ")}: ${reason}`).join("; ") + ".");
  }

  function answer() {
    const family = families[form.family.value], size = Number(form.size.value);
    const accuracy = form.accuracy.value.trim(), given = accuracy === "" ? null : Number(accuracy);
    const [, , computes, own] = readQuestion(family);
    form.accuracy.placeholder = family.rows.some(([, kind, exact]) => exact && computes.includes(kind)) ? "exact" : own;
    out.replaceChildren();
    if (!(size > 0)) return add(out, "p", `The size ${family.axis} must be a positive number.`);
    if (given !== null && !(given > 0)) return add(out, "p", "The error must be a positive number such as 1e-4, or empty for exact methods.");
    const wanted = readWanted(family);
    for (const place of new Set(family.series.map((s) => s.place))) {
      if (form.place.value && form.place.value !== place) continue;
      const here = family.series.filter((s) => s.place === place);
      answerPlace(family, here.reduce((best, s) => (measureDistance(s, wanted) < measureDistance(best, wanted) ? s : best)), size, wanted, given);
    }
    out.append(...out.querySelectorAll(":scope > .none"));
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
    form.querySelector(".axis").textContent = family.size;
    fill(form.question, family.questions.map(([key, words]) => [key, words]));
    fill(form.place, [["", "all"], ...[...new Set(family.series.map((s) => s.place))].map((p) => [p, p])]);
    form.batch.value = longest.fixed.B ?? "";
    const size = Number(form.size.value), sizes = longest.sizes;
    if (!(size >= sizes[0] && size <= sizes.at(-1))) form.size.value = sizes[sizes.length >> 1];
    const settings = form.querySelector(".settings");
    settings.replaceChildren();
    for (const [letter, words] of family.letters) {
      const select = add(add(settings, "label", words), "select");
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
