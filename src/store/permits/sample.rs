//! The made-up offices and accounts of the sample province (CONTRACT: sample accounts). Never on a real province:
//! their password is public.

use std::collections::BTreeSet;

use super::Authority;
use crate::access::Role;
use crate::error::Result;
use crate::layers::Catalog;
use crate::store::Store;
use crate::store::accounts::NewAccount;

/// Password of every sample account.
pub const SAMPLE_PASSWORD: &str = "dothi-sample";
/// Commune of the officers: phường Bắc Gia Nghĩa.
const COMMUNE: &str = "24611";
/// Commune of the officer who must not see its cases: xã Đức Lập.
const OTHER_COMMUNE: &str = "24664";
/// The Department, a zone board, the fire police.
const DEPARTMENT: &str = "SXD";
/// Board of the made-up industrial zones (attribute `board_code` of the layer `industrial_zone`).
pub const ZONE_BOARD: &str = "BQL-KCN";
const FIRE_POLICE: &str = "PCCC";

/// One line of the list of accounts: name, shown name, roles, authority, agency.
type Line = (&'static str, &'static str, &'static [Role], Option<&'static str>, Option<&'static str>);

/// Name, shown name, roles, authority and agency of each account.
const ACCOUNTS: [Line; 17] = [
    ("applicant", "Nguyễn Văn An (mẫu)", &[Role::Applicant], None, None),
    ("applicant2", "Trần Thị Bình (mẫu)", &[Role::Applicant], None, None),
    ("intake", "Tiếp nhận phường Bắc Gia Nghĩa (mẫu)", &[Role::Intake], Some(COMMUNE), Some("XA")),
    ("reviewer", "Thẩm định phường Bắc Gia Nghĩa (mẫu)", &[Role::Reviewer], Some(COMMUNE), Some("XA")),
    ("approver", "Lãnh đạo phường Bắc Gia Nghĩa (mẫu)", &[Role::Approver], Some(COMMUNE), Some("XA")),
    ("clerk", "Văn thư phường Bắc Gia Nghĩa (mẫu)", &[Role::Clerk], Some(COMMUNE), Some("XA")),
    (
        "order-officer",
        "Trật tự xây dựng phường Bắc Gia Nghĩa (mẫu)",
        &[Role::OrderOfficer],
        Some(COMMUNE),
        Some("XA"),
    ),
    ("reviewer-duclap", "Thẩm định xã Đức Lập (mẫu)", &[Role::Reviewer], Some(OTHER_COMMUNE), Some("XA")),
    ("intake-sxd", "Tiếp nhận Sở Xây dựng (mẫu)", &[Role::Intake], Some(DEPARTMENT), Some("XD")),
    ("reviewer-sxd", "Thẩm định Sở Xây dựng (mẫu)", &[Role::Reviewer], Some(DEPARTMENT), Some("XD")),
    ("approver-sxd", "Lãnh đạo Sở Xây dựng (mẫu)", &[Role::Approver], Some(DEPARTMENT), Some("XD")),
    ("planner", "Quy hoạch Sở Xây dựng (mẫu)", &[Role::Planner], Some(DEPARTMENT), Some("XD")),
    ("editor", "Biên tập dữ liệu Sở Xây dựng (mẫu)", &[Role::Editor], Some(DEPARTMENT), Some("XD")),
    (
        "editor-nnmt",
        "Biên tập địa chính, Sở Nông nghiệp và Môi trường (mẫu)",
        &[Role::Editor],
        Some("NNMT"),
        Some("NNMT"),
    ),
    ("intake-kcn", "Tiếp nhận Ban quản lý KCN (mẫu)", &[Role::Intake], Some(ZONE_BOARD), Some("BQL")),
    ("agency", "Cảnh sát PCCC (mẫu)", &[Role::Agency], Some(FIRE_POLICE), Some("CA")),
    ("admin", "Quản trị hệ thống (mẫu)", &[Role::Admin], None, None),
];

/// Makes the authorities and accounts of the sample, or brings them up to date; gives the accounts' names.
pub async fn accounts(store: &Store, catalog: &Catalog) -> Result<Vec<String>> {
    for authority in authorities(catalog) {
        store.put_authority(&authority).await?;
    }
    let mut names = Vec::with_capacity(ACCOUNTS.len());
    for (name, display_name, roles, authority, agency) in ACCOUNTS {
        let account = NewAccount {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            password: SAMPLE_PASSWORD.to_owned(),
            roles: roles.iter().copied().collect::<BTreeSet<Role>>(),
            authority: authority.map(str::to_owned),
            agency: agency.map(str::to_owned),
            sample: true,
            must_change_password: false,
        };
        store.put_account(account).await?;
        names.push(name.to_owned());
    }
    Ok(names)
}

/// The communes of the code list, the Department, the zone board, and the agencies that are consulted.
fn authorities(catalog: &Catalog) -> Vec<Authority> {
    let communes = catalog.code_lists.get("commune").map(|l| l.codes.as_slice()).unwrap_or_default();
    let commune = |c: &crate::layers::Code| {
        let (vi, en) =
            (format!("UBND {}", lower_first(&c.title.vi)), format!("People's Committee of {}", c.title.en));
        office(&c.code, "commune", &vi, &en, "XA")
    };
    let mut list: Vec<Authority> = communes.iter().map(commune).collect();
    list.extend([
        office(DEPARTMENT, "department", "Sở Xây dựng", "Department of Construction", "XD"),
        office(ZONE_BOARD, "zone_board", "Ban quản lý các khu công nghiệp", "Industrial Zones Board", "BQL"),
        office(
            FIRE_POLICE,
            "agency",
            "Phòng Cảnh sát PCCC và CNCH, Công an tỉnh",
            "Fire Police, Provincial Police",
            "CA",
        ),
        office(
            "NNMT",
            "agency",
            "Sở Nông nghiệp và Môi trường",
            "Department of Agriculture and Environment",
            "NNMT",
        ),
        office(
            "VHTTDL",
            "agency",
            "Sở Văn hóa, Thể thao và Du lịch",
            "Department of Culture, Sports and Tourism",
            "VHTTDL",
        ),
        Authority {
            // Defence has laws of its own: silence is no consent.
            deemed_consent: false,
            ..office("BCHQS", "agency", "Bộ Chỉ huy Quân sự tỉnh", "Provincial Military Command", "BCHQS")
        },
    ]);
    list
}

fn office(code: &str, kind: &str, name: &str, name_en: &str, agency: &str) -> Authority {
    Authority {
        code: code.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        name_en: name_en.to_owned(),
        agency: agency.to_owned(),
        deemed_consent: true,
    }
}

/// `Phường Bắc Gia Nghĩa` inside a name is `phường Bắc Gia Nghĩa`.
fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_belongs_to_an_office_that_exists() {
        let catalog = crate::layers::embedded().unwrap();
        let offices = authorities(&catalog);
        for (name, _, _, authority, _) in ACCOUNTS {
            let found = authority.is_none_or(|a| offices.iter().any(|o| o.code == a));
            assert!(found, "{name}: no office {authority:?}");
        }
        let ward = offices.iter().find(|o| o.code == COMMUNE).unwrap();
        assert_eq!(ward.name, "UBND phường Bắc Gia Nghĩa");
    }
}
