// The form: reads what is asked, and tells what `arithmetic`, which stands before this, answers. Without it a table of the
// rules stands there.
(function () {
  "use strict";
  const form = document.querySelector(".ask"), out = document.querySelector(".answer");
  const { CONFIDENCE, find_answer, find_series, list_unlike, write_bound, write_size } = arithmetic;
  const SHARE = `${Math.round(100 * CONFIDENCE)} %`; // of its intervals: the report's others are of 95 %
  const families = JSON.parse(document.querySelector(".form-data").textContent);
  if (!form.family.options.length) return; // nothing was timed: what stands there without JavaScript stays

  // Words.
  const UNITS = { s: [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]], B: [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]] };

  function scale(value, units) {
    return UNITS[units].find(([factor]) => value >= factor * 0.9995) || UNITS[units].at(-1);
  }

  // Digits as far as the interval justifies them, as everywhere in the report.
  function writeSeconds({ seconds, low, high }) {
    const [factor, unit] = scale(seconds, "s"), values = [seconds, low, high].map((v) => v / factor);
    const width = values[2] - values[1];
    if (!(width > 0)) return `${Number(values[0].toPrecision(3))} [–] ${unit}`;
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

  // A row as the digest has it: a measured size has its own interval, and just beside it that of a prediction.
  function unpackRow(family, sizes, [index, knots, errors, bytes, holes, end]) {
    const [row, computes, exact] = family.rows[index];
    const knot = (size, value, low, high, how) => ({ size, seconds: value * 1e-6, low: low * 1e-6 || NaN, high: high * 1e-6 || NaN, how });
    const predict = (size, value, factor) => knot(size, value, factor && value / factor, value * factor);
    const unfold = ([size, value, low, high, below, above]) => (high === undefined ? [predict(size, value, low)] : [
      predict(size * (1 - 1e-6), value, below), knot(size, value, low, high, "measured"), predict(size * (1 + 1e-6), value, above),
    ]);
    const pair = (values) => sizes.map((size, j) => [size, values[j] ?? null]).filter((known) => known[1] !== null);
    return {
      row, computes, exact, knots: knots.flatMap(unfold), errors: pair(errors), bytes: pair(bytes),
      refused: pair(holes.map((reason) => family.reasons[reason])), ends: end && [end[0], family.reasons[end[1]]],
    };
  }

  // A question's cells as the digest has them, by the error that they allow, "" for the family's own.
  function unpackCells(family, known) {
    return Object.entries(known).flatMap(([accuracy, cells]) => cells.map(([size, candidates, minutes]) => ({
      size, accuracy: accuracy ? Number(accuracy) : null, minutes: minutes ?? NaN,
      candidates: candidates.map(([index, regret]) => ({ row: family.rows[index][0], regret: regret ?? NaN })),
    })));
  }

  function readWanted(family) {
    const batch = Number(form.batch.value), wanted = batch > 0 ? { B: batch } : {};
    for (const select of form.querySelectorAll(".settings select")) {
      const values = family.series.map((s) => s.fixed[select.name]);
      wanted[select.name] = values.find((v) => String(v) === select.value);
    }
    return wanted;
  }

  const readQuestion = (family) => family.questions.find(([key]) => key === form.question.value);

  function answerPlace(family, series, size, wanted, accuracy) {
    const [key, , computes, own] = readQuestion(family);
    const rows = series.rows.map((row) => unpackRow(family, series.sizes, row)).filter((row) => computes.includes(row.computes));
    const cells = unpackCells(family, series.answers[key] || {});
    const { ranked, excluded, regret, at, open, minutes, ...held } = find_answer(rows, cells, family.axis, size, accuracy, own);
    const best = ranked[0], part = add(out, "div", "", best ? "" : "none"), head = add(part, "p", "", "use");
    if (best) add(head, "span", `Use \`${best.row}\``);
    else add(head, "span", rows.length ? "Nothing can be recommended" : "No method here answers this");
    add(head, "small", series.place);
    for (const [letter, asked, known] of list_unlike(series.fixed, wanted))
      add(head, "small", `for ${letter} = ${write_size(known)}: ${letter} = ${write_size(asked)} was not measured`, "open");
    if (best) {
      const facts = add(part, "ul", "", "figures"), unsure = best.low > 0 || best.how === "measured" ? "" : "; how far off is not known";
      const where = at.length > 1 ? `, as at ${family.axis} = ${at.map(write_size).join(" and ")}` : "";
      if (ranked.length === 1) add(facts, "li", "nothing else answers this");
      else if (Number.isNaN(regret)) add(facts, "li", "the fastest by time; what it may lose is not known");
      else if (regret === 0) add(facts, "li", `nothing is faster${where}`);
      else add(facts, "li", `at most ${write_bound(regret)} slower than the best${where}`, open ? "open" : "");
      add(facts, "li", `${writeSeconds(best)} a call${best.low > 0 ? ` (${SHARE} interval)` : ""}, ${best.how}${unsure}`);
      if (best.peak_bytes > 0) add(facts, "li", `${writeBytes(best.peak_bytes)} of memory at its peak`);
      if (best.error >= 0) add(facts, "li", `error ${best.error.toExponential(1)}`);
      // In a single file the family's page is a part of this one.
      const page = form.family.value, inside = document.getElementById(`${page}-sources`);
      add(add(facts, "li"), "a", "what it is").href = inside ? `#${page}-sources` : `${page}.html#sources`;
      if (open) {
        const whole = Math.ceil(minutes || 0), told = whole ? ` About ${write_size(whole)} minute${whole === 1 ? "" : "s"} would settle it:` : "";
        add(part, "p", `Undetermined.${told} \`python -m benchmarks settle --minutes ${Math.max(10, whole)}\``, "note");
      }
      // Whose processes the bound is from, where it is not this machine's.
      if (series.lent !== undefined && at.length && ranked.length > 1) add(part, "p", family.lent[series.lent], "note");
      const others = ranked.slice(1, 4), next = others.map((p) => `\`${p.row}\` ${writeSeconds(p)}`);
      const told = others.some((p) => p.low > 0) ? ` (${SHARE} intervals)` : "";
      if (next.length) add(part, "p", `Next${told}: ${next.join("; ")}.`, "note");
    }
    const reasons = new Map();
    for (const p of excluded) {
      const reason = p.reason || (held.accuracy === null ? "not exact" : `error above ${held.accuracy}`);
      reasons.set(reason, [...(reasons.get(reason) || []), `\`${p.row}\``]);
    }
    if (!excluded.length) return;
    const details = add(part, "details", "", "note");
    add(details, "summary", `${excluded.length} left out`);
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
      answerPlace(family, find_series(here, wanted), size, wanted, given);
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
