//! The demo quarter of phường Bắc Gia Nghĩa.

use super::{DemoBlock, DemoLot, DemoPlan, DemoQuarter, rect, street};

/// Khu đô thị mẫu Đồi Thông, phường Bắc Gia Nghĩa: tube houses, villas and two apartment lots.
pub static GIA_NGHIA: DemoQuarter = DemoQuarter {
    name: "Khu đô thị mẫu Đồi Thông",
    commune_code: "24611",
    sheet_number: 12,
    origin: [412_200.0, 1_328_200.0],
    rotation_deg: 18.0,
    size: [146.0, 238.5],
    plan: DemoPlan {
        name: "Quy hoạch chi tiết 1/500 Khu đô thị mẫu Đồi Thông (dữ liệu mẫu)",
        decision: "218/QĐ-UBND (mẫu)",
        plan_type: "detailed_500",
        area_type: "new",
        approved_on: "2024-05-20",
    },
    streets: &[
        street("Đường Nguyễn Tất Thành (mẫu)", "urban", rect(0.0, 0.0, 146.0, 24.0), true),
        street("Đường Thông Xanh (mẫu)", "local", rect(0.0, 104.0, 146.0, 117.0), true),
        street("Đường Tôn Đức Thắng (mẫu)", "area", rect(0.0, 157.0, 146.0, 177.5), true),
        street("Đường Đồi Mai (mẫu)", "local", rect(0.0, 225.5, 146.0, 238.5), true),
        street("Đường N1 (mẫu)", "local", rect(0.0, 24.0, 13.0, 104.0), false),
        street("Đường N1 (mẫu)", "local", rect(0.0, 117.0, 13.0, 157.0), false),
        street("Đường N1 (mẫu)", "local", rect(0.0, 177.5, 13.0, 225.5), false),
        street("Đường N2 (mẫu)", "local", rect(133.0, 24.0, 146.0, 104.0), false),
        street("Đường N2 (mẫu)", "local", rect(133.0, 117.0, 146.0, 157.0), false),
        street("Đường N2 (mẫu)", "local", rect(133.0, 177.5, 146.0, 225.5), false),
    ],
    blocks: &[
        DemoBlock {
            rect: rect(13.0, 24.0, 133.0, 104.0),
            building_line_m: [6.0, 6.0, 6.0, 6.0],
            lots: &[
                DemoLot {
                    rect: rect(13.0, 24.0, 73.0, 104.0),
                    lot_code: "CC-01",
                    first_parcel: 1,
                    ..APARTMENT
                },
                DemoLot {
                    rect: rect(73.0, 24.0, 133.0, 104.0),
                    lot_code: "CC-02",
                    first_parcel: 2,
                    ..APARTMENT
                },
            ],
        },
        DemoBlock {
            rect: rect(13.0, 117.0, 133.0, 157.0),
            building_line_m: [2.4, 0.0, 2.4, 0.0],
            lots: &[DemoLot {
                rect: rect(13.0, 117.0, 133.0, 157.0),
                lot_code: "LK-01",
                zoning_use: "residential_attached",
                land_use: "ODT",
                allowed_uses: "house_single",
                net_coverage_max_percent: 85.0,
                storeys_min: 2,
                storeys_max: 5,
                storeys_counting: "art_49_9",
                height_max_m: 18.0,
                far_max: 4.0,
                planned_level_m: 601.2,
                setback_min_m: 2.4,
                rows: 2,
                columns: 24,
                first_parcel: 77,
            }],
        },
        DemoBlock {
            rect: rect(13.0, 177.5, 133.0, 225.5),
            building_line_m: [4.5, 3.0, 3.0, 3.0],
            lots: &[DemoLot {
                rect: rect(13.0, 177.5, 133.0, 225.5),
                lot_code: "BT-01",
                zoning_use: "residential_villa",
                land_use: "ODT",
                allowed_uses: "house_single",
                net_coverage_max_percent: 50.0,
                storeys_min: 1,
                storeys_max: 3,
                storeys_counting: "art_49_9",
                height_max_m: 12.0,
                far_max: 1.5,
                planned_level_m: 602.4,
                setback_min_m: 3.0,
                rows: 2,
                columns: 8,
                first_parcel: 21,
            }],
        },
    ],
};

const APARTMENT: DemoLot = DemoLot {
    rect: rect(0.0, 0.0, 0.0, 0.0),
    lot_code: "",
    zoning_use: "apartment",
    land_use: "ODT",
    allowed_uses: "apartment,mixed",
    net_coverage_max_percent: 32.0,
    storeys_min: 5,
    storeys_max: 12,
    storeys_counting: "art_49_9",
    height_max_m: 40.0,
    far_max: 4.0,
    planned_level_m: 600.0,
    setback_min_m: 6.0,
    rows: 1,
    columns: 1,
    first_parcel: 0,
};
