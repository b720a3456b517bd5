//! Who changed something, through what and why, in the reader's language. What people wrote stays as they wrote it;
//! what the program wrote is told anew.

use super::i18n::Tr;
use super::page::Visit;
use crate::access::{self, Principal};
use crate::layers::Catalog;
use crate::permit::law::Law;
use crate::state::AppState;
use crate::store::history::revisions::Origin;
use crate::store::reasons::Reason;

/// What the words are made from: the reader, his language, and what layers and events are called.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub tr: Tr,
    pub who: &'a Principal,
    pub catalog: &'a Catalog,
    pub law: &'a Law,
}

impl<'a> Words<'a> {
    /// Those of a visit.
    pub fn new(visit: &'a Visit, state: &'a AppState, catalog: &'a Catalog) -> Self {
        Self { tr: visit.tr, who: &visit.who, catalog, law: &state.law }
    }

    /// Why a change of the log was made.
    pub fn why(self, origin: &Origin) -> String {
        self.reason(&origin.client, &origin.reason, origin.undoes)
    }

    /// The reason of a change that came in through `client` and takes `undoes` back.
    pub fn reason(self, client: &str, reason: &str, undoes: Option<i64>) -> String {
        let tr = self.tr;
        match Reason::of(client, reason, undoes) {
            None => reason.to_owned(),
            Some(Reason::LayerFiles) => tr.t("told-layer-files"),
            Some(Reason::LayerFilesOfVersion) => tr.t("told-layer-files-version"),
            Some(Reason::Sample) => tr.t("told-sample"),
            Some(Reason::Import(files)) => tr.with("told-import", &[("files", files)]),
            Some(Reason::Undo { revision, given }) => {
                let number = revision.to_string();
                let key = if given.is_empty() { "told-undo" } else { "told-undo-given" };
                tr.with(key, &[("revision", &number), ("given", given)])
            }
            Some(Reason::Communes) => tr.t("told-communes"),
            Some(Reason::Quality(id)) => {
                // What was checked is named to who may see it.
                let layer =
                    self.catalog.layer(id).filter(|l| access::view(self.who, l, self.catalog).is_some());
                layer.map_or_else(
                    || tr.t("told-quality"),
                    |l| tr.with("told-quality-of", &[("layer", tr.of(&l.title))]),
                )
            }
            Some(Reason::PermitEvent(event)) => self.event(event),
        }
    }

    fn event(self, event: &str) -> String {
        let machines = ["application", "permit", "start_notice"].map(|id| self.law.machine(id));
        let title = machines.iter().flatten().flat_map(|m| &m.transitions).find(|t| t.event == event);
        match title {
            Some(t) => self.tr.with("told-event", &[("event", self.tr.of(&t.title))]),
            None => self.tr.or(&format!("event-{event}"), event),
        }
    }

    /// The name of who did it, or through what it was done.
    pub fn by(self, origin: &Origin) -> String {
        origin.actor_name.clone().unwrap_or_else(|| self.through(&origin.client))
    }

    /// Through what a change came in.
    pub fn through(self, client: &str) -> String {
        let tr = self.tr;
        let (first, rest) = client.split_once(' ').unwrap_or((client, ""));
        let key = match first {
            "portal" => "client-portal",
            "api" => "client-api",
            "ogc" if !rest.is_empty() => return tr.with("client-ogc-with", &[("agent", rest)]),
            "ogc" => "client-ogc",
            "import" => "client-import",
            "quality" => "client-quality",
            "units" => "client-units",
            "permit" => "client-permit",
            "up" => "client-up",
            "cli" => {
                // `import nam`, `undo by nam`, `sample load`: what was called, and by whom where it is known.
                let user =
                    rest.strip_prefix("import ").or_else(|| rest.split_once(" by ").map(|(_, user)| user));
                let user = user.map(|u| u.trim_start_matches("by ").trim()).filter(|u| !u.is_empty());
                return user.map_or_else(|| tr.t("client-cli"), |u| tr.with("client-cli-by", &[("user", u)]));
            }
            _ => return client.to_owned(),
        };
        tr.t(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Account, Role};
    use crate::text::Lang;

    fn admin() -> Principal {
        let account = Account {
            id: uuid::Uuid::nil(),
            name: "a".into(),
            display_name: "a".into(),
            roles: [Role::Admin].into(),
            authority: None,
            agency: None,
        };
        Principal::of(account)
    }

    #[test]
    fn the_programs_words_are_told_in_the_readers_language_and_peoples_are_not_touched() {
        let (catalog, law) = (crate::layers::embedded().unwrap(), Law::load().unwrap());
        let (admin, public) = (admin(), Principal::public());
        let words = |lang, who| Words { tr: Tr(lang), who, catalog: &catalog, law: &law };
        for (client, reason, undoes, vi, en) in [
            ("cli import by nam", "import of land.gpkg", None, "Nhập tệp land.gpkg", "Import of land.gpkg"),
            ("import 0192", "Nhập tệp land.gpkg", None, "Nhập tệp land.gpkg", "Import of land.gpkg"),
            (
                "portal",
                "undo of revision 7: sai số đo",
                Some(7),
                "Hoàn tác lần thay đổi 7: sai số đo",
                "Undo of change 7: sai số đo",
            ),
            ("cli undo", "undo of revision 7", Some(7), "Hoàn tác lần thay đổi 7", "Undo of change 7"),
            ("quality", "quality of parcel", None, "Kiểm tra chất lượng: Thửa đất", "Quality check: Parcels"),
            ("portal", "import of land.gpkg", None, "import of land.gpkg", "import of land.gpkg"),
            ("portal", "tách thửa", None, "tách thửa", "tách thửa"),
        ] {
            assert_eq!(words(Lang::Vi, &admin).reason(client, reason, undoes), vi);
            assert_eq!(words(Lang::En, &admin).reason(client, reason, undoes), en);
        }
        let event = words(Lang::En, &admin).reason("permit", "submit", None);
        assert!(event.starts_with("Building permit: ") && !event.contains("submit\""), "{event}");
        // The name of a layer that the reader does not see is not told.
        let hidden = words(Lang::En, &public).reason("quality", "quality of camera_security", None);
        assert_eq!(hidden, "Quality check");
    }

    #[test]
    fn ways_in_are_named() {
        let (catalog, law, admin) = (crate::layers::embedded().unwrap(), Law::load().unwrap(), admin());
        let words = Words { tr: Tr(Lang::Vi), who: &admin, catalog: &catalog, law: &law };
        for (client, told) in [
            ("portal", "trang web"),
            ("cli import nam", "dòng lệnh (nam)"),
            ("cli import by nam", "dòng lệnh (nam)"),
            ("cli undo by nam", "dòng lệnh (nam)"),
            ("cli import", "dòng lệnh"),
            ("cli sample load", "dòng lệnh"),
            ("ogc QGIS/3.40", "OGC API (QGIS/3.40)"),
            ("import 0192", "trang nhập dữ liệu"),
            ("test", "test"),
        ] {
            assert_eq!(words.through(client), told, "{client}");
        }
    }
}
