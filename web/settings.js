// The settings of the command line as fields of a form, grouped, and the keys of model services as present or missing.
import { h } from "./dom.js";

function field(setting) {
  const id = "setting-" + setting.key, given = setting.given || setting.default;
  const input = setting.choices.length
    ? h("select", { id, name: setting.key, "aria-describedby": id + "-help" },
      setting.choices.map((choice) => h("option", { value: choice, selected: choice === (given || setting.now) }, choice)))
    : h("input", { id, name: setting.key, value: setting.given, placeholder: setting.now || "none", "aria-describedby": id + "-help", autocomplete: "off" });
  input.dataset.start = input.value;
  // A flag without an argument says what it turns on or off; here its setting is chosen by name.
  const name = setting.argument ? setting.flag.replace(/^--/, "") : setting.key.replace("_", " ");
  return h("div", { class: "field" }, h("label", { for: id }, name), input, h("span", { class: "help", id: id + "-help" }, setting.meaning));
}

/** The groups of settings that a run may be given; `open` names the group that is unfolded. */
export function settingGroups(settings, open) {
  const groups = new Map();
  for (const setting of settings) {
    if (!setting.choosable || (!setting.flag && !setting.variable)) continue;
    if (!groups.has(setting.group)) groups.set(setting.group, []);
    groups.get(setting.group).push(field(setting));
  }
  return [...groups].map(([group, fields]) => h("details", { open: group === open, "data-group": group }, h("summary", {}, group), fields));
}

/** What was chosen in a form's settings, other than what stood there at first. */
export function chosenSettings(form) {
  const settings = {};
  for (const input of form.querySelectorAll("[data-start]")) if (input.value !== input.dataset.start) settings[input.name] = input.value;
  return settings;
}

/** Which services have the key that they need. */
export function serviceKeys(providers) {
  const rows = providers.services.filter((service) => service.key_variable);
  const state = (service) => (service.key === "set" ? h("span", { class: "badge good" }, "present") : h("span", { class: "badge" }, "missing"));
  return h("details", {}, h("summary", {}, "Keys of model services"),
    h("p", { class: "small quiet" }, "Keys are read from the environment of ", h("code", {}, "kernelagent ui"), "; they are never shown or sent."),
    h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "service"), h("th", {}, "variable"), h("th", {}, "key"))),
      h("tbody", {}, rows.map((service) => h("tr", {}, h("td", {}, service.prefix || service.name), h("td", { class: "mono" }, service.key_variable), h("td", {}, state(service))))))));
}
