/** Questions with ready answers: buttons (choice, slots) or a scale. They stay readable once answered. */
import { h, newId } from "./dom.js";
import { t } from "./texts.js";

/** A scale as native radio buttons: arrow keys, labels at both ends, nothing told by colour alone. */
export function scale({ min = 0, max = 10, low, high }, name) {
  const choices = [];
  for (let value = min; value <= max; value += 1) {
    choices.push(h("label", {}, h("input", { type: "radio", name, value, autocomplete: "off" }), h("span", {}, String(value))));
  }
  return h("div", { class: "scale" }, h("div", { class: "radios" }, ...choices),
    h("p", { class: "ends hint" }, h("span", {}, `${min} : ${low}`), h("span", {}, `${max} : ${high}`)));
}

function scaleForm(prompt, legend, answer) {
  const name = `s${newId()}`;
  const error = h("p", { class: "error", role: "alert", hidden: true });
  return h("form", {
    onsubmit: (event) => {
      event.preventDefault();
      const chosen = event.target.querySelector("input:checked");
      error.hidden = Boolean(chosen);
      error.textContent = chosen ? "" : t("choose_value");
      if (chosen) answer({ value: Number(chosen.value) }, chosen.value);
    },
  }, h("fieldset", {}, h("legend", {}, legend), scale({ ...prompt, low: t("worst"), high: t("best") }, name)), error,
  h("button", { type: "submit" }, t("answer")));
}

function buttons(prompt, legend, answer) {
  const made = prompt.options.map((option) => h("button", {
    type: "button",
    onclick: (event) => event.currentTarget.ariaDisabled !== "true" && answer({ option: option.id }, option.label),
  }, option.label));
  return h("div", { role: "group", "aria-label": legend, class: `options ${prompt.kind}` }, ...made);
}

export class Prompt {
  /** `onAnswer({prompt, option | value}, label)` is called once. */
  constructor(prompt, legend, onAnswer) {
    this.prompt = prompt;
    this.answered = false;
    const answer = (content, label) => {
      if (this.answered) return;
      this.close(label);
      onAnswer({ prompt: prompt.id, ...content }, label);
    };
    const build = prompt.kind === "scale" ? scaleForm : buttons;
    this.choices = prompt.kind === "text" ? h("div") : build(prompt, legend || t("choose"), answer);
    this.chosen = h("p", { class: "chosen", hidden: true });
    this.element = h("div", { class: "prompt" }, this.choices, this.chosen);
  }

  /** Answered: the buttons stay where they are, readable and reachable, and do nothing any more. */
  close(label) {
    this.answered = true;
    for (const control of this.choices.querySelectorAll("button")) control.setAttribute("aria-disabled", "true");
    for (const control of this.choices.querySelectorAll("input")) control.disabled = true;
    for (const control of this.choices.querySelectorAll("form button")) control.hidden = true;
    this.chosen.textContent = t("your_answer", { answer: label });
    this.chosen.hidden = !label;
  }
}
