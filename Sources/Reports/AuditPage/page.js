// What a page does besides showing everything, which works without it: larger pictures, and galleries that are filtered,
// sorted, and shown part by part.
"use strict";
(() => {
  const make = (name, words = "", properties = {}) =>
    Object.assign(document.createElement(name), { textContent: words }, properties);

  // Pictures: a click, a tap or Enter shows one larger; the arrow keys lead to those beside it.
  const pictures = [...document.querySelectorAll(".example img")];
  const dialog = make("dialog", "", { className: "larger", ariaLabel: "Larger picture" });
  const [shown, caption] = [make("img"), make("p")];
  const close = make("button", "Close", { type: "button", onclick: () => dialog.close() });
  dialog.append(shown, caption, close);
  let place = 0;
  const show = to => {
    if (!pictures[to]) return;
    place = to;
    shown.src = pictures[to].src;
    shown.alt = pictures[to].alt;
    shown.className = pictures[to].className;
    caption.textContent = [...pictures[to].parentElement.children].slice(1).map(line => line.textContent).join(", ");
    if (dialog.open) return;
    document.body.append(dialog);
    dialog.showModal();
  };
  pictures.forEach((picture, number) => {
    picture.tabIndex = 0;
    picture.setAttribute("role", "button");
    picture.addEventListener("click", () => show(number));
    picture.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        show(number);
      }
    });
  });
  dialog.addEventListener("keydown", event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) show(place + step);
  });
  dialog.addEventListener("click", event => {
    if (event.target === dialog) dialog.close();
  });

  // Galleries.
  const [few, atOnce] = [12, 24];
  const labelsOf = figure => [...figure.querySelectorAll(".label, .other")].map(label => label.textContent);
  for (const gallery of document.querySelectorAll("section:not(#summary) > .gallery")) {
    const listed = [...gallery.children];
    if (listed.length <= few) continue;
    const classes = new Set(listed.flatMap(labelsOf));
    const controls = make("form", "", { className: "controls", onsubmit: event => event.preventDefault() });
    const field = (words, control) => {
      const label = make("label", words);
      label.append(control);
      controls.append(label);
      return control;
    };
    const choice = options => {
      const select = make("select");
      select.append(...options.map(words => make("option", words)));
      return select;
    };
    const chosen = field("Class", choice(["any", ...[...classes].sort()]));
    const order = field("Order", choice(["as listed", "by number"]));
    const search = field("Number or name", make("input", "", { type: "search" }));
    const status = make("span", "", { className: "found" });
    status.setAttribute("role", "status");
    controls.append(status);
    const more = make("button", "Show more", { type: "button", className: "more" });
    gallery.before(controls);
    gallery.after(more);
    let most = atOnce;
    const number = figure => Number(figure.dataset.number);
    const update = () => {
      const part = search.value.trim().toLowerCase();
      const found = listed.filter(figure =>
        (chosen.value === "any" || labelsOf(figure).includes(chosen.value)) &&
        (!part || figure.textContent.toLowerCase().includes(part)));
      if (order.value === "by number") found.sort((a, b) => number(a) - number(b));
      gallery.replaceChildren(...found.slice(0, most));
      status.textContent = `${Math.min(most, found.length)} of ${found.length}`;
      more.hidden = found.length <= most;
    };
    for (const control of [chosen, order, search]) {
      control.addEventListener("input", () => {
        most = atOnce;
        update();
      });
    }
    more.addEventListener("click", () => {
      most += atOnce;
      update();
    });
    update();
  }
  addEventListener("beforeprint", () => document.querySelectorAll(".more").forEach(button => {
    while (!button.hidden) button.click();
  }));
})();
