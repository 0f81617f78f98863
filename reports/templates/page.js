"use strict";
for (const field of document.querySelectorAll("input[data-table]")) {
  const rows = document.querySelectorAll("#" + field.dataset.table + " tbody tr");
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) {
      row.hidden = wanted !== "" && !row.classList.contains("head") &&
        !row.textContent.toLowerCase().includes(wanted);
    }
  });
}
const folds = [...document.querySelectorAll("details")];
let closed = [];
addEventListener("beforeprint", () => {
  closed = folds.filter((fold) => !fold.open);
  for (const fold of closed) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of closed) fold.open = false;
});
const openTarget = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target && target.closest("details");
  if (fold) fold.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();
