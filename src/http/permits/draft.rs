//! What an applicant enters, checked at the door: kind in force, parcels that exist, a form without wrong values.
//! What is still missing is no fault of a draft; the completeness gate asks for it at submission.

use std::collections::BTreeSet;

use chrono::Utc;
use geozero::{CoordDimensions, ToWkb};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::casework::text;
use super::place::from_crs84;
use crate::error::{Error, Result};
use crate::http::auth::User;
use crate::http::family;
use crate::jobs::parcels::find_parcel;
use crate::permit::calendar::local_date;
use crate::permit::law::Procedure;
use crate::state::AppState;
use crate::store::permits::Work;
use crate::store::permits::drafts::Draft;
use crate::text::Lang;

/// Fields of a form that hold personal data; they are kept apart from the technical ones.
const PERSONAL_FIELDS: [&str; 3] = ["investor", "designer", "representative"];
/// Most parcels of one application.
const MAX_PARCELS: usize = 200;
/// Most works of one application.
const MAX_WORKS: usize = 50;
/// Longest title, in characters.
const MAX_TITLE: usize = 300;

/// Body of `POST /applications` and `PUT /applications/{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApplication {
    pub(super) kind: String,
    #[serde(default)]
    parcel: Option<String>,
    #[serde(default)]
    parcels: Vec<String>,
    #[serde(default)]
    site: Option<Value>,
    #[serde(default)]
    works: Vec<Work>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    form: Option<Value>,
    #[serde(default)]
    pub(super) channel: Option<String>,
    #[serde(default)]
    pub(super) external_code: Option<String>,
    #[serde(default)]
    parent_permit: Option<String>,
}

/// The draft that a body describes.
pub(super) async fn parse(state: &AppState, body: NewApplication, user: &User) -> Result<Draft> {
    let procedure = state.law.procedure(&body.kind, local_date(Utc::now()))?;
    check_origin(&body)?;
    let (form, parties, investor_type) = split(check_form(state, &procedure, body.form)?);
    let parcels = parcels(state, user, body.parcel, body.parcels).await?;
    let site = match &body.site {
        Some(site) => {
            let geometry = from_crs84("site", site)?;
            Some(geometry.to_wkb(CoordDimensions::xy()).map_err(|e| Error::internal("write a site", e))?)
        }
        None => None,
    };
    if parcels.is_empty() && site.is_none() && !procedure.parent_permit {
        return Err(Error::invalid(
            "parcel",
            "cần mã thửa đất (hoặc site cho công trình theo tuyến)",
            "a parcel code is needed (or a site for linear works)",
        ));
    }
    let parent_permit = parent(state, &procedure, body.parent_permit.as_deref(), user).await?;
    Ok(Draft {
        works: works(body.works, &form)?,
        kind: body.kind,
        title: title(&body.title)?,
        investor_type,
        form,
        parties,
        parcels,
        site,
        parent_permit,
    })
}

fn title(given: &str) -> Result<String> {
    if given.trim().is_empty() { Ok(String::new()) } else { text("title", given) }.and_then(|t| {
        if t.chars().count() <= MAX_TITLE {
            return Ok(t);
        }
        Err(Error::invalid(
            "title",
            format!("dài quá {MAX_TITLE} ký tự"),
            format!("longer than {MAX_TITLE} characters"),
        ))
    })
}

/// A channel's own number needs its channel, and the other way round nothing: the portal files without one.
fn check_origin(body: &NewApplication) -> Result<()> {
    let fine = |s: &str| {
        (1..=100).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_graphic() && !b"/?#%\\".contains(&b))
    };
    for (name, value) in [("channel", &body.channel), ("external_code", &body.external_code)] {
        if value.as_deref().is_some_and(|v| !fine(v)) {
            return Err(Error::invalid(
                name,
                "cần 1–100 ký tự ASCII, không có dấu cách và / ? # %",
                "1-100 ASCII characters without spaces and / ? # % were expected",
            ));
        }
    }
    if body.external_code.is_some() && body.channel.is_none() {
        return Err(Error::invalid("channel", "cần có khi gửi external_code", "needed with external_code"));
    }
    Ok(())
}

/// The form as an object without wrong values.
fn check_form(state: &AppState, procedure: &Procedure, form: Option<Value>) -> Result<Map<String, Value>> {
    let form = form.unwrap_or_else(|| json!({}));
    if let Some(schema) = state.law.form(&procedure.form)
        && let Some(problem) = schema.problems_of_draft(&form).into_iter().next()
    {
        let at = format!("form{}", problem.pointer);
        return Err(Error::invalid(at, format!("giá trị không đúng: {}", problem.reason), problem.reason));
    }
    match form {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::invalid("form", "cần một đối tượng JSON", "an object was expected")),
    }
}

/// Technical fields, personal fields, investor type.
fn split(mut form: Map<String, Value>) -> (Value, Value, Option<String>) {
    let mut parties = Map::new();
    for name in PERSONAL_FIELDS {
        if let Some(value) = form.remove(name) {
            parties.insert(name.to_owned(), value);
        }
    }
    let kind = parties.get("investor").and_then(|i| i["type"].as_str()).map(str::to_owned);
    (Value::Object(form), Value::Object(parties), kind)
}

async fn parcels(
    state: &AppState,
    user: &User,
    one: Option<String>,
    many: Vec<String>,
) -> Result<Vec<String>> {
    let codes: Vec<String> = one.into_iter().chain(many).collect();
    if codes.len() > MAX_PARCELS {
        let (vi, en) = (format!("nhiều nhất {MAX_PARCELS} thửa"), format!("at most {MAX_PARCELS} parcels"));
        return Err(Error::invalid("parcels", vi, en));
    }
    let mut seen = BTreeSet::new();
    for code in &codes {
        if !seen.insert(code) {
            return Err(Error::invalid(
                "parcels",
                format!("thửa {code} ghi hai lần"),
                format!("{code} stands twice"),
            ));
        }
        if find_parcel(state, code)?.is_none() {
            return Err(no_parcel(state, user, code).await);
        }
    }
    Ok(codes)
}

/// Says that there is no parcel of this code, and which ones it was split or merged into, if it was.
async fn no_parcel(state: &AppState, user: &User, code: &str) -> Error {
    // The names are of the parcels' codes alone: the language does not matter.
    let became = match family::parcels_of_today(state, &user.principal(), code, Lang::Vi).await {
        Ok(became) => became,
        Err(other) => return other,
    };
    let codes: Vec<String> = became.into_iter().filter_map(|r| r.label).collect();
    if codes.is_empty() {
        return Error::invalid(
            "parcel",
            format!("không có thửa đất mã {code}"),
            format!("there is no parcel with code {code}"),
        );
    }
    let codes = codes.join(", ");
    Error::invalid(
        "parcel",
        format!("thửa {code} đã tách, hợp; nay là {codes}"),
        format!("parcel {code} was split or merged; it is now {codes}"),
    )
}

/// One work by default, named after what the form says it is used for.
fn works(given: Vec<Work>, form: &Value) -> Result<Vec<Work>> {
    if given.len() > MAX_WORKS {
        let (vi, en) = (format!("nhiều nhất {MAX_WORKS} công trình"), format!("at most {MAX_WORKS} works"));
        return Err(Error::invalid("works", vi, en));
    }
    if given.is_empty() {
        let use_ = form["use"].as_str().map(str::to_owned);
        return Ok(vec![Work { id: "1".to_owned(), name: "Công trình".to_owned(), use_ }]);
    }
    let mut seen = BTreeSet::new();
    for work in &given {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if !(1..=40).contains(&work.id.len()) || !work.id.bytes().all(plain) || !seen.insert(&work.id) {
            return Err(Error::invalid(
                "works/id",
                "mã công trình gồm 1–40 chữ, số, - hoặc _, không trùng nhau",
                "ids of works are 1-40 letters, digits, - or _, each once",
            ));
        }
        text("works/name", &work.name)?;
    }
    Ok(given)
}

/// The permit that an adjustment, extension … is about: the applicant's own, in a state that allows it.
async fn parent(
    state: &AppState,
    procedure: &Procedure,
    code: Option<&str>,
    user: &User,
) -> Result<Option<uuid::Uuid>> {
    let Some(code) = code else {
        if procedure.parent_permit {
            return Err(Error::invalid(
                "parent_permit",
                "thủ tục này cần mã giấy phép đã cấp",
                "this procedure needs the code of an issued permit",
            ));
        }
        return Ok(None);
    };
    if !procedure.parent_permit {
        return Err(Error::invalid(
            "parent_permit",
            "thủ tục này không gắn với giấy phép đã cấp",
            "this procedure is not about an issued permit",
        ));
    }
    let unknown =
        || Error::invalid("parent_permit", format!("không có giấy phép {code}"), format!("no permit {code}"));
    let permit = state.store.find_permit(code).await?.ok_or_else(unknown)?;
    let case = state.store.find_dossier(permit.application).await?.ok_or_else(unknown)?;
    if !case.parties.contains(&user.account.id) {
        return Err(unknown());
    }
    if !procedure.parent_states.contains(&permit.state) {
        return Err(Error::conflict(
            format!("Giấy phép đang ở trạng thái {}, thủ tục này không áp dụng.", permit.state),
            format!("The permit is {}; this procedure does not apply.", permit.state),
        ));
    }
    Ok(Some(permit.id))
}
