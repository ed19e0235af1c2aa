// Makes the tables sortable. Without scripts, the page has everything but that.
for (const table of document.querySelectorAll("table.rows")) {
  const body = table.tBodies[0];
  const planned = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const next = {ascending: "descending", descending: null}[head.ariaSort] ?? (head.ariaSort ? null : "ascending");
      heads.forEach(other => other.removeAttribute("aria-sort"));
      const text = row => row.cells[column].innerText.trim();
      const rows = [...planned];
      if (next) {
        head.setAttribute("aria-sort", next);
        rows.sort((one, other) => text(one).localeCompare(text(other), undefined, {numeric: true}));
        if (next === "descending") rows.reverse();
      }
      body.replaceChildren(...rows);
    });
  });
}
