/** Attachments: chosen with a button, described, removed, sent; opened one by one. */
import { $, h, say, tell } from "./dom.js";
import { download } from "./api.js";
import { size, t } from "./texts.js";

/** Why a file cannot be sent, or "" when it can. */
function refusal(file, limits) {
  if (!limits.attachment_types.includes(file.type)) return t("file_type");
  if (file.size > limits.attachment_bytes) return t("file_size", { size: size(file.size), max: size(limits.attachment_bytes) });
  return file.size ? "" : t("file_empty");
}

export class Picker {
  constructor(limits) {
    this.limits = limits;
    this.file = null;
    $("file").accept = limits.attachment_types.join(",");
    $("attach").onclick = () => $("file").click();
    $("file").onchange = () => this.#chosen($("file").files[0]);
  }

  #chosen(file) {
    $("file").value = "";
    if (!file) return;
    const wrong = refusal(file, this.limits);
    tell($("composer-error"), wrong);
    if (wrong) return;
    this.file = file;
    const about = `${file.name} (${file.type.split("/")[1].toUpperCase()}, ${size(file.size)})`;
    this.description = h("input", { id: "description", maxlength: 300, autocomplete: "off" });
    const remove = h("button", { type: "button", onclick: () => this.remove() }, t("remove_file"));
    $("picked").replaceChildren(h("p", { class: "file" }, about), h("label", { for: "description" }, t("description")), this.description, remove);
    $("picked").hidden = false;
    say(t("file_added", { file: about }));
    this.description.focus();
  }

  remove() {
    say(t("file_removed", { file: this.file.name }));
    this.#clear();
    $("attach").focus();
  }

  /** The chosen file and its description, once; null when there is none. */
  take() {
    const taken = this.file && { file: this.file, description: this.description.value.trim() };
    this.#clear();
    return taken;
  }

  #clear() {
    this.file = null;
    $("picked").replaceChildren();
    $("picked").hidden = true;
  }
}

/** Shows an image in its message, or saves another file under a name that says nothing. */
export async function openAttachment({ id, token }, attachment, slot, button) {
  button.setAttribute("aria-disabled", "true");
  try {
    const blob = await download(`/conversations/${id}/attachments/${attachment.id}`, token);
    const address = URL.createObjectURL(blob);
    if (attachment.type.startsWith("image/")) {
      slot.replaceChildren(h("img", { src: address, alt: attachment.description || t("image_alt") }));
      button.hidden = true;
    } else {
      h("a", { href: address, download: "document.pdf" }).click();
      slot.replaceChildren(h("p", { class: "hint", role: "status" }, t("saved")));
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    }
  } catch {
    slot.replaceChildren(h("p", { class: "error", role: "alert" }, t("file_unavailable")));
  }
  button.removeAttribute("aria-disabled");
}
