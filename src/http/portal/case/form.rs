//! A procedure's form as fields of a page, made from its JSON Schema (`schema/forms`): titles from `x-title`, units
//! from `x-unit`, choices with the titles of their code list. What was entered always stands in its field.

use maud::{Markup, html};
use serde_json::Value;

use super::super::format::{number, unit_symbol};
use super::super::i18n::Tr;
use crate::layers::Catalog;

/// The order of form 01 on paper; other fields follow by name. A JSON object has no order of its own.
const ORDER: [&str; 17] = [
    "reason",
    "investor",
    "type",
    "name",
    "id_number",
    "address",
    "phone",
    "email",
    "use",
    "storeys",
    "basements",
    "height_m",
    "footprint_area_m2",
    "gross_floor_area_m2",
    "setback_m",
    "level_zero_m",
    "designer",
];

/// What fields are made from.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    /// Texts.
    pub tr: Tr,
    /// Code lists.
    pub catalog: &'a Catalog,
    /// Whether the fields may be changed.
    pub editable: bool,
    /// Whether the procedure is for a fixed term, which the form then asks for.
    pub fixed_term: bool,
}

fn in_order(properties: &serde_json::Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut fields: Vec<_> = properties.iter().collect();
    fields.sort_by_key(|(name, _)| {
        (ORDER.iter().position(|o| o == name).unwrap_or(ORDER.len()), name.as_str().to_owned())
    });
    fields
}

fn title(tr: Tr, schema: &Value, name: &str) -> String {
    schema["x-title"][tr.code()].as_str().unwrap_or(name).to_owned()
}

impl Fields<'_> {
    /// The fields of `schema` with `values`; names begin with `prefix` (`form`).
    pub fn all(&self, schema: &Value, values: &Value, prefix: &str) -> Markup {
        let Some(properties) = schema["properties"].as_object() else { return html! {} };
        let required = |name: &str| {
            schema["required"].as_array().is_some_and(|r| r.iter().any(|v| v.as_str() == Some(name)))
        };
        let (groups, plain): (Vec<_>, Vec<_>) = in_order(properties)
            .into_iter()
            .filter(|(name, _)| self.asks_for(name))
            .partition(|(_, s)| s["type"] == "object");
        let group = |name: &str, schema: &Value| {
            html! {
                fieldset {
                    legend { (title(self.tr, schema, name)) }
                    (self.all(schema, &values[name], &format!("{prefix}.{name}")))
                }
            }
        };
        html! {
            @for (name, schema) in groups.iter().filter(|(n, _)| n.as_str() == "investor") { (group(name, schema)) }
            @if prefix == "form" {
                fieldset {
                    legend { (self.tr.t("form-work")) }
                    div class="grid-2" { @for (name, schema) in &plain { (self.field(schema, &values[name.as_str()], prefix, name, required(name))) } }
                }
            } @else {
                div class="grid-2" { @for (name, schema) in &plain { (self.field(schema, &values[name.as_str()], prefix, name, required(name))) } }
            }
            @for (name, schema) in groups.iter().filter(|(n, _)| n.as_str() != "investor") { (group(name, schema)) }
        }
    }

    fn asks_for(&self, name: &str) -> bool {
        self.fixed_term || name != "term_months"
    }

    fn field(&self, schema: &Value, value: &Value, prefix: &str, name: &str, required: bool) -> Markup {
        let tr = self.tr;
        let name_at = format!("{prefix}.{name}");
        let id = name_at.replace('.', "-");
        html! {
            div class="field" {
                label for=(id) { (title(tr, schema, name)) @if required { " " span class="muted small" { (tr.t("required")) } } }
                @if let Some(choices) = schema["enum"].as_array() {
                    select id=(id) name=(name_at) required[required] disabled[!self.editable] {
                        option value="" { (tr.t("choose")) }
                        @for choice in choices.iter().filter_map(Value::as_str) {
                            option value=(choice) selected[value.as_str() == Some(choice)] { (self.choice_title(schema, choice)) }
                        }
                    }
                } @else if matches!(schema["type"].as_str(), Some("number" | "integer")) {
                    (self.number_field(schema, value, &id, &name_at, required))
                } @else if schema["maxLength"].as_u64().is_some_and(|n| n > 500) {
                    textarea id=(id) name=(name_at) required[required] disabled[!self.editable] maxlength=[schema["maxLength"].as_u64()] { (value.as_str().unwrap_or_default()) }
                } @else {
                    input type="text" id=(id) name=(name_at) value=(value.as_str().unwrap_or_default()) required[required]
                        disabled[!self.editable] maxlength=[schema["maxLength"].as_u64()] autocomplete="off";
                }
            }
        }
    }

    fn number_field(&self, schema: &Value, value: &Value, id: &str, name: &str, required: bool) -> Markup {
        let shown = value.as_f64().map(|v| number(self.tr, v, 3)).unwrap_or_default();
        let whole = schema["type"] == "integer";
        let least = schema["minimum"].as_f64().map(|m| m.to_string());
        let input = html! {
            input type="text" id=(id) name=(name) value=(shown) required[required] disabled[!self.editable] data-type="number"
                data-min=[least] inputmode=(if whole { "numeric" } else { "decimal" }) autocomplete="off";
        };
        match schema["x-unit"].as_str() {
            Some(unit) => html! { div class="with-unit" { (input) span { (unit_symbol(self.tr, unit)) } } },
            None => input,
        }
    }

    /// Title of a choice: from its code list, else from the portal's texts.
    fn choice_title(&self, schema: &Value, choice: &str) -> String {
        let list = schema["x-codes"].as_str().and_then(|id| self.catalog.code_lists.get(id));
        let titled = list.and_then(|l| l.codes.iter().find(|c| c.code == choice));
        titled.map_or_else(
            || self.tr.or(&format!("choice-{}", choice.replace('_', "-")), choice),
            |c| self.tr.of(&c.title).to_owned(),
        )
    }

    /// The same values to be read only: a list of terms.
    pub fn read(&self, schema: &Value, values: &Value) -> Markup {
        let mut rows = Vec::new();
        self.rows(schema, values, "", &mut rows);
        html! {
            dl class="facts" { @for (name, value) in &rows { dt { (name) } dd { (value) } } }
        }
    }

    fn rows(&self, schema: &Value, values: &Value, group: &str, rows: &mut Vec<(String, String)>) {
        let Some(properties) = schema["properties"].as_object() else { return };
        for (name, field) in in_order(properties) {
            let value = &values[name.as_str()];
            let label = title(self.tr, field, name);
            let label = if group.is_empty() { label } else { format!("{group}: {}", label.to_lowercase()) };
            match value {
                Value::Null => {}
                Value::Object(_) => self.rows(field, value, &title(self.tr, field, name), rows),
                Value::Number(n) => {
                    let unit = field["x-unit"].as_str().map(|u| format!("\u{a0}{}", unit_symbol(self.tr, u)));
                    let shown = number(self.tr, n.as_f64().unwrap_or_default(), 3);
                    rows.push((label, format!("{shown}{}", unit.unwrap_or_default())));
                }
                Value::String(text) if field["enum"].is_array() => {
                    rows.push((label, self.choice_title(field, text)));
                }
                Value::String(text) => rows.push((label, text.clone())),
                other => rows.push((label, other.to_string())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::Lang;

    fn schema() -> Value {
        json!({"type": "object", "required": ["use"], "properties": {
            "use": {"enum": ["house_single"], "x-title": {"vi": "Công năng", "en": "Use"}},
            "height_m": {"type": "number", "minimum": 0, "x-unit": "m", "x-title": {"vi": "Chiều cao", "en": "Height"}},
            "investor": {"type": "object", "x-title": {"vi": "Chủ đầu tư", "en": "Investor"}, "properties": {
                "name": {"type": "string", "maxLength": 200, "x-title": {"vi": "Tên", "en": "Name"}}}}}})
    }

    #[test]
    fn what_was_entered_stands_in_its_field() {
        let catalog = Catalog::default();
        let fields = Fields { tr: Tr(Lang::Vi), catalog: &catalog, editable: true, fixed_term: false };
        let values = json!({"height_m": 6.5, "use": "house_single", "investor": {"name": "Lê \"A\""}});
        let html = fields.all(&schema(), &values, "form").into_string();
        for part in [
            "name=\"form.height_m\" value=\"6,5\"",
            "name=\"form.investor.name\" value=\"Lê &quot;A&quot;\"",
            "value=\"house_single\" selected",
            "data-type=\"number\"",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }

    #[test]
    fn the_investor_comes_before_the_work() {
        let catalog = Catalog::default();
        let fields = Fields { tr: Tr(Lang::En), catalog: &catalog, editable: true, fixed_term: false };
        let html = fields.all(&schema(), &Value::Null, "form").into_string();
        assert!(html.find("form.investor.name").unwrap() < html.find("form.height_m").unwrap());
    }

    #[test]
    fn reads_with_units() {
        let catalog = Catalog::default();
        let fields = Fields { tr: Tr(Lang::Vi), catalog: &catalog, editable: false, fixed_term: false };
        let html = fields.read(&schema(), &json!({"height_m": 6.5, "investor": {"name": "A"}})).into_string();
        assert!(html.contains("6,5\u{a0}m") && html.contains("Chủ đầu tư: tên"), "{html}");
    }
}
