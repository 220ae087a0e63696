// Sorting and filtering of the table. Without it the page is all there, in the order in which it was delivered.
"use strict";
(() => {
  const table = document.querySelector(".data table");
  const body = table.tBodies[0];
  const delivered = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const status = document.querySelector(".status");
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const isText = (head) => head.dataset.kind === "text";

  const compare = (head, one, other) =>
    isText(head) || head.dataset.kind === "date" || head.dataset.kind === "yesNo"
      ? collator.compare(one, other)
      : Number(one) - Number(other);

  // What is unknown, or not there, comes last in either direction.
  const sorted = (at, direction) =>
    [...delivered].sort((one, other) => {
      const [a, b] = [one.cells[at].dataset.sort, other.cells[at].dataset.sort];
      if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
      return direction * compare(heads[at], a, b);
    });

  const show = (rows, says) => {
    body.append(...rows);
    status.textContent = says;
  };

  // First the way one looks for: text from A, figures from the largest. Then the other way round, then as delivered.
  const turn = (at) => {
    const head = heads[at];
    const ways = isText(head) ? ["ascending", "descending"] : ["descending", "ascending"];
    const next = ways[ways.indexOf(head.getAttribute("aria-sort")) + 1];
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    if (next === undefined) return show(delivered, "In the order of what to act on");
    head.setAttribute("aria-sort", next);
    show(sorted(at, next === "ascending" ? 1 : -1), `Sorted by ${head.textContent}, ${next}`);
  };

  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => turn(at));
    head.append(button);
  });

  const label = document.querySelector(".filter");
  const field = label.querySelector("input");
  label.hidden = false;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of delivered) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const shown = delivered.filter((row) => !row.hidden).length;
    status.textContent = `${shown} of ${delivered.length} rows`;
  });
})();
