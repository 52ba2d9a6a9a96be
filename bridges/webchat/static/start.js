/** The first view: what this is, two optional fields, one button. */
import { $, tell } from "./dom.js";
import { call } from "./api.js";
import { language, t } from "./texts.js";

function postcode() {
  return $("unknown").checked ? "" : $("postcode").value.replace(/\s/g, "");
}

function wrongPostcode() {
  const wrong = postcode() && !/^\d{5}$/.test(postcode());
  tell($("postcode-error"), wrong ? t("postcode_wrong") : "");
  $("postcode").setAttribute("aria-invalid", String(Boolean(wrong)));
  if (wrong) {
    $("options").open = true;
    $("postcode").focus();
  }
  return wrong;
}

function refused(error) {
  if (error.status === 429) return t("busy", { n: error.wait || 30 });
  return error.status ? `${t("start_refused")} ${error.detail}` : t("start_offline");
}

/** Prepares the form; `context`: what the citizen was reading; `onStart({id, token, reference})` when the server has opened a conversation. */
export function startForm(entry, context, onStart) {
  $("context").hidden = !context;
  const button = $("go");
  $("unknown").onchange = () => { $("postcode").disabled = $("unknown").checked; };
  $("start-form").onsubmit = async (event) => {
    event.preventDefault();
    if (wrongPostcode() || button.ariaDisabled === "true") return;
    button.setAttribute("aria-disabled", "true");
    tell($("start-error"), "");
    const body = { entry_point: entry, language, consent: true };
    if ($("pseudonym").value.trim()) body.pseudonym = $("pseudonym").value.trim();
    if (postcode()) body.postcode = postcode();
    if (context) body.context = context.slice(0, 200);
    try {
      onStart(await call("POST", "/conversations", { body }));
      $("start-form").reset();
      $("postcode").disabled = false;
    } catch (error) {
      tell($("start-error"), refused(error));
    }
    button.removeAttribute("aria-disabled");
  };
}
