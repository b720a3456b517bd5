//! The 28 communes of former Đắk Nông as they are since 1 July 2025: real codes, names, areas and centres.
//!
//! Facts from Nghị quyết 1671/NQ-UBTVQH15 and public gazetteers. The outlines that the sample makes around these
//! points are approximate.

/// A commune (phường or xã).
#[derive(Debug, Clone, Copy)]
pub struct Commune {
    /// Code of the General Statistics Office; key together with the day it became valid.
    pub code: &'static str,
    /// Name without its kind.
    pub name: &'static str,
    /// English name with its kind.
    pub name_en: &'static str,
    /// `phuong` or `xa`.
    pub kind: &'static str,
    /// Longitude and latitude (WGS 84) of the centre of its area, degrees.
    pub centre: [f64; 2],
    /// Area on record, km².
    pub area_km2: f64,
}

const fn commune(
    code: &'static str,
    name: &'static str,
    name_en: &'static str,
    kind: &'static str,
    centre: [f64; 2],
    area_km2: f64,
) -> Commune {
    Commune { code, name, name_en, kind, centre, area_km2 }
}

/// All 28, by code.
pub static COMMUNES: [Commune; 28] = [
    commune("24611", "Bắc Gia Nghĩa", "Bac Gia Nghia Ward", "phuong", [107.7671, 12.0523], 250.55),
    commune("24615", "Nam Gia Nghĩa", "Nam Gia Nghia Ward", "phuong", [107.6398, 12.0069], 80.58),
    commune("24616", "Quảng Sơn", "Quang Son Commune", "xa", [107.8742, 12.1706], 454.22),
    commune("24617", "Đông Gia Nghĩa", "Dong Gia Nghia Ward", "phuong", [107.7183, 11.9549], 105.78),
    commune("24620", "Quảng Hoà", "Quang Hoa Commune", "xa", [108.0529, 12.1654], 85.44),
    commune("24631", "Quảng Khê", "Quang Khe Commune", "xa", [107.8284, 11.9239], 224.29),
    commune("24637", "Tà Đùng", "Ta Dung Commune", "xa", [107.9714, 11.9379], 531.33),
    commune("24640", "Cư Jút", "Cu Jut Commune", "xa", [107.8601, 12.5938], 104.11),
    commune("24646", "Đắk Wil", "Dak Wil Commune", "xa", [107.7267, 12.7219], 515.16),
    commune("24649", "Nam Dong", "Nam Dong Commune", "xa", [107.8276, 12.6442], 104.04),
    commune("24664", "Đức Lập", "Duc Lap Commune", "xa", [107.6490, 12.4456], 88.19),
    commune("24670", "Đắk Mil", "Dak Mil Commune", "xa", [107.7517, 12.5418], 213.76),
    commune("24678", "Đắk Sắk", "Dak Sak Commune", "xa", [107.7346, 12.4476], 99.0),
    commune("24682", "Thuận An", "Thuan An Commune", "xa", [107.6113, 12.5362], 315.81),
    commune("24688", "Krông Nô", "Krong No Commune", "xa", [107.8088, 12.4222], 159.82),
    commune("24697", "Nam Đà", "Nam Da Commune", "xa", [107.9144, 12.4909], 132.69),
    commune("24703", "Nâm Nung", "Nam Nung Commune", "xa", [107.8280, 12.3442], 219.66),
    commune("24712", "Quảng Phú", "Quang Phu Commune", "xa", [107.9487, 12.2690], 263.58),
    commune("24717", "Đức An", "Duc An Commune", "xa", [107.5944, 12.2461], 161.02),
    commune("24718", "Đắk Song", "Dak Song Commune", "xa", [107.6872, 12.3222], 193.19),
    commune("24722", "Thuận Hạnh", "Thuan Hanh Commune", "xa", [107.5188, 12.2903], 129.78),
    commune("24730", "Trường Xuân", "Truong Xuan Commune", "xa", [107.6520, 12.1499], 332.47),
    commune("24733", "Kiến Đức", "Kien Duc Commune", "xa", [107.5407, 11.9215], 167.63),
    commune("24736", "Quảng Trực", "Quang Truc Commune", "xa", [107.3048, 12.1846], 558.78),
    commune("24739", "Tuy Đức", "Tuy Duc Commune", "xa", [107.4715, 12.1576], 265.99),
    commune("24748", "Quảng Tân", "Quang Tan Commune", "xa", [107.4297, 12.0427], 294.18),
    commune("24751", "Nhân Cơ", "Nhan Co Commune", "xa", [107.5973, 11.9541], 158.05),
    commune("24760", "Quảng Tín", "Quang Tin Commune", "xa", [107.4608, 11.8706], 310.17),
];

/// Centres (longitude, latitude) of the communes of before the reform, with the code of today's commune that took
/// them in. They give the outlines their shape. Two that are doubtful in the source are left out.
pub static FORMER_CENTRES: [(&str, [f64; 2]); 69] = [
    ("24611", [107.7103, 12.0138]),
    ("24611", [107.6837, 12.0073]),
    ("24615", [107.6511, 11.9957]),
    ("24615", [107.6630, 11.9620]),
    ("24617", [107.6896, 11.9795]),
    ("24615", [107.6275, 12.0192]),
    ("24611", [107.7281, 12.0731]),
    ("24617", [107.7281, 11.9413]),
    ("24616", [107.8738, 12.1555]),
    ("24620", [108.0599, 12.1610]),
    ("24611", [107.7992, 12.0465]),
    ("24637", [107.9295, 12.0050]),
    ("24631", [107.8308, 11.9330]),
    ("24637", [107.9176, 11.8632]),
    ("24640", [107.8880, 12.5855]),
    ("24646", [107.6926, 12.7259]),
    ("24646", [107.8702, 12.7247]),
    ("24649", [107.8702, 12.6584]),
    ("24649", [107.7992, 12.6412]),
    ("24640", [107.9117, 12.6169]),
    ("24640", [107.7992, 12.5971]),
    ("24640", [107.8525, 12.5769]),
    ("24664", [107.6186, 12.4465]),
    ("24682", [107.6452, 12.5965]),
    ("24670", [107.7281, 12.5577]),
    ("24670", [107.7883, 12.5413]),
    ("24664", [107.6748, 12.4675]),
    ("24670", [107.7044, 12.5152]),
    ("24678", [107.7281, 12.4474]),
    ("24682", [107.5860, 12.3907]),
    ("24664", [107.6275, 12.4045]),
    ("24688", [107.8169, 12.4579]),
    ("24697", [107.8762, 12.5201]),
    ("24678", [107.7814, 12.4824]),
    ("24697", [107.9650, 12.4754]),
    ("24697", [107.8939, 12.4803]),
    ("24688", [107.7755, 12.4222]),
    ("24688", [107.8702, 12.4378]),
    ("24703", [107.7992, 12.3545]),
    ("24712", [107.8702, 12.2836]),
    ("24712", [107.9354, 12.2848]),
    ("24712", [108.0124, 12.2521]),
    ("24703", [107.8939, 12.3701]),
    ("24717", [107.6156, 12.2510]),
    ("24718", [107.7044, 12.3388]),
    ("24718", [107.6570, 12.3199]),
    ("24717", [107.6097, 12.3010]),
    ("24722", [107.5387, 12.2616]),
    ("24722", [107.5150, 12.3072]),
    ("24717", [107.5623, 12.2160]),
    ("24730", [107.6452, 12.1995]),
    ("24730", [107.6452, 12.1115]),
    ("24733", [107.4973, 12.0056]),
    ("24760", [107.4440, 11.9596]),
    ("24751", [107.5623, 12.0179]),
    ("24751", [107.6097, 11.9709]),
    ("24733", [107.5184, 12.0234]),
    ("24733", [107.5387, 11.9096]),
    ("24733", [107.5683, 11.8583]),
    ("24760", [107.5150, 11.8233]),
    ("24760", [107.4440, 11.8058]),
    ("24760", [107.4204, 11.8952]),
    ("24751", [107.6097, 11.9051]),
    ("24736", [107.3139, 12.1770]),
    ("24739", [107.4677, 12.2221]),
    ("24739", [107.4440, 12.1576]),
    ("24739", [107.4913, 12.0885]),
    ("24748", [107.3731, 12.0301]),
    ("24748", [107.4913, 12.0445]),
];

/// The commune with `code`.
pub fn find_commune(code: &str) -> Option<&'static Commune> {
    COMMUNES.iter().find(|c| c.code == code)
}
