// What makes the pages quicker to use; all of them work without it.
"use strict";

document.addEventListener("keydown", (event) => {
  const field = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  const writes = event.target.matches("input, select, textarea");
  if (field && !writes && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field.focus();
    field.select();
  }
});

// A list is narrowed as soon as a choice is made, and fields that say nothing stay out of the address.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", () => {
    for (const field of form.elements) field.disabled ||= field.name && !field.value;
  });
  form.addEventListener("formdata", () => {
    setTimeout(() => {
      for (const field of form.elements) field.disabled = false;
    });
  });
}
for (const choice of document.querySelectorAll(".filter select")) {
  choice.addEventListener("change", () => choice.form.requestSubmit());
}

// A command is copied by a click.
for (const command of document.querySelectorAll("code.command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy the command: ${command.textContent}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(command);  // for Ctrl-C, where the browser does not let a page copy
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  command.after(" ", button);
}
